# Locals, arguments, up and down in a parked tasklet, with debug information; registers that were saved, too.
# program: states.c
# modes: live core attach
# builds: shared-O0 shared-O2 static-O0 static-O2
tasklet 3
frame function receive_job
p job
p what
up
up
p depth
p job
up
p mine
p *(int *)arg
down
down
frame function receiver
up
up
frame
tasklet 4 frame function sender
tasklet 4 up
frame
thread 1
frame function looker
