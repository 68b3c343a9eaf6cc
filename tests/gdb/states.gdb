# Every state and kind of wait, by every command; live, attached and as a core; however it was built.
# modes: live core attach
# builds: all
info tasklets
info tasklets -state waiting receiver
info tasklets -state fresh
info tasklets -state lock
info tasklets -state re
info tasklets -state C
info tasklets -state L
info tasklets -state T
info tasklets -state J
info tasklets -state r
info tasklets -state X
info tasklets -state U
info tasklets ^(un|jo)
info tasklets (
tasklet
info tasklet 4
info tasklet receiver/1
info tasklet nobody
tasklet 2
tasklet
bt
p $_tasklet()
p $_tasklet_name()
step
finish
return
tasklet sender bt full
tasklet none
p $_tasklet()
tasklet 10
tasklet 11
tasklet 12 bt 1
tasklet 14
tasklet 99
tasklet apply 6-7 4 bt
tasklet apply -q 2 7 bt -1
tasklet apply 2 7 -q bt -1
tasklet apply all -q -s p $_tasklet()
tasklet apply -s all bt 1
tasklet apply bt
tasklet apply 7-6 bt
tasklet apply 3
info channels
info channels jobs
info channels db
info channels none
info deadlocks
info tasklet-events 4
