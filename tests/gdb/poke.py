# SPDX-License-Identifier: MIT
"""Inside gdb: writes into the segment of a stopped program what a hostile one might have."""

import gdb

from tasklet import locate, snapshot

_written = []       # (address, what was there), of word()


def field(section, entry, name, value):
    """Overwrite one value of one entry."""
    segment = locate.find_segment()
    table = segment.sections[section]
    known = table.fields[name]
    address = table.address + entry * table.entry_bytes + known.offset
    _write(address, value if isinstance(value, bytes) else value.to_bytes(known.bytes, 'little'))


def word(offset, value, count=8):
    """Overwrite `count` bytes at an offset of the segment, until restore()."""
    address = locate.find_segment().address + offset
    _written.append((address, gdb.selected_inferior().read_memory(address, count).tobytes()))
    _write(address, value.to_bytes(count, 'little'))


def restore():
    while _written:
        _write(*_written.pop())


def stack_low(slot):
    taken = snapshot.take()
    return taken.stack_range(taken.task_at[slot])[0]


def _write(address, data):
    gdb.selected_inferior().write_memory(address, data)
    locate.forget()
    snapshot.forget()
