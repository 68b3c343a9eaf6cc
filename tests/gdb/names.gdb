# Names are made safe for a terminal, and found.
# modes: live core
info tasklets
info channels
info tasklet 9
tasklet 2
tasklet
info tasklets caf
info tasklet-events 3
