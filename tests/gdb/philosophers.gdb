# A certain deadlock, with a guest stuck behind it.
# program: ../../docs/examples/philosophers.c
# arguments: --seats 3 --guests 1
# modes: live
# break: linger
info deadlocks
info channels
tasklet apply -q 2-3 bt
