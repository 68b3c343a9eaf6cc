# SPDX-License-Identifier: MIT
"""Inside gdb: runs the commands of a case one by one.

On standard output, after a line BEGIN: for each a line "(gdb) COMMAND", what it printed, and, if
it failed, "error: …". The commands that start and end the target come from the runner and are not
shown, unless they fail.
"""

import os
import sys

import gdb

BEGIN = '==== transcript ===='
PREPARE = ('set pagination off', 'set confirm off', 'set width 0', 'set print entry-values no',
           'handle SIGUSR1 stop print nopass')


def commands_of(path):
    with open(path) as script:
        for line in script:
            line = line.strip()
            if line and not line.startswith('#'):
                yield line


def attempt(command):
    """Run it; what went wrong, or ''."""
    try:
        gdb.execute(command)
    except gdb.error as error:
        return 'error: %s\n' % error
    except KeyboardInterrupt:
        return 'error: interrupted\n'
    return ''


def attempt_silently(commands):
    """Those of the runner: (some print to the terminal even when asked for a string)."""
    for command in filter(None, commands.split('\n')):
        try:
            gdb.execute(command, to_string=True)
        except gdb.error as error:
            gdb.write('(gdb) %s\nerror: %s\n' % (command, error))


def drive():
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))      # poke, fuzz
    attempt_silently('\n'.join(PREPARE))
    attempt_silently(os.environ['DRIVE_START'])
    gdb.write('\n%s\n' % BEGIN)
    for command in commands_of(os.environ['DRIVE_SCRIPT']):
        gdb.write('(gdb) %s\n' % command)
        gdb.write(attempt(command))
    gdb.write('%s\n' % BEGIN)
    attempt_silently(os.environ['DRIVE_END'])


drive()
