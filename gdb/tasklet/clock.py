# SPDX-License-Identifier: MIT
"""Stamps of the segment in nanoseconds, and what time it is for the stopped process.

The header gives two instants on both clocks (its own and CLOCK_MONOTONIC); two points make a
line.  "Now" is when the process stopped: of a live process on this machine the time of gdb's last
stop (if it runs, now); of a core, a remote target, or one that had stopped before these helpers
were loaded, the latest stamp that is known.  Without a clock (tracing is off), or while the two
instants are still one, times are unknown: None.
"""

import time

import gdb

from .segment import SegmentError

NONE, TSC, MONOTONIC, VIRTUAL = range(4)
_LEAST_SPAN_NS = 1_000_000      # below, the two instants are too near to make a line

_BEFORE_US = 0          # it had stopped when the helpers were loaded: nobody knows when
_stopped_ns = _BEFORE_US    # None: it runs


def note_stop(_event=None):
    global _stopped_ns
    _stopped_ns = time.monotonic_ns()


def note_resume():
    global _stopped_ns
    _stopped_ns = None


class Clock:
    def __init__(self, snapshot):
        header = snapshot.header
        self._kind = header.get('clock')
        self._origin = (header.get('anchor0_clock') or 0, header.get('anchor0_ns') or 0)
        self._rate = 1.0 if self._kind in (MONOTONIC, VIRTUAL) else None
        if self._kind == TSC:
            ticks = (header.get('anchor1_clock') or 0) - self._origin[0]
            span = (header.get('anchor1_ns') or 0) - self._origin[1]
            if span >= _LEAST_SPAN_NS and ticks > 0:
                self._rate = span / ticks
        self.is_late = False    # "now" is too early: ages are the least that they can be
        self._now = self._find_now(snapshot)

    @property
    def is_known(self):
        return self._rate is not None

    def ns(self, stamp):
        """A point in time, on CLOCK_MONOTONIC (or the virtual clock)."""
        if not stamp or not self.is_known:
            return None
        if self._kind != TSC:
            return stamp
        return int(self._origin[1] + (stamp - self._origin[0]) * self._rate)

    def since(self, stamp):
        """How long ago that was."""
        at = self.ns(stamp)
        return None if at is None else max(0, self._now - at)

    def span(self, ticks):
        """A duration."""
        return None if ticks is None or not self.is_known else int(ticks * self._rate)

    def _find_now(self, snapshot):
        if self._kind == VIRTUAL:
            return snapshot.header.get('clock_now') or 0
        latest = self.ns(max(_latest_stamps(snapshot), default=0)) or 0
        if _is_native() and self.is_known:
            self.is_late = _stopped_ns == _BEFORE_US
            return max(latest, time.monotonic_ns() if _stopped_ns is None else _stopped_ns)
        return latest


def _is_native():
    connection = gdb.selected_inferior().connection
    return connection is not None and connection.type == 'native'


def _latest_stamps(snapshot):
    for task in snapshot.tasks:
        yield task.since or 0
    yield snapshot.header.get('anchor1_clock') or 0
    for ring, head, records in (('rings', 'head', 'ring_records'),
                                ('rare_rings', 'rare_head', 'rare_records')):
        section = snapshot.segment.sections.get(ring)
        records = snapshot.header.get(records)
        if section is None or not records:
            continue
        decode = section.decoder(('stamp', 'event'))
        for scheduler in snapshot.schedulers.values():
            written = getattr(scheduler, head)
            if written:
                at = scheduler.index * records + (written - 1) % records
                try:
                    yield next(decode(section.read(at, 1)))[0] or 0
                except SegmentError:
                    pass
