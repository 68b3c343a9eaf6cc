# SPDX-License-Identifier: MIT
"""`info channels`: channels and mutexes, and who waits for them."""

import gdb

from . import clock, describe, places, snapshot as snapshots, wait_graph
from .command import Command
from .listings import where
from .text import duration, plural, safe, write_rows

_MOST_WAITERS = 6       # in the list of all


class InfoChannels(Command):
    """List the channels and mutexes of the program, and who waits for them.
Usage: info channels [NAME]

With NAME (or an id), those alone, with every waiter on a line, in order of arrival.
The balance counts waiting senders; below zero, waiting receivers."""

    name = 'info channels'

    def complete(self, text, _word):
        try:
            snapshot = snapshots.take()
            names = {snapshot.object_name(obj) for obj in snapshot.objects} - {''}
        except gdb.GdbError:
            return gdb.COMPLETE_NONE
        return [name for name in sorted(names) if name.startswith(text)]

    def run(self, argument, _from_tty):
        words = gdb.string_to_argv(argument)
        if len(words) > 1:
            raise gdb.GdbError('Usage: info channels [NAME]')
        snapshot = snapshots.take()
        if not words:
            write_rows(('Id', 'Kind', 'Name', 'Balance', 'Queued', 'Waiting'),
                       (_object_row(snapshot, obj) for obj in snapshot.objects), (4, 7, 8))
            gdb.write('%s.\n' % plural(len(snapshot.objects), 'object'))
            return
        found = [obj for obj in snapshot.objects
                 if words[0] in (snapshot.object_name(obj), '%d' % obj.id)]
        if not found:
            raise gdb.GdbError('There is no channel "%s".' % safe(words[0]))
        for obj in found:
            _write_object(snapshot, obj)


def _queued(obj):
    if obj.kind != snapshots.OBJECT_CHANNEL:
        return ''
    return '%d/%d' % (obj.length or 0, obj.capacity) if obj.capacity else '-'


def _balance(snapshot, obj):
    """From the waiters themselves: the truth."""
    senders = receivers = 0
    for _, kind in snapshot.waiters(obj):
        senders += kind in snapshots.SENDING
        receivers += kind == snapshots.WAIT_RECEIVE
    return senders - receivers


def _object_row(snapshot, obj):
    queue = snapshot.waiters(obj)
    notes = []
    if obj.kind == snapshots.OBJECT_MUTEX:
        notes.append(describe.holder_note(snapshot, obj))
        notes.append(describe.some((describe.label(snapshot, task) for task, _ in queue),
                                   _MOST_WAITERS))
    else:
        for kind in sorted({kind for _, kind in queue}):
            notes.append('%s: %s' % (snapshot.wait_name(kind), describe.some(
                (describe.label(snapshot, task) for task, k in queue if k == kind), _MOST_WAITERS)))
    if (obj.flags or 0) & snapshots.CLOSING:
        notes.append('closed' if not queue and not obj.length else 'closing')
    is_channel = obj.kind == snapshots.OBJECT_CHANNEL
    return ('%d' % obj.id, snapshot.segment.name_of(snapshots.SET_OBJECT, obj.kind),
            snapshot.object_name(obj), '%+d' % _balance(snapshot, obj) if queue and is_channel else
            '0' if is_channel else '', _queued(obj), '; '.join(filter(None, notes)))


def _write_object(snapshot, obj):
    now, queue = clock.Clock(snapshot), snapshot.waiters(obj)
    facts = []
    if obj.kind == snapshots.OBJECT_CHANNEL:
        facts.append('balance %d' % _balance(snapshot, obj))
        facts.append('%s elements of %d bytes queued' % (_queued(obj), obj.element_bytes or 0)
                     if obj.capacity else 'rendezvous, elements of %d bytes'
                     % (obj.element_bytes or 0))
        facts.append('preference %d' % (obj.preference or 0))
        facts.append('%d sent' % (obj.count or 0))
        if (obj.flags or 0) & snapshots.SCHEDULE_ALL:
            facts.append('schedule all')
        if (obj.flags or 0) & snapshots.CLOSING:
            facts.append('closed' if not queue and not obj.length else 'closing')
    elif obj.kind == snapshots.OBJECT_MUTEX:
        facts.append(describe.holder_note(snapshot, obj) or 'free')
    site = snapshot.site_address(obj.site)
    if site:
        facts.append('made in ' + places.current().describe(site))
    gdb.write('%s (id %d): %s\n' % (describe.object_title(snapshot, obj), obj.id,
                                    ', '.join(filter(None, facts))))
    for side in ((wait_graph.SENDERS, wait_graph.RECEIVERS)
                 if obj.kind == snapshots.OBJECT_CHANNEL else ()):
        users = wait_graph.known_users(snapshot, obj, side)
        if users:
            gdb.write('  %ss seen last: %s%s\n' % (
                side, describe.some(describe.label(snapshot, task) for task in users),
                ', and more' if wait_graph.has_more_users(obj, side) else ''))
    if not queue:
        gdb.write('  nobody waits\n')
        return
    write_rows(('  #', 'Tasklet', 'Age', 'Waits for', 'At'), (
        ('  %d' % number, describe.label(snapshot, task), duration(now.since(task.since)),
         snapshot.wait_name(kind), where(snapshot, task))
        for number, (task, kind) in enumerate(queue, 1)))


def register():
    InfoChannels()
