# The same, as one meets it: attached to, and as the core that SIGABRT leaves; idle, so that everybody is parked.
# program: ../../docs/examples/philosophers.c
# arguments: --seats 3 --guests 1
# environment: TASKLET_TRACE=off
# modes: attach core
# builds: shared-O0 static-O2-stripped
# wait-for: In 3600 seconds
info deadlocks
info tasklets
tasklet
tasklet 1
