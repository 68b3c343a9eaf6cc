# SPDX-License-Identifier: MIT
"""Tasklets and what they wait for, in words."""

from . import snapshot as snapshots
from .text import plural

_MOST_NAMED = 4


def title(snapshot, task):
    """41 "flush"."""
    name = snapshot.task_name(task)
    return '%d "%s"' % (task.id, name) if name else '%d' % task.id


def label(snapshot, task):
    """The same within a line of its own: 41 flush."""
    name = snapshot.task_name(task)
    return '%d %s' % (task.id, name) if name else '%d' % task.id


def state(snapshot, task):
    """Its state, a word."""
    return snapshot.state_name(task.state)


_LETTERS = {snapshots.NEW: 'N', snapshots.PAUSED: 'P', snapshots.READY: 'r', snapshots.RUNNING: 'R',
            snapshots.ENDED: 'X', snapshots.LOST: 'X'}
_WAIT_LETTERS = {
    **dict.fromkeys((snapshots.WAIT_SEND, snapshots.WAIT_RECEIVE, snapshots.WAIT_SEND_ERROR,
                     snapshots.WAIT_SELECT), 'C'),
    **dict.fromkeys((snapshots.WAIT_LOCK, snapshots.WAIT_CONDITION, snapshots.WAIT_READ_LOCK,
                     snapshots.WAIT_WRITE_LOCK, snapshots.WAIT_SEMAPHORE, snapshots.WAIT_EVENT), 'L'),
    **dict.fromkeys((snapshots.WAIT_JOIN, snapshots.WAIT_GROUP), 'J'),
    **dict.fromkeys((snapshots.WAIT_IO, snapshots.WAIT_SIGNAL), 'I'),
    snapshots.WAIT_SLEEP: 'T', snapshots.WAIT_RUN: 'U', snapshots.WAIT_OFFLOAD: 'O'}
LETTERS = 'NRrPCLITJUO?X'


def letter(task):
    """Its state as the letter that the other tools show."""
    if task.state == snapshots.WAITING or task.wait_kind == snapshots.WAIT_RUN:
        return _WAIT_LETTERS.get(task.wait_kind, '?')
    return _LETTERS.get(task.state, '?')


def object_title(snapshot, obj):
    """channel jobs, or channel 7 when it has no name."""
    kind = snapshot.segment.name_of(snapshots.SET_OBJECT, obj.kind)
    return '%s %s' % (kind, snapshot.object_name(obj) or '%d' % obj.id)


def some(words, most=_MOST_NAMED):
    """The first of many, and how many more there are."""
    words = list(words)
    more = len(words) - most
    return ', '.join(words[:most]) + (' and %d more' % more if more > 0 else '')


def summary(snapshot, task):
    """Its state and what it waits for: "waiting: lock db (57)"."""
    waits_for = wait(snapshot, task)
    return state(snapshot, task) + (': ' + waits_for if waits_for else '')


def wait(snapshot, task):
    """What it waits for: "lock db (57)", "send jobs (full)"; '' when it does not wait."""
    key = task.wait_kind, task.wait
    if key not in snapshot.wait_words:
        snapshot.wait_words[key] = _describe_wait(snapshot, task)
    return snapshot.wait_words[key]


def _describe_wait(snapshot, task):
    words, obj = bare_wait(snapshot, task), _waited_object(snapshot, task)
    if obj is not None and obj.kind == snapshots.OBJECT_MUTEX:
        holder = snapshot.holder(obj)
        words += ' (%d)' % holder.id if holder else ' (ended)' if obj.holder_slot else ''
    elif obj is not None and (obj.flags or 0) & snapshots.CLOSING:
        words += ' (closed)'
    elif obj is not None and task.wait_kind == snapshots.WAIT_SEND and obj.capacity \
            and (obj.length or 0) >= obj.capacity:
        words += ' (full)'
    elif task.wait_kind == snapshots.WAIT_SELECT:
        words += ': ' + some(_case(snapshot, case) for case in snapshot.select_cases(task))
    notes = []
    if task.wait & snapshots.WAIT_DEADLINE and task.wait_kind not in (
            snapshots.WAIT_NONE, snapshots.WAIT_SLEEP):
        notes.append('with a deadline')
    if task.wait & snapshots.WAIT_ERROR:
        notes.append('an error is pending')
    return ', '.join([words] * bool(words) + notes)


def bare_wait(snapshot, task):
    """The same without notes: "lock db", "join 12 worker"."""
    kind = task.wait_kind
    if kind == snapshots.WAIT_NONE:
        return ''
    words = snapshot.wait_name(kind)
    if kind in snapshots.ON_OBJECT:
        obj = _waited_object(snapshot, task)
        words += ' ' + (object_label(snapshot, obj) if obj else '?')
    elif kind == snapshots.WAIT_JOIN:
        joined = snapshot.task_at.get(task.wait_slot)
        words += ' ' + (label(snapshot, joined) if joined else '?')
    return words


def _waited_object(snapshot, task):
    if task.wait_kind in snapshots.ON_OBJECT:
        return snapshot.object_at.get(task.wait_slot)
    return None


def object_label(snapshot, obj):
    """Its name, or "channel 12" when it has none."""
    return snapshot.object_name(obj) or object_title(snapshot, obj)


def holder_note(snapshot, mutex):
    """"held by 57 index", or how it is otherwise; '' when it is free."""
    holder = snapshot.holder(mutex)
    if holder is not None:
        return 'held by ' + label(snapshot, holder)
    if mutex.holder_slot is not None:
        return 'held by a tasklet that has ended'
    return ''


def _case(snapshot, case):
    obj = snapshot.object_at.get(case.object)
    return '%s %s' % (snapshot.wait_name(case.operation or 0),
                      object_label(snapshot, obj) if obj else '?')


def counts(snapshot, tasks):
    """"12 tasklets: 3 running, 9 waiting"."""
    by_state = {}
    for task in tasks:
        by_state[task.state] = by_state.get(task.state, 0) + 1
    return '%s: %s' % (plural(len(tasks), 'tasklet'),
                       ', '.join('%d %s' % (by_state[s], snapshot.state_name(s))
                                 for s in sorted(by_state)))
