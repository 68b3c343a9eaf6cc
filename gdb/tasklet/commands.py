# SPDX-License-Identifier: MIT
"""`tasklet`, `tasklet N [COMMAND]`, `tasklet apply`, `tasklet none`, and $_tasklet()."""

import re

import gdb

from . import describe, listings, selection, snapshot as snapshots, threads
from .command import Command
from .listings import complete_ids, current_task, find
from .segment import SegmentError


class Tasklet(Command):
    """Select a tasklet, to see its frames in place of its thread's, or run a command in it.
Usage: tasklet [ID|NAME [COMMAND]]

  tasklet               tell which one is selected, and what it does
  tasklet 41            select tasklet 41: backtrace, up, down, frame, info locals,
                        print ... then act on its stack
  tasklet 41 bt full    do that once, and keep what is selected
  tasklet none          back to the thread's own frames

A tasklet is selected until the program continues, another thread is selected, or
"tasklet none".  Its innermost frame is #1: frame #0 is the thread's, and hidden.  What
would step or pop frames is refused meanwhile.  A running tasklet is its thread: to
select it selects the thread.  "info tasklets" lists ids and names."""

    name = 'tasklet'
    kind = gdb.COMMAND_STACK
    is_prefix = True

    def complete(self, text, _word):
        return complete_ids(text) if ' ' not in text else gdb.COMPLETE_COMMAND

    def run(self, argument, from_tty):
        snapshot = snapshots.take()
        if not argument:
            _tell(snapshot)
            return
        who, command = _first_word(argument)
        task = find(snapshot, who)
        if command:
            with selection.within(snapshot, task):
                gdb.execute(command, from_tty)
            return
        selection.select(snapshot, task)
        gdb.write('[Switching to tasklet %s (%s)]\n' % (
            describe.title(snapshot, task), describe.summary(snapshot, task)))
        gdb.execute('frame')


def _first_word(text):
    """(the first word, maybe in quotes; the rest)."""
    found = re.match(r'\s*("(?:[^"\\]|\\.)*"|\'[^\']*\'|\S+)\s*(.*)', text, re.DOTALL)
    return found.groups() if found else ('', '')


def _tell(snapshot):
    thread = gdb.selected_thread()
    if selection.selected() is None and thread is not None:
        scheduler, task = threads.running_on(snapshot, thread)
        if scheduler is None:
            gdb.write('[%s runs no tasklets]\n' % threads.describe(thread))
            return
        if task is None:
            gdb.write('[No tasklet is selected; %s is idle]\n' % threads.describe(thread))
            return
    listings.write_details(snapshot, current_task(snapshot))


class TaskletNone(Command):
    """Deselect the tasklet: show the thread's own frames again.
Usage: tasklet none"""

    name = 'tasklet none'
    kind = gdb.COMMAND_STACK

    def run(self, argument, _from_tty):
        if argument:
            raise gdb.GdbError('Usage: tasklet none')
        selection.deselect()
        try:
            gdb.newest_frame().select()
            gdb.execute('frame')
        except gdb.error:
            pass    # no process, or it runs: nothing to show


class TaskletApply(Command):
    """Run a command in several tasklets, by id.
Usage: tasklet apply [-q] [-s] all|ID... COMMAND

An ID is a number or a range: tasklet apply 1 4-7 bt 3.
-q  do not print which tasklet it is
-s  be silent about tasklets in which the command fails, or that have no stack
Flags may follow the list, too, as in "thread apply".
An error of COMMAND is shown, and the next tasklet has its turn."""

    name = 'tasklet apply'
    kind = gdb.COMMAND_STACK

    def complete(self, text, _word):
        return ['all'] if 'all'.startswith(text) and text else gdb.COMPLETE_COMMAND

    def run(self, argument, from_tty):
        flags, ranges, command = _parse_apply(argument)
        snapshot = snapshots.take()
        for task in _in_ranges(snapshot, ranges):
            header = '' if '-q' in flags else '\nTasklet %s (%s):\n' % (
                describe.title(snapshot, task), describe.summary(snapshot, task))
            try:
                with selection.within(snapshot, task):
                    if '-s' not in flags:
                        gdb.write(header)
                        gdb.execute(command, from_tty)
                        continue
                    output = gdb.execute(command, from_tty, to_string=True)
                    if output:
                        gdb.write(header + output)
            except SegmentError as error:
                if '-s' not in flags:
                    gdb.write('%s%s\n' % (header, error))
            except gdb.error as error:
                if '-s' not in flags:
                    gdb.write('%s\n' % error)
            if gdb.selected_thread() is None:
                break       # COMMAND ended the process


def _parse_apply(argument):
    """(flags, ranges or None for all, command).  Flags may stand on either side of the list."""
    flags, rest = _take_flags(argument)
    ranges, rest = _take_ranges(rest)
    more, rest = _take_flags(rest)
    if ranges == []:
        raise gdb.GdbError('Which tasklets?  Usage: tasklet apply [-q] [-s] all|ID... COMMAND')
    if not rest.strip():
        raise gdb.GdbError('Please specify a command at the end of "tasklet apply".')
    return flags | more, ranges, rest


def _take_flags(text):
    flags = set()
    while True:
        word, after = _first_word(text)
        if word not in ('-q', '-s'):
            return flags, text
        flags.add(word)
        text = after


def _take_ranges(text):
    """(ranges, or None for all; the rest)."""
    ranges = []
    while True:
        word, after = _first_word(text)
        if word == 'all' and not ranges:
            return None, after
        if not re.fullmatch(r'[0-9]+(-[0-9]+)?', word):
            return ranges, text
        first, _, last = word.partition('-')
        ranges.append((int(first), int(last or first)))
        if last and int(last) < int(first):
            raise gdb.GdbError('Inverted range: %s.' % word)
        text = after


def _in_ranges(snapshot, ranges):
    if ranges is None:
        return snapshot.tasks
    chosen = {}
    for first, last in ranges:
        if first == last and first not in snapshot.task_by_id:
            gdb.write('There is no tasklet %d.\n' % first)
        chosen.update((task.id, task) for task in snapshot.tasks if first <= task.id <= last)
    return [chosen[task_id] for task_id in sorted(chosen)]


class TaskletId(gdb.Function):
    """$_tasklet(): the id of the selected tasklet, or of the one that runs on this thread; 0: none.
Usage: $_tasklet ()
For conditions: break flush_page if $_tasklet() == 41"""

    def __init__(self):
        super().__init__('_tasklet')

    def invoke(self):
        task = _current_or_none()
        return task.id if task else 0


class TaskletName(gdb.Function):
    """$_tasklet_name(): the name of the selected tasklet, or of the one that runs on this thread.
Usage: $_tasklet_name ()
For conditions: break flush_page if $_streq($_tasklet_name(), "flush")"""

    def __init__(self):
        super().__init__('_tasklet_name')

    def invoke(self):
        task = _current_or_none()
        return snapshots.take().task_name(task) if task else ''


def _current_or_none():
    try:
        return current_task(snapshots.take())
    except SegmentError:
        return None


def register():
    Tasklet()
    TaskletNone()
    TaskletApply()
    TaskletId()
    TaskletName()
