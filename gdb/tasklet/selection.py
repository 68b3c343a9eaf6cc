# SPDX-License-Identifier: MIT
"""Which tasklet is selected: what selects one, what ends that, and what is refused meanwhile.

A tasklet stays selected until the process goes on, another thread is selected, or the user says so.
Commands that would step or pop a frame of a stack that does not run are refused.
"""

import contextlib

import gdb

from . import clock, locate, snapshot as snapshots, threads, unwinder
from .command import Command
from .segment import SegmentError

_THREAD_ONLY = ('step', 'next', 'stepi', 'nexti', 'finish', 'until', 'advance', 'return', 'jump')

_resumes = 0            # times that the process went on
_in_call = False        # gdb calls a function of the target; it will put everything back


def selected():
    """The selected tasklet, as it was then; None: the thread itself."""
    return unwinder.shown.task if unwinder.shown is not None else None


def select(snapshot, task):
    """Make a tasklet current, on the thread that carries it.  One that runs is its thread."""
    thread = threads.carrier_of(snapshot, task)
    if task.state == snapshots.RUNNING:
        if thread is None:
            raise SegmentError('Tasklet %d runs, but on no thread that gdb knows.' % task.id)
        deselect()
        thread.switch()
        gdb.newest_frame().select()
        return
    complain_without_stack(snapshot, task)
    found = unwinder.registers_of(snapshot, task)
    if thread is not None:
        thread.switch()
    unwinder.show(None)
    unwinder.show(unwinder.StandIn(task, gdb.selected_thread(), *found))
    unwinder.innermost_frame().select()


def complain_without_stack(snapshot, task):
    """A SegmentError that says why a tasklet that is not on a CPU has no frames."""
    if task.has_stack:
        return
    if task.is_fresh:
        why = 'has not run yet: it has no stack'
    elif task.state == snapshots.ENDED:
        why = 'has ended: it has no stack any more'
    elif task.state == snapshots.NEW:
        why = 'has no body to run: it has no stack'
    elif task.state == snapshots.LOST:
        why = 'was lost in a fork: its thread is in the parent process'
    else:
        why = 'has no stack that is known'
    raise SegmentError('Tasklet %d %s.' % (task.id, why))


def deselect():
    """Back to the thread itself."""
    if unwinder.shown is not None:
        unwinder.show(None)


@contextlib.contextmanager
def within(snapshot, task):
    """Select for a while; put back tasklet, thread and frame, unless the process went on."""
    before, resumes, thread = unwinder.shown, _resumes, gdb.selected_thread()
    frame = gdb.selected_frame()
    try:
        select(snapshot, task)
        yield
    finally:
        if resumes == _resumes and thread is not None and thread.is_valid():
            thread.switch()
            if before is not unwinder.shown:
                unwinder.show(before)
            if frame.is_valid():
                frame.select()


# ---- what ends it ----

def _on_resume(_event):
    global _resumes
    snapshots.forget()
    if not _in_call:
        clock.note_resume()
        _resumes += 1
        deselect()


def _on_call(event):
    global _in_call
    _in_call = isinstance(event, gdb.InferiorCallPreEvent)
    snapshots.forget()


def _on_new_files(_event=None):
    global _resumes
    _resumes += 1
    snapshots.forget()
    locate.forget()
    deselect()


def _on_memory(_event):
    snapshots.forget()


def _before_prompt():
    """gdb does not say when another thread is selected: look."""
    if unwinder.shown is not None and not _is_shown():
        deselect()


def _is_shown():
    """Is the thread that carries the selected tasklet the selected one, and where it was?"""
    try:
        return unwinder.shown.is_carried_by(gdb.newest_frame())
    except gdb.error:
        return False


class _Hook(Command):
    """Called by hooks that keep the selected tasklet and gdb's own commands apart.
Usage: maintenance tasklet-hook before|after COMMAND
Before a command that would step or pop a frame of a parked tasklet: complain.
After "thread": when it selected the thread's own frame, the tasklet is not selected any more."""

    name = 'maintenance tasklet-hook'
    kind = gdb.COMMAND_MAINTENANCE

    def run(self, argument, _from_tty):
        when, _, command = argument.partition(' ')
        if unwinder.shown is None:
            return
        if when == 'before':
            raise gdb.GdbError('Tasklet %d is parked: "%s" would act on the thread that carries '
                               'it. "tasklet none" goes back to the thread.'
                               % (selected().id, command))
        if not _is_shown() or gdb.selected_frame() == gdb.newest_frame():
            deselect()


def _define_hooks():
    """But for those that are the user's own.

    No command may fail here: when the loader is read because the program just started, a failure
    would make gdb forget that it waits for the program."""
    known = gdb.execute('show user', to_string=True)
    hooks = [('hook-' + command, 'before ' + command) for command in _THREAD_ONLY]
    for name, arguments in hooks + [('hookpost-thread', 'after thread')]:
        if 'User command "%s":' % name not in known:
            gdb.execute('define %s\nmaintenance tasklet-hook %s\nend' % (name, arguments))


def register():
    _Hook()
    _define_hooks()
    events = gdb.events
    events.stop.connect(clock.note_stop)
    events.cont.connect(_on_resume)
    events.inferior_call.connect(_on_call)
    events.exited.connect(_on_new_files)
    events.new_objfile.connect(_on_new_files)
    events.clear_objfiles.connect(_on_new_files)
    events.memory_changed.connect(_on_memory)
    events.register_changed.connect(_on_new_files)
    events.before_prompt.connect(_before_prompt)
