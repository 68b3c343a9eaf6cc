# SPDX-License-Identifier: MIT
"""Teach gdb about tasklets.

The loader.  gdb reads it by itself when it meets an installed libtasklet, or on request:
(gdb) source gdb/tasklet-gdb.py.  The commands are in the package `tasklet`, which lies beside this
file (beside the file that a symbolic link leads to).
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
try:
    import tasklet
    tasklet.install()
finally:
    del sys.path[0]
