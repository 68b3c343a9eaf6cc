# The same verdicts as tldump's, on programs that get stuck at random.
# program: knots.c
# disturbed: yes
python import agree; agree.compare(range(1, 31))
