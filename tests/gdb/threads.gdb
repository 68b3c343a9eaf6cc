# Two threads: a tasklet is shown on the thread that carries it, and another thread's frames are not touched.
# modes: live core attach
# builds: shared-O0 static-O2
info tasklets
tasklet 2
frame function park
p mine
p number
p $_thread
tasklet 1026 frame function park
p $_thread
tasklet 1026
frame function park
p mine
p $_thread
thread apply 1 -q frame function waker
tasklet
thread 1
tasklet
tasklet 1027 bt -1
tasklet 1027
tasklet
tasklet 1026
thread 2
frame function waker
tasklet 3 frame function waker
