# SPDX-License-Identifier: MIT
"""Masks what differs from machine to machine: addresses, ids of processes, widths of columns, frame
numbers.  Of backtraces only the frames of the program under test are left, and one "?? ()" for any
number of nameless ones: how the runtime and libc come to wait is not the business of these tests.
"""

import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent


def _names(folder):
    return '|'.join(re.escape(path.name) for path in folder.glob('*.[ch]'))


# The lines of these are masked: they may change.
_EXAMPLES = _names(HERE.parent.parent / 'docs' / 'examples')
_PROGRAMS = _names(HERE) + '|' + _EXAMPLES

_MASKS = [
    (re.compile(r'\((Thread 0x[0-9a-f]+ \(LWP \d+\)|process \d+|LWP \d+)\)'), '(THREAD)'),
    (re.compile(r'0x[0-9a-f]{3,}'), 'ADDR'),
    (re.compile(r'\bat \S*/([^/\s]+:\d+)'), r'at \1'),
    (re.compile(r'\b(%s|x86_64\.S):\d+' % _EXAMPLES), r'\1:LINE'),
    (re.compile(r'\bstack \d\S* of '), 'stack SIZE of '),
    (re.compile(r'(?<=\S)  +'), '  '),
    (re.compile(r' +$'), ''),
]
_FRAME = re.compile(r'^#\d+ +(0x[0-9a-f]+ in )?')
_OF_PROGRAM = re.compile(r' at (\S*/)?(%s):\d+$' % _PROGRAMS)
_SOURCE_LINE = re.compile(r'^\d+\t')
# After this comes a frame of libc's.
_SIGNAL = re.compile(r'^(Program|Thread \S+ ".*") received signal ')
_NOISE = re.compile(r'^\[Inferior \d+ \(|^\[New Thread|^\[Thread |^\[Detaching'
                    r'|^Using host libthread_db|^warning: '
                    r'|^\d+\tin |: No such file or directory\.$|^$')


def mask(text):
    kept, after_signal = [], False
    skipping = False        # the locals of a frame that is left out
    for line in text.splitlines():
        if after_signal or _NOISE.search(line):
            after_signal = False
            continue
        if _SIGNAL.match(line):
            after_signal = True
            continue
        if _FRAME.match(line):
            bare = _FRAME.sub('# ', line)
            nameless = bare.startswith('# ?? ()')
            skipping = not _OF_PROGRAM.search(line) and not nameless
            line = '# ?? ()' if nameless else bare
            if nameless and kept and kept[-1] == line:
                continue
        elif line.startswith('(gdb)') or not line.startswith('    ') and not (
                skipping and (_SOURCE_LINE.match(line) or line == 'No locals.')):
            skipping = False
        if not skipping:
            for pattern, replacement in _MASKS:
                line = pattern.sub(replacement, line)
            kept.append(line)
    return '\n'.join(kept) + '\n'
