# Whole backtraces of every kind of frame, against what the program says; and the short cut that `info tasklets` takes.
# modes: live core
# builds: shared-O0 shared-O2 static-O2
python import oracle; oracle.compare()
