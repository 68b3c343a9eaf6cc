# SPDX-License-Identifier: MIT
"""What a terminal may be shown: names made safe, numbers made short, rows made even.

Names come from the target and may hold anything; everything that is printed of them goes through
safe(), which agrees with the other tools: what could harm is a '?', one each.
"""

import re

import gdb

_HARMFUL = re.compile(
    '[\x00-\x1f\x7f-\x9f'           # C0, DEL, C1
    '\u00ad\u061c\u180e'
    '\u200b-\u200f'                 # zero widths, direction marks
    '\u2028-\u202e'                 # line separators, embeddings, overrides
    '\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffb'
    '\ud800-\udfff'                 # bytes that were not UTF-8, one surrogate each
    '\U000e0000-\U000e0fff]')


def safe(raw):
    """A name, from bytes or str, that cannot harm a terminal and that gdb can print."""
    if isinstance(raw, bytes):
        raw = raw.decode('utf-8', 'surrogateescape')
    if raw.isascii() and raw.isprintable():
        return raw
    name = _HARMFUL.sub('?', raw)
    name = ''.join('?' if ord(c) & 0xfffe == 0xfffe else c for c in name)
    charset = gdb.host_charset()
    return name.encode(charset, 'replace').decode(charset, 'replace')


def duration(ns):
    """Three digits that count and a unit: 812us, 8.31s, 12m30s.  None is unknown."""
    if ns is None:
        return '?'
    if ns < 1_000:
        return '%dns' % ns
    if ns < 9_950:
        return '%.1fus' % (ns / 1e3)
    if ns < 999_500:
        return '%.0fus' % (ns / 1e3)
    if ns < 9_950_000:
        return '%.1fms' % (ns / 1e6)
    if ns < 999_500_000:
        return '%.0fms' % (ns / 1e6)
    seconds = ns // 1_000_000_000
    if seconds < 60:
        value = ns / 1e9
        return '%.*fs' % (2 if value < 9.995 else 1, value)
    if seconds < 3600:
        return '%dm%02ds' % divmod(seconds, 60)
    if seconds < 360_000:
        return '%dh%02dm' % divmod(seconds // 60, 60)
    return '%dd' % (seconds // 86400)


def size(count):
    """Bytes: 152, 7.8K, 64K."""
    if count < 1024:
        return '%d' % count
    if count % 1024 == 0 and count < 999 * 1024:
        return '%dK' % (count // 1024)
    value = float(count)
    for unit in 'KMGTPE':
        value /= 1024
        if value < 999.5:
            break
    return '%.*f%s' % (1 if value < 99.95 else 0, value, unit)


def plural(count, noun):
    return '%d %s%s' % (count, noun, '' if count == 1 else 's')


_PIECE = 128


def write_rows(header, rows, least=()):
    """Print rows (any iterable of tuples of strings) under a header, columns even.

    The widths are those of the first piece, so that an endless list begins at once and can be
    left at the pager; a later, wider cell pushes its own row only.  `least` gives widths to begin
    with."""
    piece, widths = [], None

    def flush():
        nonlocal widths
        if widths is None:
            widths = [max(map(len, column)) for column in zip(header, *piece)]
            for i, width in enumerate(least):
                widths[i] = max(widths[i], width)
            piece.insert(0, header)
        form = '  '.join('%%-%ds' % width for width in widths[:-1]) + '  %s'
        gdb.write(''.join([(form % row).rstrip() + '\n' for row in piece]))
        piece.clear()

    for row in rows:
        piece.append(row)
        if len(piece) == _PIECE:
            flush()
    if piece:
        flush()
