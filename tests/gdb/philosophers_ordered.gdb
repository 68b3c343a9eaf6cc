# None.
# program: ../../docs/examples/philosophers.c
# arguments: --seats 3 --guests 1 --ordered
# modes: live
# break: clear_table
info deadlocks
info tasklets
