# SPDX-License-Identifier: MIT
"""Tasklets in gdb: live processes and cores, with or without debug information.

Reading, from the bottom up; each file knows only those above it in this list:

    text        what a terminal may be shown
    segment     the bytes of the target's segment, checked and found by name
    locate      where the segment is
    snapshot    tasklets and objects as they are while the process is stopped
    clock       stamps to nanoseconds
    selection   which tasklet is selected; the unwinder and the filter that show its frames
    threads     which thread carries which tasklet
    places      code addresses in words, and where in the program a tasklet is parked
    waits       who waits for whom: deadlocks
    events      the rings
    commands    `tasklet …`
    listings    `info …`
"""

_installed = False


def install():
    """Register the commands; once, however often the loader is read."""
    global _installed
    if _installed:
        return
    from . import commands, listings, selection
    selection.register()
    commands.register()
    listings.register()
    _installed = True
