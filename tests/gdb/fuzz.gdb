# Anything may stand in a segment.
# program: states.c
# builds: shared-O0
python import fuzz; fuzz.run(300)
