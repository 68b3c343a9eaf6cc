# Without a process every command says so.
# program: nothing.c
# modes: plain
info tasklets
info tasklets -state waiting
info tasklet
info tasklet 1
info channels
info deadlocks
info tasklet-events
tasklet
tasklet 1
tasklet none
tasklet apply all bt
p $_tasklet()
