# A likely one.
# program: ../../docs/examples/philosophers.c
# arguments: --seats 3 --guests 1 --channels
# modes: live
# break: linger
info deadlocks
