# SPDX-License-Identifier: MIT
"""`info tasklets` and `info tasklet`; finding a tasklet by id or name."""

import re

import gdb

from . import clock, describe, places, selection, snapshot as snapshots, threads
from .command import Command
from .text import duration, safe, size, write_rows

_MOST_COMPLETIONS = 200

# Words of -state that are no state of the table: a finer one, or a kind of wait.
_FRESH = 'fresh'


def current_task(snapshot):
    """The selected tasklet, or the one that runs on the selected thread; None."""
    task = selection.selected()
    if task is not None:
        return snapshot.task_by_id.get(task.id)
    thread = gdb.selected_thread()
    return threads.running_on(snapshot, thread)[1] if thread else None


def where(snapshot, task, clock_now=None):
    """Where in the program a tasklet is, in words."""
    if task.state == snapshots.RUNNING:
        thread = threads.carrier_of(snapshot, task)
        return 'on ' + threads.describe(thread) if thread else ''
    if task.is_fresh:
        return 'has not run yet'
    known = places.current()
    address = known.of_task(snapshot, task)
    return known.describe(address) if address else ''


class InfoTasklets(Command):
    """List the tasklets of the program.
Usage: info tasklets [-state STATE] [REGEX]

With -state, those in that state (running, ready, waiting, paused, new, ended), or
those that wait for that (send, receive, lock, join, sleep, run, ...), or "fresh":
those that have not run yet; or the letter that tltop and tldump show (N R r P C L
I T J U O ? X).  With REGEX, those whose name or group it matches.
An asterisk marks the selected one, or the one that runs on the selected thread; its
age is the time since its state last changed."""

    name = 'info tasklets'

    def complete(self, text, _word):
        words = text.split(' ')
        if len(words) >= 2 and words[-2] == '-state':
            return [word for word in _state_words() if word.startswith(words[-1])]
        return ['-state'] if '-state'.startswith(words[-1]) and words[-1] else gdb.COMPLETE_NONE

    def run(self, argument, _from_tty):
        words = gdb.string_to_argv(argument)
        state = None
        if words and words[0] == '-state':
            if len(words) < 2:
                raise gdb.GdbError('-state wants a state: %s.' % ', '.join(_state_words()))
            state, words = words[1], words[2:]
        if len(words) > 1:
            raise gdb.GdbError('Usage: info tasklets [-state STATE] [REGEX]')
        snapshot = snapshots.take()
        chosen = _in_state(snapshot, state) if state else snapshot.tasks
        if words:
            chosen = _named(snapshot, chosen, words[0])
        now = clock.Clock(snapshot)
        write_rows(('  Id', 'State', 'Name', 'Age', 'Waits for', 'At'),
                   _task_rows(snapshot, now, chosen), (7, 7, 8, 6, 12))
        gdb.write(_summary(snapshot, chosen))
        if now.is_late:
            gdb.write('It had stopped before these commands were loaded: ages count up to its '
                      'latest event, and may be too small.\n')


def _state_words():
    """What -state understands: the segment's own words."""
    names = snapshots.take().segment.names
    states = [name for (group, value), name in names.items()
              if group == snapshots.SET_STATE and value != snapshots.FREE]
    kinds = [name for (group, value), name in names.items()
             if group == snapshots.SET_WAIT and value != snapshots.WAIT_NONE]
    return states + [_FRESH] + kinds


def _in_state(snapshot, word):
    if len(word) == 1 and word in describe.LETTERS:
        return [task for task in snapshot.tasks if describe.letter(task) == word]
    words = _state_words()
    if word not in words:
        matches = [known for known in words if known.startswith(word)]
        if len(matches) != 1:
            raise gdb.GdbError('"%s" is no state; there are %s, '
                               'and the letters %s.' % (safe(word), ', '.join(words),
                                                        ' '.join(describe.LETTERS)))
        word = matches[0]
    if word == _FRESH:
        return [task for task in snapshot.tasks if task.is_fresh]
    return [task for task in snapshot.tasks if snapshot.state_name(task.state) == word
            or task.wait_kind and snapshot.wait_name(task.wait_kind) == word]


def _named(snapshot, tasks, regex):
    try:
        matches = re.compile(regex).search
    except re.error as error:
        raise gdb.GdbError('"%s" is no regular expression: %s.' % (safe(regex), error)) from None
    return [task for task in tasks if matches(snapshot.task_name(task))
            or matches(snapshot.task_group(task))]


def _task_rows(snapshot, now, tasks):
    current = current_task(snapshot)
    for task in tasks:
        name, group = snapshot.task_name(task), snapshot.task_group(task)
        yield ('%s %d' % ('*' if current and task.id == current.id else ' ', task.id),
               describe.state(snapshot, task), name + (' (%s)' % group if group else ''),
               duration(now.since(task.since)), describe.wait(snapshot, task),
               where(snapshot, task))


def _summary(snapshot, tasks):
    words = describe.counts(snapshot, tasks) if tasks else 'No tasklets.'
    if tasks and len(tasks) != len(snapshot.tasks):
        words += ' (of %d)' % len(snapshot.tasks)
    lost = snapshot.header.get('lost_records')
    if lost:
        words += '; %d more found the table full' % lost
    return words + '\n'


class InfoTasklet(Command):
    """Describe one tasklet: times, stack, parent, where it was spawned.
Usage: info tasklet [ID|NAME]

Without an argument, the selected one."""

    name = 'info tasklet'

    def complete(self, text, _word):
        return complete_ids(text)

    def run(self, argument, _from_tty):
        snapshot = snapshots.take()
        task = find(snapshot, argument) if argument else current_task(snapshot)
        if task is None:
            raise gdb.GdbError('No tasklet is selected, and this thread runs none.')
        write_details(snapshot, task)


def write_details(snapshot, task):
    """Everything about one, a few lines."""
    now = clock.Clock(snapshot)
    waits_for = describe.wait(snapshot, task)
    group = snapshot.task_group(task)
    place = where(snapshot, task)
    state = ', '.join(filter(None, (describe.state(snapshot, task), waits_for, place)))
    lines = ['Tasklet %s%s: %s' % (describe.title(snapshot, task),
                                   ' (%s)' % group if group else '', state)]
    if now.is_known:
        so_far = now.since(task.since) or 0     # the record is up to `since` alone
        lines.append('  for %s, spawned %s ago; ran %s, was ready %s' % (
            duration(now.since(task.since)), duration(now.since(task.spawned)),
            duration((now.span(task.run) or 0) + so_far * (task.state == snapshots.RUNNING)),
            duration((now.span(task.ready) or 0) + so_far * (task.state == snapshots.READY))))
    facts = ['level %d' % task.level] if task.level else []
    switches = snapshot.switches(task)
    if switches is not None:
        facts.append('switched to %s' % ('once' if switches == 1 else '%d times' % switches))
    stack = snapshot.stack_range(task)
    if stack and task.has_stack and stack[0] <= task.sp <= stack[1]:
        facts.append('stack %s of %s' % (size(stack[1] - task.sp), size(stack[1] - stack[0])))
    lines.append('  ' + ', '.join(facts))
    parent = snapshot.task_by_low(task.parent)
    site = snapshot.site_address(task.site)
    made = ['by ' + describe.title(snapshot, parent)] if parent else \
        ['by %d, which is gone' % task.parent] if task.parent else []
    if site:
        made.append('in ' + places.current().describe(site))
    if made:
        lines.append('  spawned ' + ' '.join(made))
    gdb.write('\n'.join(filter(str.strip, lines)) + '\n')


def find(snapshot, text):
    """The tasklet with this id, or of this name; a GdbError when there is none, or several."""
    words = gdb.string_to_argv(text)
    if len(words) != 1:
        raise gdb.GdbError('One tasklet is wanted: an id or a name.')
    word = words[0]
    if word.isascii() and word.isdigit():
        task = snapshot.task_by_id.get(int(word))
        if task is None:
            raise gdb.GdbError('There is no tasklet %s.' % word)
        return task
    named = [task for task in snapshot.tasks if snapshot.task_name(task) == word]
    if not named:
        raise gdb.GdbError('There is no tasklet "%s".' % safe(word))
    if len(named) > 1:
        raise gdb.GdbError('%d tasklets are called "%s": %s.' % (
            len(named), safe(word), describe.some('%d' % task.id for task in named)))
    return named[0]


def complete_ids(text):
    """Ids that begin so; none when there are too many to be of use."""
    try:
        ids = ['%d' % task.id for task in snapshots.take().tasks]
    except gdb.GdbError:
        return gdb.COMPLETE_NONE
    matches = [word for word in ids if word.startswith(text)]
    return matches if len(matches) <= _MOST_COMPLETIONS else gdb.COMPLETE_NONE


def register():
    InfoTasklets()
    InfoTasklet()
