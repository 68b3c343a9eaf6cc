# In a process that has no segment, every command says so.
# modes: live core
# builds: shared-O0 static-O0-stripped
info tasklets
info tasklet
info channels
info deadlocks
info tasklet-events
tasklet
tasklet 1
tasklet none
tasklet apply all bt
p $_tasklet()
