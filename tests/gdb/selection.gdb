# What selects, what deselects, and that both leave no trace.
# disturbed: yes
show backtrace past-main
frame function main
tasklet 2 p got
frame
p got
tasklet 2
show backtrace past-main
frame function parked
p called_by_gdb(5)
frame
p $rip == (long)main
set var got = 7
p got
down
down
down
down
frame function parked
tasklet 1 frame function main
frame
tasklet 2
jump main
advance main
until
nexti
thread
frame function parked
continue
show backtrace past-main
info tasklets
p $_tasklet_name()
tasklet parked
bt 1
tasklet none
frame function second_look
tasklet none none
tasklet apply 2 p got
