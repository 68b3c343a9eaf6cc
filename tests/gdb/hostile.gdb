# Segments that say what cannot be: one line of complaint, and no more.
# program: states.c
# builds: shared-O0
# disturbed: yes
python import poke
# the saved stack pointer of tasklet 2 is elsewhere
python poke.field("records", 2, "sp", 0x1000)
tasklet 2
info tasklets receiver
# in its stack, but nonsense lies there
python poke.field("records", 2, "sp", poke.stack_low(2) + 64)
tasklet 2 bt
# its stack is in a slab that does not exist
python poke.field("records", 3, "stack", 0x1ff << 20 | 5)
tasklet 3 bt 1
# it waits for an object that does not exist
python poke.field("records", 4, "wait", 0xffffffff << 32 | 1 << 4 | 5)
info tasklets sender
info deadlocks
# a state, a wait that nobody knows
python poke.field("records", 5, "wait", 63 << 4 | 5)
python poke.field("records", 6, "wait", 15)
info tasklets -state waiting filler
info tasklets holder
# names that lie
python poke.field("records", 7, "name", b"\x1b[31mABCDEF\xff\xff\xff\xff\x7f")
info tasklet 7
# high-water marks far beyond the tables
python poke.field("header", 0, "record_high", 0xffffffff)
python poke.field("header", 0, "object_high", 0xffffffff)
info tasklets -state fresh
info channels
python poke.field("header", 0, "record_high", 16)
python poke.field("header", 0, "object_high", 16)
# a runtime that does not say who waits for what; one that says nothing at all
python poke.field("runtimes", 0, "capabilities", 4)
info deadlocks
python poke.field("runtimes", 0, "capabilities", 0)
python poke.field("runtimes", 0, "name", bytes(16))
info deadlocks
python poke.field("runtimes", 0, "name", b"tasklet")
# no layout
python poke.field("runtimes", 0, "layout", 77)
tasklet 8
python poke.field("runtimes", 0, "layout", 0)
# another processor
python poke.field("layouts", 0, "machine", 183)
tasklet 8
python poke.field("layouts", 0, "machine", 62)
tasklet 8 bt
# the prologue
python poke.word(24, 0xffffffff, 4)
info tasklets
python poke.restore()
python poke.word(40, 1 << 62)
info tasklets
python poke.restore()
python poke.word(16, 64)
info tasklets
python poke.restore()
python poke.word(12, 2, 4)
info tasklets
python poke.restore()
python poke.word(8, 0, 4)
info tasklets
python poke.restore()
python poke.word(0, 0)
info tasklets
python poke.restore()
info tasklets unbound
