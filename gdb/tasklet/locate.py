# SPDX-License-Identifier: MIT
"""Where the segment of the current inferior is.

Three ways, for programs that keep ever less: the symbol that the runtime exports (it needs no
debug information, and .dynsym survives strip); the name of the memfd among the mappings (a
stripped static program, live or a core with NT_FILE); the magic at the start of a core's memory.
"""

import re

import gdb

from .segment import MAGIC, Segment, SegmentError, read_memory

SYMBOL = 'tl_segment'
_MAPPING = re.compile(r'\s*(0x[0-9a-f]+)\s+0x[0-9a-f]+\s+0x[0-9a-f]+\s+0x0\s.*memfd:tasklet\b')
_CORE_SECTION = re.compile(r'(0x[0-9a-f]+)->0x[0-9a-f]+ at 0x[0-9a-f]+: load')

_segments = {}      # of inferiors (by number): (process id, Segment)


def find_segment():
    """The Segment of the current inferior, or a SegmentError that says why there is none."""
    inferior = gdb.selected_inferior()
    if not inferior.pid:
        raise SegmentError('There is no process: start the program, attach to it, or open a core.')
    known = _segments.get(inferior.num)
    if known and known[0] == inferior.pid:
        return known[1]
    segment = _search()
    _segments[inferior.num] = (inferior.pid, segment)
    return segment


def forget():
    """The program's files or its process changed: search again."""
    _segments.clear()


def _search():
    complaint = None
    for way in _by_symbol, _by_mapping, _by_magic:
        for address in way():
            try:
                segment = Segment(address)
            except SegmentError as error:
                complaint = complaint or error
                continue
            if way is _by_symbol or segment.read_header().get('address') in (None, address):
                return segment      # else somebody else's, which this process looks at
    raise complaint or SegmentError(
        'There is no tasklet segment (is the program linked with -ltasklet, and did it make a '
        'tasklet yet?).')


def _by_symbol():
    try:
        symbol = int(gdb.parse_and_eval('&' + SYMBOL))
        word = read_memory(symbol, gdb.lookup_type('long').sizeof)
    except (gdb.error, SegmentError):
        return
    address = int.from_bytes(word, 'little')
    if address:
        yield address


def _by_mapping():
    for line in _output_lines('info proc mappings'):
        found = _MAPPING.match(line)
        if found:
            yield int(found.group(1), 16)


def _by_magic():
    for line in _output_lines('maintenance info sections'):
        found = _CORE_SECTION.search(line)
        if found and _starts_with_magic(int(found.group(1), 16)):
            yield int(found.group(1), 16)


def _starts_with_magic(address):
    try:
        return read_memory(address, len(MAGIC)) == MAGIC
    except SegmentError:
        return False


def _output_lines(command):
    try:
        return gdb.execute(command, to_string=True).splitlines()
    except gdb.error:
        return []
