# SPDX-License-Identifier: MIT
"""Teach gdb about tasklets.

The loader.  gdb reads it by itself when it meets an installed libtasklet, or on request:
(gdb) source gdb/tasklet-gdb.py.  The commands are in the package `tasklet`, which lies beside this
file (beside the file that a symbolic link leads to).
"""

import os
import sys

# Not __file__: when a script of the user's starts the program, that is still the user's script.
_this_file = sys._getframe().f_code.co_filename
sys.path.insert(0, os.path.dirname(os.path.realpath(_this_file)))
try:
    import tasklet
    tasklet.install()
finally:
    del sys.path[0]
