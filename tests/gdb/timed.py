# SPDX-License-Identifier: MIT
"""Inside gdb: runs a command and says how much it printed, and whether it took longer than it may.  The limits are far
above what is needed, since a loaded machine must not fail the test."""

import time

import gdb


def run(command, most_seconds):
    began = time.monotonic()
    lines = gdb.execute(command, to_string=True).splitlines()
    seconds = time.monotonic() - began
    print('%d lines, the last: %s' % (len(lines), lines[-1]))
    if seconds > most_seconds:
        print('took %.1f s' % seconds)
