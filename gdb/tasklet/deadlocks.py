# SPDX-License-Identifier: MIT
"""`info deadlocks`: the verdicts of waits.py in words."""

import gdb

from . import clock, describe, snapshot as snapshots, wait_graph, waits
from .command import Command
from .listings import where
from .text import duration

_MOST_MEMBERS = 16      # besides a cycle, and of those behind


class InfoDeadlocks(Command):
    """Show tasklets that wait for each other, and who is stuck behind them.
Usage: info deadlocks

Every verdict says how sure it is:
certain  a cycle over mutexes and joins, each with a known holder, without deadline;
likely   all known users of each channel are themselves stuck in it;
maybe    nobody was seen who could wake it."""

    name = 'info deadlocks'

    def run(self, argument, _from_tty):
        if argument:
            raise gdb.GdbError('Usage: info deadlocks')
        if snapshots.is_running():
            raise gdb.GdbError('Threads of the program run: interrupt all of them first.')
        snapshot = snapshots.take()
        write_verdicts(snapshot)


def write_verdicts(snapshot):
    if not snapshot.has_wakes:
        gdb.write('The runtime does not say who wakes whom: no verdict is possible.\n')
        return
    now = clock.Clock(snapshot)
    verdicts = waits.find(snapshot)
    for verdict in verdicts:
        gdb.write('%s%s: %s\n' % (waits.NAMES[verdict.level], _held(now, verdict),
                                  verdict.headline(snapshot)))
        shown = verdict.members[:max(verdict.cycle_count, _MOST_MEMBERS)]
        for task in shown:
            gdb.write('  %s: %s\n' % (describe.title(snapshot, task), '; '.join(
                filter(None, (waits.reason(snapshot, task), where(snapshot, task))))))
        if len(shown) < len(verdict.members):
            gdb.write('  and %d more\n' % (len(verdict.members) - len(shown)))
        if verdict.behind:
            gdb.write('  stuck behind: %s\n' % describe.some(
                (describe.label(snapshot, task) for task in verdict.behind), _MOST_MEMBERS))
    if all(verdict.level == wait_graph.MAYBE for verdict in verdicts):
        gdb.write('No deadlock is known.\n')


def _held(now, verdict):
    """Since when all of it holds: the youngest wait."""
    ages = [now.since(task.since) for task in verdict.members]
    return ', for ' + duration(min(ages)) if ages and None not in ages else ''


def register():
    InfoDeadlocks()
