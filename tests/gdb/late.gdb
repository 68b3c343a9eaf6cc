# The helpers are loaded after the stop, nobody knows how long: an age counts up to the latest event,
# whose own age is none.  From the next stop on (here: said to have been) the time is known.
# program: ../../docs/examples/philosophers.c
# arguments: --seats 3 --guests 1
# environment: TASKLET_CLOCK=real
# modes: attach
# wait-for: In 3600 seconds
python from tasklet import clock, snapshot
info tasklets -state fresh
python now = clock.Clock(snapshot.take())
python print(min(now.since(stamp) for stamp in clock._latest_stamps(snapshot.take()) if stamp))
python clock.note_resume(); clock.note_stop()
info tasklets -state fresh
python now = clock.Clock(snapshot.take())
python print(now.since(snapshot.take().header["anchor0_clock"]) > 0, now.is_late)
