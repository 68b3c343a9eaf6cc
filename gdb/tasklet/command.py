# SPDX-License-Identifier: MIT
"""What our commands have in common: an error of gdb that comes up inside of one is printed as gdb
itself would print it, in one line, not as a failure of Python."""

import gdb


class Command(gdb.Command):
    """A command with a name (and a docstring, its help); run() does it."""
    name = ''
    kind = gdb.COMMAND_STATUS
    is_prefix = False

    def __init__(self):
        super().__init__(self.name, self.kind, prefix=self.is_prefix)

    def invoke(self, argument, from_tty):
        try:
            self.run(argument, from_tty)
        except gdb.error as error:
            raise gdb.GdbError(str(error)) from None

    def run(self, argument, from_tty):
        raise NotImplementedError
