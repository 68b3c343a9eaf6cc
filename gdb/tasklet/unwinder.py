# SPDX-License-Identifier: MIT
"""How gdb comes to show the frames of a parked tasklet.

gdb has no notion of a stack without a thread, so a parked tasklet is shown in place of the
callers of the thread that carries it: an unwinder answers for that thread's innermost real frame,
and says that its caller is the place where the tasklet goes on.  The CFI of the switch does the
rest.  Frame #0 stays the thread's own; a frame filter hides it from backtraces.  No register and
no memory of the target is written, so that `continue` is always safe.
"""

import gdb
import gdb.unwinder
from gdb.FrameDecorator import FrameDecorator

from .segment import SegmentError

_MASK = (1 << 64) - 1
_PAST_MAIN = 'backtrace past-main'
_MACHINES = {62: ('rip', 'rsp', 'fs_base',      # e_machine: pc, sp, thread pointer, DWARF numbers
                  ('rax', 'rdx', 'rcx', 'rbx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10',
                   'r11', 'r12', 'r13', 'r14', 'r15', 'rip'))}


def registers_of(snapshot, task):
    """With what the frames of a parked tasklet begin: (registers, name of pc, name of sp)."""
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


class StandIn:
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


shown = None            # a StandIn, or None: the thread itself
_past_main = None       # the user's setting while ours is in force
_unwinder = _filter = None


def show(new):
    """Show a StandIn, or (None) the thread itself; the only place where that changes."""
    global shown, _past_main
    if new is not None and _past_main is None:
        _past_main = bool(gdb.parameter(_PAST_MAIN))
        gdb.execute('set %s on' % _PAST_MAIN)
    if new is None and _past_main is not None:
        gdb.execute('set %s %s' % (_PAST_MAIN, 'on' if _past_main else 'off'))
        _past_main = None
    shown = new
    # A filter that has nothing to do would still change how gdb prints frames.
    _unwinder.enabled = _filter.enabled = new is not None
    gdb.invalidate_cached_frames()


def innermost_frame():
    frame = gdb.newest_frame()
    while frame is not None and not shown.begins_at(frame):
        frame = frame.older()
    if frame is None:
        show(None)
        raise SegmentError('gdb does not show the frames of this tasklet (is another unwinder in '
                           'front of "tasklet"?).')
    return frame


class _FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class _Unwinder(gdb.unwinder.Unwinder):
    def __init__(self):
        super().__init__('tasklet')

    def __call__(self, frame):
        if shown is None or not shown.is_carried_by(frame):
            return None
        pc = frame.read_register(shown.pc)
        # The frame's identity is at the tasklet's sp: gdb wants frames to go outward from there.
        info = frame.create_unwind_info(_FrameId(gdb.Value(shown.registers[shown.sp]), pc))
        for name, value in shown.registers.items():
            kind = frame.read_register(name).type
            info.add_saved_register(name, gdb.Value(value.to_bytes(kind.sizeof, 'little'), kind))
        return info


class _Nameless(FrameDecorator):
    """A frame of stripped code, for which gdb would print nothing while a filter is active."""

    def function(self):
        return '??'


class _FrameFilter:
    """Leaves the carrier thread's frame out of a tasklet's backtrace, and what is past main."""
    def __init__(self):
        self.name, self.priority, self.enabled = 'tasklet', 100, False
        gdb.frame_filters[self.name] = self

    def filter(self, frames):
        thread = gdb.selected_thread()
        if shown is None or thread is None or thread.ptid != shown.ptid:
            return frames
        return self._of_tasklet(frames, shown)

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


def register():
    global _unwinder, _filter
    _unwinder, _filter = _Unwinder(), _FrameFilter()
    _unwinder.enabled = False
    gdb.unwinder.register_unwinder(None, _unwinder, replace=True)
