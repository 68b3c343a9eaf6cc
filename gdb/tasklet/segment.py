# SPDX-License-Identifier: MIT
"""The bytes of a tasklet segment: lib/trace/abi.h, read by name.

The fixed part (prologue, and the tables of sections, fields and names) is checked once;
everything else is found through it.  Nothing that the segment says is believed before it was
bounded: what makes no sense is a SegmentError, which gdb prints as one line.  A field that is not
there is None.
"""

import operator
import struct

import gdb

from .text import safe

MAGIC = b'TASKLET\0'
ABI_NUMBER = 1
BYTE_ORDER = 0x01020304
PROLOGUE_BYTES = 64

KIND_SIGNED, KIND_TEXT = 2, 3
NAME_LONG = 0xff

# Far above what any runtime writes: they only keep a hostile segment from costing memory.
MOST_SECTIONS, MOST_FIELDS, MOST_NAMES = 256, 4096, 4096
MOST_ENTRY_BYTES = 1 << 16
MOST_TEXT_BYTES = 256
MOST_READ_BYTES = 1 << 26
PIECE_BYTES = 1 << 22


class SegmentError(gdb.GdbError):
    """The segment cannot be read, or says what cannot be."""


def read_memory(address, count):
    """`count` bytes of the target, or a SegmentError."""
    try:
        if 0 < count <= MOST_READ_BYTES:
            return gdb.selected_inferior().read_memory(address, count).tobytes()
    except (gdb.error, OverflowError):
        pass
    raise SegmentError('Cannot read %d bytes at 0x%x of the target.' % (count, address))


# What the fields that we read are to hold; one that holds something else is as good as missing.
_TEXTS = {'name', 'version'}
_ARRAYS = {'senders', 'receivers', 'registers'}


class Field:
    __slots__ = ('offset', 'format', 'bytes', 'is_text', 'is_array')

    def __init__(self, kind, offset, size, count):
        self.is_text, self.is_array = kind == KIND_TEXT, count > 1
        if kind == KIND_TEXT:
            self.format = '%ds' % size
        else:
            letter = {1: 'B', 2: 'H', 4: 'I', 8: 'Q'}[size]
            self.format = letter.lower() if kind == KIND_SIGNED else letter
            if count != 1:
                self.format = '%d%s' % (count, self.format)
        self.offset = offset
        self.bytes = size * count


class Section:
    """A table of equal entries in the segment."""

    def __init__(self, segment, name, offset, entry_bytes, capacity):
        self.segment, self.name = segment, name
        self.offset, self.entry_bytes, self.capacity = offset, entry_bytes, capacity
        self.address = segment.address + offset
        self.fields = {}

    def decoder(self, names, required=()):
        """A function from whole entries (bytes) to an iterator of tuples, one value a name, in that
        order: None for a field that is missing, a tuple for one of several values."""
        for name in required:
            if self._field(name) is None:
                raise SegmentError('The segment has no field "%s" in "%s".' % (name, self.name))
        known = sorted(filter(self._field, names), key=lambda name: self.fields[name].offset)
        layout, at, columns, values = self.segment.order, 0, {}, 0
        for name in known:
            field = self.fields[name]
            if field.offset < at:
                raise SegmentError('The fields of "%s" overlap.' % self.name)
            layout += '%dx%s' % (field.offset - at, field.format)
            at = field.offset + field.bytes
            count = int(field.format[:-1]) if field.is_array else 1
            columns[name] = slice(values, values + count) if name in _ARRAYS else values
            values += count
        unpack = struct.Struct(layout + '%dx' % (self.entry_bytes - at)).iter_unpack
        # Two more, for it to give a tuple; what is missing is the None at the end of the row.
        arrange = operator.itemgetter(*(columns.get(name, values) for name in names), 0, 0)
        if known and len(known) == len(names):
            return lambda data: (arrange(row)[:-2] for row in unpack(data))
        return lambda data: (arrange(row + (None,))[:-2] for row in unpack(data))

    def _field(self, name):
        """The field of that name, if it holds what we take it for; None."""
        field = self.fields.get(name)
        if field is None or field.is_text != (name in _TEXTS) or \
                field.is_array and name not in _ARRAYS:
            return None
        return field

    def read(self, first, count):
        """The bytes of `count` entries from number `first` on."""
        if first < 0 or count < 0 or first + count > self.capacity:
            raise SegmentError('The segment speaks of entry %d of "%s", which has %d.'
                               % (first + count - 1, self.name, self.capacity))
        return read_memory(self.address + first * self.entry_bytes, count * self.entry_bytes)

    def pieces(self, first, count):
        """The same in pieces that a user can interrupt: (number of the first entry, bytes)."""
        step = max(1, PIECE_BYTES // self.entry_bytes)
        for at in range(first, first + count, step):
            yield at, self.read(at, min(step, first + count - at))


class Segment:
    """The checked layout of the segment at `address`; `header` gives the header's fields, fresh."""

    def __init__(self, address):
        self.address = address
        prologue = read_memory(address, PROLOGUE_BYTES)
        if prologue[:8] != MAGIC:
            raise SegmentError('There is no tasklet segment at 0x%x.' % address)
        for self.order in '<', '>':
            if struct.unpack_from(self.order + 'I', prologue, 8)[0] == BYTE_ORDER:
                break
        else:
            raise SegmentError('The tasklet segment is damaged: its byte order is unknown.')
        (abi, self.bytes, sections, fields, names, _, at_sections, at_fields,
         at_names) = struct.unpack_from(self.order + 'IQ4I3Q', prologue, 12)
        if abi != ABI_NUMBER:
            raise SegmentError('The tasklet segment has ABI number %d; this gdb package reads %d.'
                               % (abi, ABI_NUMBER))
        if sections > MOST_SECTIONS or fields > MOST_FIELDS or names > MOST_NAMES:
            raise SegmentError('The tasklet segment is damaged: its tables are too long.')
        self.sections = self._read_sections(self._table(at_sections, sections, 48))
        self._read_fields(self._table(at_fields, fields, 40))
        self.names = self._read_names(self._table(at_names, names, 32))
        self._header_names = tuple(self.section('header').fields)
        self._header_decoder = self.section('header').decoder(self._header_names)

    def _table(self, offset, count, entry_bytes):
        if offset > self.bytes or count * entry_bytes > self.bytes - offset:
            raise SegmentError('The tasklet segment is damaged: a table lies outside of it.')
        return read_memory(self.address + offset, count * entry_bytes) if count else b''

    def _read_sections(self, table):
        sections = []
        for name, offset, entry_bytes, capacity, _ in struct.iter_unpack(
                self.order + '16s4Q', table):
            name = _plain(name)
            if (not 0 < entry_bytes <= MOST_ENTRY_BYTES or offset > self.bytes
                    or capacity > (self.bytes - offset) // entry_bytes):
                raise SegmentError('The tasklet segment is damaged: section "%s" lies outside.'
                                   % name)
            sections.append(Section(self, name, offset, entry_bytes, capacity))
        self._by_index = sections
        return {section.name: section for section in sections}

    def _read_fields(self, table):
        for name, index, kind, offset, size, count in struct.iter_unpack(
                self.order + '24s2H3I', table):
            if index >= len(self._by_index):
                raise SegmentError('The tasklet segment is damaged: a field of no section.')
            section = self._by_index[index]
            if offset > section.entry_bytes or size * count > section.entry_bytes - offset:
                raise SegmentError('The tasklet segment is damaged: field "%s" lies outside "%s".'
                                   % (_plain(name), section.name))
            if count and (size in (1, 2, 4, 8) or kind == KIND_TEXT and 0 < size
                          <= MOST_TEXT_BYTES and count == 1):
                section.fields[_plain(name)] = Field(kind, offset, size, count)

    def _read_names(self, table):
        return {(group, value): _plain(name)
                for group, value, name in struct.iter_unpack(self.order + '2H28s', table)}

    def word(self, address):
        """The 8 bytes at an address of the target, as a number."""
        return struct.unpack(self.order + 'Q', read_memory(address, 8))[0]

    def section(self, name):
        if name not in self.sections:
            raise SegmentError('The tasklet segment has no section "%s".' % name)
        return self.sections[name]

    def name_of(self, group, value):
        """The printed name of a value of an enum (enum tl_abi_set)."""
        return self.names.get((group, value)) or '%d' % value

    def read_header(self):
        data = self.section('header').read(0, 1)
        return dict(zip(self._header_names, next(self._header_decoder(data))))

    def entries(self, name, names, count, required=()):
        """All of the first `count` entries of a small section, as tuples of the fields `names`."""
        section = self.section(name)
        decode = section.decoder(names, required)
        rows = []
        for _, data in section.pieces(0, min(count or 0, section.capacity)):
            rows.extend(decode(data))
        return rows

    def text(self, raw):
        """A text field's bytes, followed into `strings` when it is a long one."""
        if len(raw) > 5 and raw[-5] == NAME_LONG:
            offset = struct.unpack(self.order + 'I', raw[-4:])[0]
            return self.string(offset) or raw[:-5].split(b'\0', 1)[0]
        return raw.split(b'\0', 1)[0]

    def string(self, offset):
        """What lies at `offset` of `strings`, up to its NUL; b'' when nothing does."""
        section = self.sections.get('strings')
        if not section or not offset or offset >= section.capacity:
            return b''
        try:
            data = section.read(offset, min(MOST_TEXT_BYTES, section.capacity - offset))
        except SegmentError:
            return b''
        return data.split(b'\0', 1)[0]


def _plain(raw):
    return safe(raw.split(b'\0', 1)[0])
