# SPDX-License-Identifier: MIT
"""Code addresses in words, and where in the program a parked tasklet is.

The second is what a list of a hundred thousand tasklets wants of each: the innermost frame that
is the program's own, not the runtime's.  Unwinding every stack with gdb would take half a minute.
Between the switch and the program's frame there is only code of the runtime, whose frames have a
fixed size at each return address (it uses neither alloca nor variable arrays), so that gdb needs
to unwind one tasklet for each way to park; the others are followed by adding those sizes.
"""

import collections
import os
import re
import struct

import gdb

from . import selection, unwinder
from .segment import SegmentError, read_memory
from .text import safe

_SYMBOL = re.compile(r'(.*?)(?: \+ (\d+))? in section ')
_MASK = (1 << 64) - 1
_ENTRIES = {'tl_entry', 'tl_start_go'}  # below the program's frames
_STACK_BYTES = 1024     # enough for the runtime's frames
_MOST_FRAMES = 16
_MOST_FAILURES = 32     # stacks that gdb unwinds in vain before it is asked no more

_by_inferior = {}


def current():
    """The Places of the current inferior."""
    return _by_inferior.setdefault(gdb.selected_inferior().num, Places())


def register():
    def forget(_event=None):
        _by_inferior.clear()
    for event in gdb.events.new_objfile, gdb.events.clear_objfiles, gdb.events.exited:
        event.connect(forget)


class Places:
    """Caches that hold as long as the program's files do not change."""

    def __init__(self):
        self._words = {}
        self._frame_bytes = {}      # of the runtime's frames, by address; 0: the program's own
        self._failures = 0

    def describe(self, address):
        """The call before a return address: "flush_page () at flush.c:133", or less."""
        if address not in self._words:
            self._words[address] = _describe(address)
        return self._words[address]

    def of_task(self, snapshot, task):
        """The address in the program at which a parked tasklet waits; None when it is not known."""
        if not task.has_stack:
            return None
        stack, sp = snapshot.stack_range(task), task.sp
        try:
            resume = snapshot.layout.resume
            if not resume:
                registers, pc, sp = unwinder.registers_of(snapshot, task)
                resume, sp = registers[pc], registers[sp]
            count = min(_STACK_BYTES, stack[1] - sp) if stack else _STACK_BYTES
            stack_bytes = read_memory(sp, count)
        except SegmentError:
            return None
        found = self._follow(resume, stack_bytes)
        if found is None and self._failures < _MOST_FAILURES:
            learned = self._learn(snapshot, task)
            found = self._follow(resume, stack_bytes)
            if found is None:
                self._failures += 1
                found = learned
        return found

    def _follow(self, pc, stack_bytes):
        """Walk the runtime's frames by their known sizes; None when one is not known."""
        at = 0
        for _ in range(_MOST_FRAMES):
            frame_bytes = self._frame_bytes.get(pc)
            if frame_bytes is None:
                return None
            if frame_bytes == 0:
                return pc
            at += frame_bytes
            if not 8 <= at <= len(stack_bytes):
                return None
            pc = struct.unpack_from('<Q', stack_bytes, at - 8)[0]
        return None

    def _learn(self, snapshot, task):
        """Let gdb unwind this one, and keep the sizes of the runtime's frames; returns where the
        program's own frames begin, or None."""
        try:
            with selection.within(snapshot, task):
                frames = _real_frames(gdb.selected_frame())
                outer = _count_of_runtime(frames, snapshot.code)
        except gdb.error:
            return None
        for here, caller in zip(frames[:outer], frames[1:]):
            self._frame_bytes[here.pc] = caller.sp - here.sp
        if outer == len(frames):
            return None
        self._frame_bytes.setdefault(frames[outer].pc, 0)
        return frames[outer].pc


Frame = collections.namedtuple('Frame', 'pc sp name source')


def _real_frames(frame):
    """The innermost frames of the selected tasklet; inlined and tail calls have none."""
    frames = []
    while frame is not None and len(frames) < _MOST_FRAMES:
        if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
            symtab = frame.find_sal().symtab
            frames.append(Frame(frame.pc(), int(frame.read_register(unwinder.shown.sp)) & _MASK,
                                frame.name() or '', symtab.fullname() if symtab else ''))
        frame = frame.older()
    return frames


def _count_of_runtime(frames, code):
    """How many of the innermost frames are the runtime's: those in its code.  Where a segment does
    not say which that is: those in the library of the switch; in a static program those whose
    source is in its source tree (.../arch/x86_64.S is the switch); without debug information those
    up to the last that is called tl_..., which is not perfect: a public function that ends in a
    call of an internal one has left the stack."""
    if code:
        ours = [frame.pc - (index > 0) in code for index, frame in enumerate(frames)]
        return ours.index(False) if False in ours else len(ours)
    library = gdb.solib_name(frames[0].pc)
    tree = os.path.dirname(os.path.dirname(frames[0].source))
    if library is not None:
        ours = [gdb.solib_name(frame.pc) == library for frame in frames]
    elif tree:
        ours = [frame.source.startswith(tree + '/') for frame in frames]
    else:
        names = [frame.name.startswith('tl_') and frame.name not in _ENTRIES for frame in frames]
        last = max((index for index, ours in enumerate(names) if ours), default=0)
        return last + 1
    return ours.index(False) if False in ours else len(ours)


def _describe(address):
    before = address - 1
    try:
        symbol = gdb.execute('info symbol 0x%x' % before, to_string=True)
    except gdb.error:
        symbol = ''
    found = _SYMBOL.match(symbol)
    line = gdb.find_pc_line(before)
    if not found:
        return '0x%x' % address
    name = safe(found.group(1))
    if line.symtab is not None and line.line:
        return '%s () at %s:%d' % (name, safe(os.path.basename(line.symtab.filename)), line.line)
    return '%s+%d' % (name, int(found.group(2) or 0) + 1)
