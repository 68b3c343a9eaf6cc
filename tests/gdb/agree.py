# SPDX-License-Identifier: MIT
"""Inside gdb: our verdicts must be those of `tldump check` on the same stopped process."""

import json
import os
import subprocess

import gdb

from tasklet import snapshot, waits


def ours():
    return sorted((waits.NAMES[verdict.level], [task.id for task in verdict.members],
                   sorted(task.id for task in verdict.behind))
                  for verdict in waits.find(snapshot.take()))


def theirs():
    result = subprocess.run([os.environ['TLDUMP'], 'check', '--json',
                             '%d' % gdb.selected_inferior().pid], stdout=subprocess.PIPE, text=True)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    return sorted((verdict['verdict'], [task['id'] for task in verdict['members']],
                   sorted(task['id'] for task in verdict['behind']))
                  for verdict in found if 'verdict' in verdict)


def compare(seeds):
    counts = {}
    for seed in seeds:
        gdb.execute('run %d > /dev/null' % seed, to_string=True)
        left, right = ours(), theirs()
        if left != right:
            print('seed %d\n  gdb    %s\n  tldump %s' % (seed, left, right))
        for verdict in left:
            counts[verdict[0]] = counts.get(verdict[0], 0) + 1
    print('agreed on every one: ' + ', '.join(
        '%d %s' % (counts[kind], kind) for kind in sorted(counts)))
