# Breakpoints of one tasklet alone.
# program: states.c
# break: receive_job if $_tasklet() == 3 && $_streq($_tasklet_name(), "receiver/2")
frame
p depth
tasklet
up
p mine
info tasklets receiver
