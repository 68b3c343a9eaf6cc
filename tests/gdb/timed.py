# SPDX-License-Identifier: MIT
"""Inside gdb: runs a command and says how much it printed, and whether it took longer than it
may (of CPU time: the machine may be busy).  The limits are far above what is needed."""

import time

import gdb


def run(command, most_seconds):
    began = time.process_time()
    lines = gdb.execute(command, to_string=True).splitlines()
    seconds = time.process_time() - began
    print('%d lines, the last: %s' % (len(lines), lines[-1]))
    if seconds > most_seconds:
        print('took %.1f s' % seconds)
