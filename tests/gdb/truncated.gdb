# Half a core: whatever is missing, no command fails otherwise than with a complaint.
# program: states.c
# modes: truncated
# builds: shared-O0 static-O2-stripped
python import fuzz
python fuzz.attempt_all('truncated')
