# SPDX-License-Identifier: MIT
"""`info tasklets`, `info tasklet`, `info channels`, `info deadlocks`, `info tasklet-events`."""

import re

import gdb

from . import (clock, describe, events, places, selection, snapshot as snapshots, threads,
               wait_graph, waits)
from .command import Command
from .text import duration, plural, safe, size, write_rows

_MOST_COMPLETIONS = 200
_MOST_WAITERS = 6       # of a channel, in the list of all
_MOST_MEMBERS = 16      # of a verdict, besides its cycle

# Words of -state that are no state of the table: a finer one, or a kind of wait.
_FRESH = 'fresh'


def current_task(snapshot):
    """The selected tasklet, or the one that runs on the selected thread; None."""
    if selection.selected is not None:
        return snapshot.task_by_id.get(selection.selected.task.id)
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
those that have not run yet.  With REGEX, those whose name or group it matches.
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
        write_rows(('  Id', 'State', 'Name', 'Age', 'Waits for', 'At'),
                   _task_rows(snapshot, chosen), (7, 7, 8, 6, 12))
        gdb.write(_summary(snapshot, chosen))


def _state_words():
    """What -state understands: the segment's own words."""
    names = snapshots.take().segment.names
    states = [name for (group, value), name in names.items()
              if group == snapshots.SET_STATE and value != snapshots.FREE]
    kinds = [name for (group, value), name in names.items()
             if group == snapshots.SET_WAIT and value != snapshots.WAIT_NONE]
    return states + [_FRESH] + kinds


def _in_state(snapshot, word):
    words = _state_words()
    if word not in words:
        matches = [known for known in words if known.startswith(word)]
        if len(matches) != 1:
            raise gdb.GdbError('"%s" is no state; there are %s.' % (safe(word), ', '.join(words)))
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


def _task_rows(snapshot, tasks):
    now, current = clock.Clock(snapshot), current_task(snapshot)
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
    lines = ['Tasklet %s%s: %s' % (describe.title(snapshot, task), ' (%s)' % group if group else '',
                                   ', '.join(filter(None, (describe.state(snapshot, task), waits_for,
                                                           place))))]
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


class InfoChannels(Command):
    """List the channels and mutexes of the program, and who waits for them.
Usage: info channels [NAME]

With NAME (or an id), those alone, with every waiter on a line, in order of arrival.
The balance counts waiting senders; below zero, waiting receivers."""

    name = 'info channels'

    def complete(self, text, _word):
        try:
            snapshot = snapshots.take()
            names = {snapshot.object_name(obj) for obj in snapshot.objects} - {''}
        except gdb.GdbError:
            return gdb.COMPLETE_NONE
        return [name for name in sorted(names) if name.startswith(text)]

    def run(self, argument, _from_tty):
        words = gdb.string_to_argv(argument)
        if len(words) > 1:
            raise gdb.GdbError('Usage: info channels [NAME]')
        snapshot = snapshots.take()
        if not words:
            write_rows(('Id', 'Kind', 'Name', 'Balance', 'Queued', 'Waiting'),
                       (_object_row(snapshot, obj) for obj in snapshot.objects), (4, 7, 8))
            gdb.write('%s.\n' % plural(len(snapshot.objects), 'object'))
            return
        found = [obj for obj in snapshot.objects
                 if words[0] in (snapshot.object_name(obj), '%d' % obj.id)]
        if not found:
            raise gdb.GdbError('There is no channel "%s".' % safe(words[0]))
        for obj in found:
            _write_object(snapshot, obj)


def _queued(obj):
    if obj.kind != snapshots.OBJECT_CHANNEL:
        return ''
    return '%d/%d' % (obj.length or 0, obj.capacity) if obj.capacity else '-'


def _balance(snapshot, obj):
    """From the waiters themselves: the truth."""
    senders = receivers = 0
    for _, kind in snapshot.waiters(obj):
        senders += kind in snapshots.SENDING
        receivers += kind == snapshots.WAIT_RECEIVE
    return senders - receivers


def _object_row(snapshot, obj):
    queue = snapshot.waiters(obj)
    notes = []
    if obj.kind == snapshots.OBJECT_MUTEX:
        notes.append(describe.holder_note(snapshot, obj))
        notes.append(describe.some((describe.label(snapshot, task) for task, _ in queue),
                                   _MOST_WAITERS))
    else:
        for kind in sorted({kind for _, kind in queue}):
            notes.append('%s: %s' % (snapshot.wait_name(kind), describe.some(
                (describe.label(snapshot, task) for task, k in queue if k == kind), _MOST_WAITERS)))
    if (obj.flags or 0) & snapshots.CLOSING:
        notes.append('closed' if not queue and not obj.length else 'closing')
    is_channel = obj.kind == snapshots.OBJECT_CHANNEL
    return ('%d' % obj.id, snapshot.segment.name_of(snapshots.SET_OBJECT, obj.kind),
            snapshot.object_name(obj), '%+d' % _balance(snapshot, obj) if queue and is_channel else
            '0' if is_channel else '', _queued(obj), '; '.join(filter(None, notes)))


def _write_object(snapshot, obj):
    now, queue = clock.Clock(snapshot), snapshot.waiters(obj)
    facts = []
    if obj.kind == snapshots.OBJECT_CHANNEL:
        facts.append('balance %d' % _balance(snapshot, obj))
        facts.append('%s elements of %d bytes queued' % (_queued(obj), obj.element_bytes or 0)
                     if obj.capacity else 'rendezvous, elements of %d bytes'
                     % (obj.element_bytes or 0))
        facts.append('preference %d' % (obj.preference or 0))
        facts.append('%d sent' % (obj.count or 0))
        if (obj.flags or 0) & snapshots.SCHEDULE_ALL:
            facts.append('schedule all')
        if (obj.flags or 0) & snapshots.CLOSING:
            facts.append('closed' if not queue and not obj.length else 'closing')
    elif obj.kind == snapshots.OBJECT_MUTEX:
        facts.append(describe.holder_note(snapshot, obj) or 'free')
    site = snapshot.site_address(obj.site)
    if site:
        facts.append('made in ' + places.current().describe(site))
    gdb.write('%s (id %d): %s\n' % (describe.object_title(snapshot, obj), obj.id,
                                    ', '.join(filter(None, facts))))
    for side in ((wait_graph.SENDERS, wait_graph.RECEIVERS)
                 if obj.kind == snapshots.OBJECT_CHANNEL else ()):
        users = wait_graph.known_users(snapshot, obj, side)
        if users:
            gdb.write('  %ss seen last: %s%s\n' % (
                side, describe.some(describe.label(snapshot, task) for task in users),
                ', and more' if wait_graph.has_more_users(obj, side) else ''))
    if not queue:
        gdb.write('  nobody waits\n')
        return
    write_rows(('  #', 'Tasklet', 'Age', 'Waits for', 'At'), (
        ('  %d' % number, describe.label(snapshot, task), duration(now.since(task.since)),
         snapshot.wait_name(kind), where(snapshot, task))
        for number, (task, kind) in enumerate(queue, 1)))


class InfoDeadlocks(Command):
    """Show tasklets that wait for each other, and who is stuck behind them.
Usage: info deadlocks

Every verdict says how sure it is:
certain  a cycle over mutexes and joins, each with a known holder, without deadline;
likely   all known users of each channel are themselves stuck in it;
maybe    nobody was seen who could wake it."""

    name = 'info deadlocks'

    def run(self, argument, _from_tty):
        if argument:
            raise gdb.GdbError('Usage: info deadlocks')
        if snapshots.is_running():
            raise gdb.GdbError('Threads of the program run: interrupt all of them first.')
        snapshot = snapshots.take()
        write_verdicts(snapshot)


def write_verdicts(snapshot):
    if not snapshot.has_wakes:
        gdb.write('The runtime does not say who wakes whom: no verdict is possible.\n')
        return
    now = clock.Clock(snapshot)
    verdicts = waits.find(snapshot)
    for verdict in verdicts:
        gdb.write('%s%s: %s\n' % (waits.NAMES[verdict.level], _held(now, verdict),
                                  verdict.headline(snapshot)))
        shown = verdict.members[:max(verdict.cycle_count, _MOST_MEMBERS)]
        for task in shown:
            gdb.write('  %s: %s\n' % (describe.title(snapshot, task), '; '.join(
                filter(None, (waits.reason(snapshot, task), where(snapshot, task))))))
        if len(shown) < len(verdict.members):
            gdb.write('  and %d more\n' % (len(verdict.members) - len(shown)))
        if verdict.behind:
            gdb.write('  stuck behind: %s\n' % describe.some(
                (describe.label(snapshot, task) for task in verdict.behind), _MOST_MEMBERS))
    if all(verdict.level == wait_graph.MAYBE for verdict in verdicts):
        gdb.write('No deadlock is known.\n')


def _held(now, verdict):
    """Since when all of it holds: the youngest wait."""
    ages = [now.since(task.since) for task in verdict.members]
    return ', for ' + duration(min(ages)) if ages and None not in ages else ''


class InfoTaskletEvents(Command):
    """Show the latest events of the tasklets, oldest first.
Usage: info tasklet-events [-all] [N]

The last N (default 20): of the selected tasklet, else, or with -all, of all.
There are none when tracing was off (TASKLET_TRACE=off)."""

    name = 'info tasklet-events'

    def run(self, argument, _from_tty):
        words = gdb.string_to_argv(argument)
        everybody = '-all' in words
        words = [word for word in words if word != '-all']
        if len(words) > 1 or words and not (words[0].isascii() and words[0].isdigit()):
            raise gdb.GdbError('Usage: info tasklet-events [-all] [N]')
        most = min(int(words[0]), 1 << 20) if words else 20
        chosen = None if everybody or selection.selected is None else selection.selected.task
        events.write(snapshots.take(), most, chosen)


def register():
    places.register()
    InfoTasklets()
    InfoTasklet()
    InfoChannels()
    InfoDeadlocks()
    InfoTaskletEvents()
