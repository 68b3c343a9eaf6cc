# SPDX-License-Identifier: MIT
"""Which thread carries which tasklet.

A scheduler is matched with a thread of gdb by the thread pointer, which is unique in a process, or,
where that cannot be read, by the thread id (which another pid namespace would make differ).
"""

import gdb

_THREAD_POINTERS = ('fs_base', 'tpidr', 'tp')


def carrier_of(snapshot, task):
    """The gdb.InferiorThread of the scheduler that a tasklet belongs to, or None."""
    scheduler = snapshot.schedulers.get(task.scheduler)
    return _thread_of(snapshot, scheduler) if scheduler else None


def running_on(snapshot, thread):
    """(Scheduler, Task) of a thread: (None, None) when it uses no tasklets; Task None when idle."""
    for scheduler in snapshot.schedulers.values():
        if _thread_of(snapshot, scheduler) == thread:
            return scheduler, snapshot.task_at_link(scheduler.current)
    return None, None


def describe(thread):
    return 'Thread %s' % (thread.num if len(gdb.inferiors()) == 1
                          else '%d.%d' % (thread.inferior.num, thread.num))


def name_of(snapshot, scheduler):
    """A scheduler's thread in a column: gdb's number, else the thread id."""
    thread = _thread_of(snapshot, scheduler)
    return '%d' % thread.num if thread else 'LWP %d' % scheduler.tid


def _thread_of(snapshot, scheduler):
    known = _by_thread_pointer(snapshot).get(scheduler.thread_pointer or 0)
    if known is not None and known.is_valid():
        return known
    for thread in gdb.selected_inferior().threads():
        if thread.ptid[1] == scheduler.tid:
            return thread
    return None


def _by_thread_pointer(snapshot):
    """Threads by their thread pointers, read once a snapshot."""
    if 'threads' not in vars(snapshot):
        before, frame = gdb.selected_thread(), _selected_frame()
        found = {}
        for thread in gdb.selected_inferior().threads():
            if not thread.is_running():
                thread.switch()
                pointer = _thread_pointer()
                if pointer:
                    found[pointer] = thread
        if before is not None:
            before.switch()
            if frame is not None:
                frame.select()
        snapshot.threads = found
    return snapshot.threads


def _selected_frame():
    try:
        return gdb.selected_frame()
    except gdb.error:
        return None


def _thread_pointer():
    frame = gdb.newest_frame()
    for name in _THREAD_POINTERS:
        try:
            return int(frame.read_register(name)) & (1 << 64) - 1
        except (ValueError, gdb.error):
            pass
    return 0
