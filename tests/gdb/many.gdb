# A hundred thousand.
# modes: live
# environment: TASKLET_MAX=200000
python import timed
python timed.run('info tasklets', 10)
python timed.run('info tasklets -state run', 10)
python timed.run('info channels', 10)
python timed.run('info deadlocks', 10)
python timed.run('tasklet 77777 bt', 10)
python timed.run('tasklet apply 50000-50099 bt -full', 10)
python timed.run('info tasklet-events 1000', 10)
