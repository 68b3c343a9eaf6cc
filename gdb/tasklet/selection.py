# SPDX-License-Identifier: MIT
"""Which tasklet is selected, and how gdb comes to show its frames.

gdb has no notion of a stack without a thread, so a parked tasklet is shown in place of the callers of
the thread that carries it: an unwinder answers for that thread's innermost real frame, and says that
its caller is the place where the tasklet goes on.  The CFI of the switch does the rest.  Frame #0
stays the thread's own; a frame filter hides it from backtraces.  No register and no memory of the
target is written, so that `continue` is always safe; it also ends the selection.  Commands that would
step or pop a frame of a stack that does not run are refused.
"""

import contextlib

import gdb
import gdb.unwinder
from gdb.FrameDecorator import FrameDecorator

from . import clock, locate, snapshot as snapshots, threads
from .command import Command
from .segment import SegmentError

_MASK = (1 << 64) - 1
_PAST_MAIN = 'backtrace past-main'
_MACHINES = {62: ('rip', 'rsp', 'fs_base',      # e_machine: pc, sp, thread pointer, DWARF numbers
                  ('rax', 'rdx', 'rcx', 'rbx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10',
                   'r11', 'r12', 'r13', 'r14', 'r15', 'rip'))}
_THREAD_ONLY = ('step', 'next', 'stepi', 'nexti', 'finish', 'until', 'advance', 'return', 'jump')


class Selected:
    """A parked tasklet whose frames stand in for those of a thread."""

    def __init__(self, task, thread, registers, pc, sp):
        self.task = task
        self.ptid = thread.ptid
        self.registers = registers      # of the tasklet: what its innermost frame begins with
        self.pc, self.sp = pc, sp       # names of the registers
        frame = gdb.newest_frame()
        self.carrier = {name: int(frame.read_register(name)) & _MASK for name in (pc, sp)}

    def is_carried_by(self, frame):
        """Is this the innermost real frame of its thread?"""
        thread = gdb.selected_thread()
        return (thread is not None and thread.ptid == self.ptid
                and all(int(frame.read_register(name)) & _MASK == value
                        for name, value in self.carrier.items()))

    def begins_at(self, frame):
        return int(frame.read_register(self.sp)) & _MASK == self.registers[self.sp]


selected = None         # a Selected, or None: the thread itself
_resumes = 0            # times that the process went on
_in_call = False        # gdb calls a function of the target; it will put everything back
_past_main = None       # the user's setting while ours is in force
_unwinder = _filter = None


class _FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class _Unwinder(gdb.unwinder.Unwinder):
    def __init__(self):
        super().__init__('tasklet')

    def __call__(self, frame):
        if selected is None or not selected.is_carried_by(frame):
            return None
        pc = frame.read_register(selected.pc)
        # The frame's identity is at the tasklet's sp: gdb wants frames to go outward from there.
        info = frame.create_unwind_info(_FrameId(gdb.Value(selected.registers[selected.sp]), pc))
        for name, value in selected.registers.items():
            kind = frame.read_register(name).type
            info.add_saved_register(name, gdb.Value(value.to_bytes(kind.sizeof, 'little'), kind))
        return info


class _Nameless(FrameDecorator):
    """A frame of stripped code.  gdb prints nothing at all for its function once a filter is active."""

    def function(self):
        return '??'


class _FrameFilter:
    """Leaves the carrier thread's frame out of a tasklet's backtrace, and what is past main."""
    def __init__(self):
        self.name, self.priority, self.enabled = 'tasklet', 100, False
        gdb.frame_filters[self.name] = self

    def filter(self, frames):
        thread = gdb.selected_thread()
        if selected is None or thread is None or thread.ptid != selected.ptid:
            return frames
        return self._of_tasklet(frames, selected)

    @staticmethod
    def _of_tasklet(frames, current):
        hidden = []
        for decorated in frames:
            frame = decorated.inferior_frame()
            if hidden is not None:
                if not current.begins_at(frame):
                    hidden.append(decorated)
                    continue
                hidden = None
            name = frame.name()
            yield decorated if name else _Nameless(decorated)
            if current.task.is_main and name == 'main' and not _past_main:
                return
        yield from hidden or ()


# ---- selecting ----

def registers_of(snapshot, task):
    """(registers by name, name of pc, name of sp) with which the frames of a parked tasklet begin."""
    layout = snapshot.layout
    if layout.machine not in _MACHINES:
        raise SegmentError('Stacks of machine %d cannot be shown.' % layout.machine)
    pc, sp, thread_pointer, numbers = _MACHINES[layout.machine]
    low_high = snapshot.stack_range(task)
    if low_high and not low_high[0] <= task.sp < low_high[1]:
        raise SegmentError('The saved stack pointer of tasklet %d, 0x%x, is not in its stack.'
                           % (task.id, task.sp))
    if layout.resume:
        registers = {pc: layout.resume, sp: task.sp}
    else:
        registers = {pc: snapshot.segment.word(task.sp + (layout.pc_offset or 0)),
                     sp: (task.sp + (layout.sp_offset or 0)) & _MASK}
        for packed in (layout.registers or ())[:layout.register_count or 0]:
            number, offset = packed & 0xffff, (packed >> 16 ^ 0x8000) - 0x8000
            if number < len(numbers) and numbers[number] not in (pc, sp):
                registers[numbers[number]] = snapshot.segment.word(task.sp + offset)
    scheduler = snapshot.schedulers.get(task.scheduler)
    if scheduler and scheduler.thread_pointer:
        registers[thread_pointer] = scheduler.thread_pointer
    return registers, pc, sp


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
    found = registers_of(snapshot, task)
    if thread is not None:
        thread.switch()
    _set(None)
    _set(Selected(task, gdb.selected_thread(), *found))
    _innermost().select()


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
    if selected is not None:
        _set(None)


def _set(new):
    """The only place where the selection changes."""
    global selected, _past_main
    if new is not None and _past_main is None:
        _past_main = bool(gdb.parameter(_PAST_MAIN))
        gdb.execute('set %s on' % _PAST_MAIN)
    if new is None and _past_main is not None:
        gdb.execute('set %s %s' % (_PAST_MAIN, 'on' if _past_main else 'off'))
        _past_main = None
    selected = new
    # A filter that has nothing to do would still change how gdb prints frames.
    _unwinder.enabled = _filter.enabled = new is not None
    gdb.invalidate_cached_frames()


def _innermost():
    frame = gdb.newest_frame()
    while frame is not None and not selected.begins_at(frame):
        frame = frame.older()
    if frame is None:
        deselect()
        raise SegmentError('gdb does not show the frames of this tasklet (is another unwinder in '
                           'front of "tasklet"?).')
    return frame


@contextlib.contextmanager
def within(snapshot, task):
    """Select for a while; put back tasklet, thread and frame, unless the process went on."""
    before, resumes, thread = selected, _resumes, gdb.selected_thread()
    frame = gdb.selected_frame()
    try:
        select(snapshot, task)
        yield
    finally:
        if resumes == _resumes and thread is not None and thread.is_valid():
            thread.switch()
            if before is not selected:
                _set(before)
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
    if selected is not None and not _is_shown():
        deselect()


def _is_shown():
    """Is the thread that carries the selected tasklet the selected one, and where it was?"""
    try:
        return selected.is_carried_by(gdb.newest_frame())
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
        if selected is None:
            return
        if when == 'before':
            raise gdb.GdbError('Tasklet %d is parked: "%s" would act on the thread that carries it. '
                               '"tasklet none" goes back to the thread.'
                               % (selected.task.id, command))
        if not _is_shown() or gdb.selected_frame() == gdb.newest_frame():
            deselect()


def _define_hooks():
    """But for those of the user's.  No command may fail here: while the loader is read because the program
    just started, a failure would make gdb forget that it waits for the program."""
    known = gdb.execute('show user', to_string=True)
    for when, prefix, commands in (('before', 'hook-', _THREAD_ONLY), ('after', 'hookpost-', ('thread',))):
        for command in commands:
            if 'User command "%s%s":' % (prefix, command) not in known:
                gdb.execute('define %s%s\nmaintenance tasklet-hook %s %s\nend'
                            % (prefix, command, when, command))


def register():
    global _unwinder, _filter
    _unwinder, _filter = _Unwinder(), _FrameFilter()
    _unwinder.enabled = False
    gdb.unwinder.register_unwinder(None, _unwinder, replace=True)
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
    clock.note_stop()
