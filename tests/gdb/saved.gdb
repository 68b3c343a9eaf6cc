# A layout that does not say where parked tasklets go on, only where their registers are saved.
# program: states.c
# builds: shared-O0 shared-O2 static-O2
# disturbed: yes
python import poke; poke.field("layouts", 0, "resume", 0)
tasklet 3 bt
tasklet 3
frame function receiver
p mine
tasklet 4 frame function sender
tasklet apply -q 6-8 bt
info tasklets receiver
