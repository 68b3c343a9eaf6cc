# SPDX-License-Identifier: MIT
"""`info tasklet-events`: the history, records of the rings put in one order and in words.

Each scheduler has a ring for switches and one for rare events, and both overwrite their oldest.
They are merged by time, and then so that a wake comes before the run that it caused.
"""

import heapq
import struct

import gdb

from . import clock, describe, selection, snapshot as snapshots, threads
from .command import Command
from .text import duration, safe, write_rows

# enum tl_event
(SWITCH, HANDOFF, WAKE, SPAWN, EXIT, NAME, CREATE, DESTROY, CLOSE, THROW, UNCAUGHT, DEADLOCK, CYCLE,
 MARK, SPAN_BEGIN, SPAN_END, SLEEP, AWAKE, OVERFLOW, FORK, HOG) = range(1, 22)
_WITH_PEER = {SWITCH, HANDOFF, WAKE, EXIT, THROW, UNCAUGHT}     # a.lo: another tasklet
_WITH_OBJECT = {SWITCH, HANDOFF, WAKE, CLOSE, DEADLOCK, CYCLE}  # a.hi, b.lo: object slot and tag
_WITH_REASON = {SWITCH, HANDOFF, WAKE}                          # flags: enum tl_reason

_RINGS = (('rings', 'head', 'ring_records'), ('rare_rings', 'rare_head', 'rare_records'))
_FIELDS = ('stamp', 'event', 'flags', 'tasklet', 'a', 'b')


def write(snapshot, most, task):
    """The latest `most` events, of one tasklet or (None) of all, oldest first."""
    records, lost = _read(snapshot, most if task is None else None)
    if task is not None:
        low = task.serial & 0xffffffff
        records = [record for record in records if low in _tasklets(record)]
    records = records[-most:] if most else []
    if not records:
        gdb.write('No events%s.\n' % (' (tracing is off: TASKLET_TRACE=off)'
                                      if not snapshot.header.get('trace') else ''))
        return
    now = clock.Clock(snapshot)
    write_rows(('When', 'Thread', 'Event', 'Tasklet', 'What'),
               (_row(snapshot, now, record) for record in records), (8, 6, 7, 12))
    if lost:
        gdb.write('%d older ones were overwritten.\n' % lost)


def _read(snapshot, most):
    """((record, scheduler) in order, how many were overwritten).  Of each ring its last `most`."""
    rings, lost = [], 0
    for scheduler in snapshot.schedulers.values():
        for name, head, capacity in _RINGS:
            section = snapshot.segment.sections.get(name)
            capacity = snapshot.header.get(capacity) or 0
            if section is None or not capacity:
                continue
            written = getattr(scheduler, head) or 0
            lost += max(0, written - capacity)
            count = min(written, capacity) if most is None else min(written, capacity, most)
            rings.append([(record, scheduler) for record in
                          _last(section, scheduler.index * capacity, capacity, written, count)])
    return list(heapq.merge(*rings, key=_order)), lost


def _order(pair):
    """Of two records at the heads of their rings, which comes first."""
    stamp, event = pair[0][:2]
    return stamp or 0, event not in (WAKE, SPAWN, CREATE)


def _last(section, start, capacity, written, count):
    """The last `count` of `written` records of the ring that starts at entry `start`."""
    decode = section.decoder(_FIELDS, required=('event', 'tasklet'))
    first, done = written - count, 0
    while done < count:
        at = (first + done) % capacity
        run = min(count - done, capacity - at)
        for _, data in section.pieces(start + at, run):
            yield from decode(data)
        done += run


def _low(word):
    return (word or 0) & 0xffffffff


def _high(word):
    return (word or 0) >> 32


def _signed(word):
    word = word or 0
    return word - (1 << 64) if word >> 63 else word


def _tasklets(pair):
    """The low serials of those who take part."""
    _, event, _, tasklet, a, _ = pair[0]
    return (tasklet, _low(a)) if event in _WITH_PEER else (tasklet,)


def _who(snapshot, low):
    task = snapshot.task_by_low(low)
    return describe.label(snapshot, task) if task else '%d (ended)' % low if low else '-'


def _row(snapshot, now, pair):
    (stamp, event, _, tasklet, _, _), scheduler = pair
    ago = now.since(stamp)
    return ('-' * bool(ago) + duration(ago), threads.name_of(snapshot, scheduler),
            snapshot.segment.name_of(snapshots.SET_EVENT, event), _who(snapshot, tasklet),
            ', '.join(filter(None, _words(snapshot, pair[0]))))


def _words(snapshot, record):
    """What the record says besides who and when."""
    _, event, flags, _, a, b = record
    if event in _WITH_REASON:
        yield snapshot.segment.name_of(snapshots.SET_REASON, flags or 0)
    if event in (DEADLOCK, CYCLE):
        yield snapshot.wait_name(flags or 0)
    if event == CLOSE:
        yield 'closed' if flags else 'opened'
    if event in _WITH_OBJECT:
        yield _object(snapshot, _high(a), _low(b))
    if event in _WITH_PEER:
        yield _peer(snapshot, event, _low(a))
    if event == SPAWN:
        yield 'by ' + _who(snapshot, _high(b))
    elif event == EXIT:
        yield 'result %d' % _signed(b)
    elif event in (THROW, UNCAUGHT):
        yield 'error %d' % _signed(b)
    elif event in (CREATE, DESTROY):
        yield snapshot.segment.name_of(snapshots.SET_OBJECT, _high(b)) + ' %d' % (a or 0)
    elif event == NAME and flags:   # the text itself
        yield safe(struct.pack('<QQ', a or 0, b or 0).split(b'\0')[0])
    elif event in (NAME, MARK, SPAN_BEGIN):
        yield safe(snapshot.segment.string(a)) + (' = %d' % (b or 0) if event == MARK else '')
    elif event == FORK:
        yield 'of process %d' % (a or 0)
    elif event == OVERFLOW:
        yield 'at 0x%x' % (a or 0)


def _peer(snapshot, event, low):
    if event == WAKE:
        return 'by ' + _who(snapshot, low) if low else 'by a timer'
    if event == THROW:
        return 'by ' + _who(snapshot, low) if low else ''
    return 'to ' + (_who(snapshot, low) if low else 'idle')


def _object(snapshot, slot, tag):
    obj = snapshot.object_at.get(slot)
    if obj is None or obj.serial & 0xffffffff != tag:
        return ''
    return describe.object_title(snapshot, obj)


class InfoTaskletEvents(Command):
    """Show the latest events of the tasklets, oldest first.
Usage: info tasklet-events [-all] [N]

The last N (default 20): of the selected tasklet, else, or with -all, of all.
There are none when tracing was off (TASKLET_TRACE=off)."""

    name = 'info tasklet-events'

    def run(self, argument, _from_tty):
        words = gdb.string_to_argv(argument)
        everybody = '-all' in words
        words = [word for word in words if word != '-all']
        if len(words) > 1 or words and not (words[0].isascii() and words[0].isdigit()):
            raise gdb.GdbError('Usage: info tasklet-events [-all] [N]')
        most = min(int(words[0]), 1 << 20) if words else 20
        chosen = None if everybody else selection.selected()
        write(snapshots.take(), most, chosen)


def register():
    InfoTaskletEvents()
