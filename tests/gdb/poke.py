# SPDX-License-Identifier: MIT
"""Inside gdb: writes into the segment of a stopped program, as a hostile program would have done."""

import gdb

from tasklet import locate, snapshot


def field(section, entry, name, value):
    """Overwrite one value of one entry; what the package remembers is forgotten."""
    segment = locate.find_segment()
    table = segment.sections[section]
    known = table.fields[name]
    address = table.address + entry * table.entry_bytes + known.offset
    data = value if isinstance(value, bytes) else value.to_bytes(known.bytes, 'little')
    write(address, data)


def word(offset, value, count=8):
    """Overwrite `count` bytes at an offset of the segment."""
    write(locate.find_segment().address + offset, value.to_bytes(count, 'little'))


def write(address, data):
    gdb.selected_inferior().write_memory(address, data)
    locate.forget()
    snapshot.forget()
