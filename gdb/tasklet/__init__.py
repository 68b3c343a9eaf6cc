# SPDX-License-Identifier: MIT
"""Tasklets in gdb: live processes and cores, with or without debug information.

Reading, from the bottom up; each file knows only those above it in this list:

    text        what a terminal may be shown
    command     what our commands have in common
    segment     the bytes of the target's segment, checked and found by name
    locate      where the segment is
    snapshot    tasklets and objects as they are while the process is stopped
    clock       stamps to nanoseconds
    threads     which thread carries which tasklet
    unwinder    a parked tasklet's frames in place of a thread's
    selection   which tasklet is selected
    places      code addresses in words, and where in the program a tasklet is parked
    describe    tasklets and what they wait for, in words
    wait_graph  who could wake whom
    waits       deadlocks: verdicts and their members
    listings    `info tasklets`, `info tasklet`
    channels    `info channels`
    deadlocks   `info deadlocks`
    events      `info tasklet-events`
    commands    `tasklet ...`
"""

_installed = False


def install():
    """Register the commands; once, however often the loader is read."""
    global _installed
    if _installed:
        return
    from . import channels, commands, deadlocks, events, listings, places, selection, unwinder
    for module in (unwinder, selection, places, listings, channels, deadlocks, events,
                   commands):
        module.register()
    _installed = True
