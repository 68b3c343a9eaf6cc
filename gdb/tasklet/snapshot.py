# SPDX-License-Identifier: MIT
"""Tasklets and objects as they are while the process is stopped.

A Snapshot is read from the segment when it is first asked for and thrown away when the process goes
on.  As the process stands still, one pass is consistent.  Nothing here follows the runtime's lists:
who waits for an object is whoever's wait word names it, in the order of the tickets.
"""

import collections
import functools
import struct

import gdb

from . import locate
from .segment import SegmentError
from .text import safe

# enum tl_abi_set
SET_STATE, SET_WAIT, SET_OBJECT, SET_EVENT, SET_REASON = 1, 2, 3, 4, 5

# enum tl_state
FREE, NEW, PAUSED, READY, RUNNING, WAITING, ENDED, PARKED, LOST = range(9)

# enum tl_wait
(WAIT_NONE, WAIT_SEND, WAIT_RECEIVE, WAIT_SEND_ERROR, WAIT_LOCK, WAIT_JOIN, WAIT_SLEEP, WAIT_RUN,
 WAIT_SELECT, WAIT_IO, WAIT_OFFLOAD, WAIT_CONDITION, WAIT_READ_LOCK, WAIT_WRITE_LOCK,
 WAIT_SEMAPHORE, WAIT_EVENT, WAIT_GROUP, WAIT_SIGNAL, WAIT_UNKNOWN) = range(19)
ON_OBJECT = {WAIT_SEND, WAIT_RECEIVE, WAIT_SEND_ERROR, WAIT_LOCK, WAIT_CONDITION, WAIT_READ_LOCK,
             WAIT_WRITE_LOCK, WAIT_SEMAPHORE, WAIT_EVENT, WAIT_GROUP}
SENDING = {WAIT_SEND, WAIT_SEND_ERROR}

WAIT_DEADLINE, WAIT_ERROR = 1 << 10, 1 << 12        # flags of the wait word
RECORD_FRESH, RECORD_BACKGROUND, RECORD_MAIN = 1, 32, 128

# enum tl_object_kind
OBJECT_CHANNEL, OBJECT_MUTEX = 1, 2
CLOSING, SCHEDULE_ALL, MORE_SENDERS, MORE_RECEIVERS = 1, 2, 4, 8

# enum tl_place: where the stack is
PLACE_SLAB, PLACE_INDIRECT, PLACE_JMPBUF = 0, 4, 5

NO_OBJECTS, NO_WAKES = 4, 32    # enum tl_capability

MOST_SELECT_BLOCKS = 1024

_TASK_FIELDS = ('serial', 'counter', 'wait', 'sp', 'since', 'run', 'ready', 'scheduler', 'level',
                'flags', 'spawned', 'ticket', 'site', 'parent', 'waker', 'stack', 'name')
_OBJECT_FIELDS = ('serial', 'kind', 'flags', 'preference', 'balance', 'element_bytes', 'capacity',
                  'length', 'count', 'sender', 'receiver', 'senders', 'receivers', 'holder',
                  'created', 'creator', 'site', 'name')
_SCHEDULER_FIELDS = ('generation', 'tid', 'thread_pointer', 'main', 'asleep', 'sleep_until',
                     'current', 'timers', 'head', 'rare_head')

Scheduler = collections.namedtuple('Scheduler', _SCHEDULER_FIELDS + ('index',))
Slab = collections.namedtuple('Slab', 'base stride guard_bytes count')
Layout = collections.namedtuple(
    'Layout', 'machine resume pc_offset sp_offset register_count registers')
Runtime = collections.namedtuple('Runtime', 'name layout capabilities code_low code_high')
SelectCase = collections.namedtuple('SelectCase', 'object operation')


class Task(collections.namedtuple('Task', _TASK_FIELDS + ('slot', 'state', 'wait_kind'))):
    """A record of the segment, as it was, and:

    state      enum tl_state; who is on a CPU runs, whatever it is about to do
    wait_kind  what it waits for (enum tl_wait), or WAIT_NONE; a paused one may be in a run
    """
    __slots__ = ()

    @classmethod
    def of_record(cls, values, slot):
        counter, wait = values[1], values[2]
        state = RUNNING if counter & 1 else wait & 0xf
        kind = wait >> 4 & 0x3f if state in (WAITING, PAUSED) else WAIT_NONE
        return cls._make(values + (slot, state, kind))

    @property
    def id(self):
        return self.serial

    @property
    def wait_slot(self):
        return self.wait >> 32

    @property
    def is_fresh(self):
        """It has a body that has not run: there is no stack yet."""
        return bool((self.flags or 0) & RECORD_FRESH) and self.state in (PAUSED, READY)

    @property
    def is_main(self):
        return bool((self.flags or 0) & RECORD_MAIN)

    @property
    def has_stack(self):
        """Parked on a stack that can be looked at."""
        return (self.state in (PAUSED, READY, WAITING, PARKED) and not self.is_fresh
                and bool(self.sp))


class Object(collections.namedtuple('Object', _OBJECT_FIELDS + ('slot',))):
    """A channel, a mutex …"""
    __slots__ = ()

    @property
    def id(self):
        return self.serial

    @property
    def holder_slot(self):
        """The slot and the serial's low half of who holds it, or None."""
        return (self.holder & 0xffffffff, self.holder >> 32) if self.holder else None


class Snapshot:
    def __init__(self, segment):
        self.segment = segment
        self.header = segment.read_header()
        self.wait_words = {}    # of describe.py: what a wait word says

    def _high(self, name, section):
        """A high-water mark of the header, bounded by the section's capacity."""
        capacity = section.capacity
        mark = self.header.get(name)
        return capacity if mark is None else min(mark, capacity)

    # ---- tasklets ----

    @functools.cached_property
    def _decode_records(self):
        section = self.segment.section('records')
        return section.decoder(_TASK_FIELDS, required=('serial', 'counter', 'wait'))

    @functools.cached_property
    def tasks(self):
        """Every tasklet, by id."""
        section = self.segment.section('records')
        decode = self._decode_records
        high = self._high('record_high', section)
        found = []
        for first, last in self._occupied(high):
            for start, data in section.pieces(first, last - first):
                for slot, values in enumerate(decode(data), start):
                    if values[0] and values[2] & 0xf:
                        found.append(Task.of_record(values, slot))
        found.sort()
        return found

    def _occupied(self, high):
        """Ranges of slots that are somebody's: what is in none of them need not be read."""
        section = self.segment.sections.get('occupancy')
        if section is None or section.entry_bytes != 8:
            yield 1, high
            return
        words = min((high + 63) // 64, section.capacity)
        bits = section.read(0, words)
        start = None
        for index in range(words):
            if any(bits[8 * index:8 * index + 8]):
                start = index if start is None else start
            elif start is not None:
                yield max(1, 64 * start), 64 * index
                start = None
        if start is not None:
            yield max(1, 64 * start), min(high, 64 * words)

    @functools.cached_property
    def task_at(self):
        """Tasklets by slot."""
        return {task.slot: task for task in self.tasks}

    @functools.cached_property
    def task_by_id(self):
        return {task.serial: task for task in self.tasks}

    @functools.cached_property
    def _task_by_low(self):
        return {task.serial & 0xffffffff: task for task in self.tasks}

    def task_by_low(self, low):
        """The tasklet whose serial ends so, if it is still there; None."""
        return self._task_by_low.get(low) if low else None

    def task_at_link(self, link):
        """The tasklet that a link (byte offset in `records`) leads to, or None.  Reads that one
        alone: the condition of a breakpoint asks for it at every hit."""
        section = self.segment.section('records')
        slot = (link or 0) // section.entry_bytes
        if not 0 < slot < section.capacity:
            return None
        values = next(self._decode_records(section.read(slot, 1)))
        return Task.of_record(values, slot) if values[0] and values[2] & 0xf else None

    def task_name(self, task):
        return safe(self.segment.text(task.name or b''))

    def task_group(self, task):
        labels = self._labels
        offset = labels[task.slot] if task.slot < len(labels) else 0
        return safe(self.segment.string(offset)) if offset else ''

    @functools.cached_property
    def _labels(self):
        """Of each slot its group: an offset in `strings`."""
        section = self.segment.sections.get('labels')
        if section is None or section.entry_bytes != 4:
            return ()
        count = min(self._high('record_high', self.segment.section('records')), section.capacity)
        return struct.unpack('%s%dI' % (self.segment.order, count), section.read(0, count))

    def switches(self, task):
        """How often it was switched to."""
        bases = self.segment.sections.get('bases')
        if bases is None or bases.entry_bytes != 8 or task.slot >= bases.capacity:
            return None
        base = struct.unpack(self.segment.order + 'Q', bases.read(task.slot, 1))[0]
        return max(0, (task.counter + 1) // 2 - base)

    # ---- objects ----

    @functools.cached_property
    def objects(self):
        """Every channel, mutex …, by id."""
        section = self.segment.section('objects')
        decode = section.decoder(_OBJECT_FIELDS, required=('serial', 'kind'))
        found = []
        for start, data in section.pieces(0, self._high('object_high', section)):
            for slot, values in enumerate(decode(data), start):
                if values[0] and values[1]:
                    found.append(Object._make(values + (slot,)))
        found.sort()
        return found

    @functools.cached_property
    def object_at(self):
        """Objects by slot."""
        return {obj.slot: obj for obj in self.objects}

    def object_name(self, obj):
        return safe(self.segment.text(obj.name or b''))

    def holder(self, obj):
        """Who holds a mutex: a Task; None when nobody does or its holder has ended."""
        slot = obj.holder_slot
        task = self.task_at.get(slot[0]) if slot else None
        return task if task and task.serial & 0xffffffff == slot[1] else None

    @functools.cached_property
    def _waiters(self):
        queues = collections.defaultdict(list)
        for task in self.tasks:
            kind = task.wait_kind
            if kind in ON_OBJECT:
                queues[task.wait_slot].append((task, kind))
            elif kind == WAIT_SELECT:
                for case in self.select_cases(task):
                    queues[case.object].append((task, case.operation or 0))
        for queue in queues.values():
            queue.sort(key=lambda pair: (pair[0].ticket or 0, pair[0].serial))
        return queues

    def waiters(self, obj):
        """Who waits for it, in order of arrival: (Task, enum tl_wait)."""
        return self._waiters.get(obj.slot, [])

    def waiting_kinds(self, obj):
        """The kinds of wait (enum tl_wait) of those who wait for it."""
        return self._waiting_kinds.get(obj.slot, frozenset())

    @functools.cached_property
    def _waiting_kinds(self):
        return {slot: {kind for _, kind in queue} for slot, queue in self._waiters.items()}

    def select_cases(self, task):
        """The cases of a tasklet that waits in a select."""
        section = self.segment.sections.get('selects')
        if section is None:
            return []
        decode = section.decoder(('object', 'operation', 'last'))
        high = self._high('select_high', section)
        cases = []
        for at in range(task.wait_slot, min(high, task.wait_slot + MOST_SELECT_BLOCKS)):
            obj, operation, last = next(decode(section.read(at, 1)))
            cases.append(SelectCase(obj, operation))
            if last is None or last:
                break
        return cases

    # ---- the small tables ----

    @functools.cached_property
    def layout(self):
        """How the stacks of parked tasklets are laid out (struct tl_layout)."""
        runtime = self._runtime
        rows = self.segment.entries('layouts', Layout._fields, self.header.get('layout_high'),
                                    ('machine',))
        if runtime is None or (runtime.layout or 0) >= len(rows):
            raise SegmentError('The segment does not say how its stacks are laid out.')
        return Layout._make(rows[runtime.layout or 0])

    @property
    def has_wakes(self):
        """Does the runtime say who wakes whom, and over what?  Else nobody could be said to be
        stuck.  An entry without a name is nobody's: it says nothing."""
        runtime = self._runtime
        return (runtime is not None and bool((runtime.name or b'').strip(b'\0'))
                and not (runtime.capabilities or 0) & (NO_WAKES | NO_OBJECTS))

    @functools.cached_property
    def _runtime(self):
        rows = self.segment.entries('runtimes', Runtime._fields, 1)
        return Runtime._make(rows[0]) if rows else None

    @property
    def code(self):
        """The addresses of the runtime's own code, as a range; empty when it does not say."""
        runtime = self._runtime
        return range(runtime.code_low or 0, runtime.code_high or 0) if runtime else range(0)

    @functools.cached_property
    def schedulers(self):
        """Those in use, by index."""
        section = self.segment.section('schedulers')
        rows = self.segment.entries('schedulers', _SCHEDULER_FIELDS,
                                    self._high('scheduler_high', section), ('tid', 'current'))
        return {index: Scheduler._make(row + (index,)) for index, row in enumerate(rows)
                if row[0] is None or row[0] & 1}

    @functools.cached_property
    def _slabs(self):
        section = self.segment.section('slabs')
        return [Slab._make(row) for row in self.segment.entries(
            'slabs', Slab._fields, self._high('slab_high', section), Slab._fields)]

    def stack_range(self, task):
        """(low, high) of its stack, or None when it is not known where that is."""
        word = task.stack or 0
        index, slab, place = word & 0x7fff, word >> 15 & 0x3fff, word >> 29
        if place != PLACE_SLAB or not slab or slab >= len(self._slabs):
            return None
        slab = self._slabs[slab]
        if index >= slab.count or slab.guard_bytes >= slab.stride:
            return None
        low = slab.base + index * slab.stride
        return low + slab.guard_bytes, low + slab.stride

    @functools.cached_property
    def site_addresses(self):
        section = self.segment.section('sites')
        return [row[0] for row in self.segment.entries(
            'sites', ('address',), self._high('site_high', section))]

    def site_address(self, site):
        """The return address of the spawning (or creating) call; None when it is not known."""
        return self.site_addresses[site] or None if 0 < (site or 0) < len(self.site_addresses) \
            else None

    def state_name(self, state):
        return self.segment.name_of(SET_STATE, state)

    def wait_name(self, kind):
        return self.segment.name_of(SET_WAIT, kind)


_current = None     # (inferior number, Snapshot)


def take():
    """The Snapshot of the current inferior; a new one when threads run meanwhile."""
    global _current
    inferior = gdb.selected_inferior()
    if not _current or _current[0] != inferior.num or is_running():
        _current = (inferior.num, Snapshot(locate.find_segment()))
    return _current[1]


def forget():
    """The process went on, or memory changed: what was read is old."""
    global _current
    _current = None


def is_running():
    """Does a thread of the current inferior run (non-stop mode)?"""
    return any(thread.is_running() for thread in gdb.selected_inferior().threads())
