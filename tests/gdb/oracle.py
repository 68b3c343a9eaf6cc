# SPDX-License-Identifier: MIT
"""Inside gdb: compares the backtraces of chains.c with what the program itself says."""

import gdb

from tasklet import places, snapshot
from tasklet.segment import read_memory

DEPTH = 12


def functions():
    """Of the selected tasklet: the program's functions, innermost first, and the last frame."""
    frame, names = gdb.selected_frame(), []
    while frame is not None:
        last = frame
        name = frame.name() or '?'
        if name == 'wait_somehow' or name == 'body' or len(name) == 1:
            names.append(name)
        frame = frame.older()
    return names, last


def compare():
    chains = int(gdb.parse_and_eval('&chain'))
    taken = snapshot.take()
    rows = taken.segment.entries('runtimes', ('entry_low', 'entry_high'), 1)
    good = 0
    for task in taken.tasks:
        if task.is_main or not task.has_stack:
            continue
        text = read_memory(chains + (task.id - 2) * (DEPTH + 1), DEPTH).split(b'\0')[0].decode()
        expected = ['wait_somehow', *reversed(text), 'body']
        gdb.execute('tasklet %d' % task.id, to_string=True)
        names, last = functions()
        reason = last.unwind_stop_reason()
        where = places.current().describe(places.current().of_task(taken, task))
        if names != expected:
            print('tasklet %d is in %s; gdb says %s' % (task.id, expected, names))
        elif not rows[0][0] <= last.pc() < rows[0][1] or reason not in (
                gdb.FRAME_UNWIND_NO_REASON, gdb.FRAME_UNWIND_OUTERMOST):
            print('tasklet %d does not end in its entry: %s' % (
                task.id, gdb.frame_stop_reason_string(reason)))
        elif not where.startswith('wait_somehow ()'):
            print('tasklet %d: listed at %s' % (task.id, where))
        else:
            good += 1
    gdb.execute('tasklet none', to_string=True)
    print('%d backtraces are what the program says' % good)
