#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the runtime does to its process: stack overflows with each guard, forks, static linking.

    process.py [BUILD]        BUILD (default build) has tests/programs/accident, lib and bin/tldump
"""
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build')
PROGRAM = os.path.join(BUILD, 'tests/programs/accident')
TLDUMP = os.path.join(BUILD, 'bin/tldump')
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
DEADLINE_S = 60
passed = failed = 0


def check(name, good, told=''):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f'FAIL {name}: {told}')


def run(which, folder, **environment):
    def cores():
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    return subprocess.run([PROGRAM, which], cwd=folder, preexec_fn=cores, timeout=60,
                          env={**os.environ, **environment}, capture_output=True, text=True)


def trace_of_core(folder):
    """What gdb sees in the core that the kernel wrote there; where its pattern leads elsewhere, or cores
    are forbidden, what it sees when the program dies under it."""
    cores = [f for f in os.listdir(folder) if f.startswith('core')]
    command = ['gdb', '-nx', '-batch', '-ex', 'bt -5', PROGRAM, os.path.join(folder, cores[0])] \
        if cores else \
        ['gdb', '-nx', '-batch', '-ex', 'run', '-ex', 'bt -5', '--args', PROGRAM, 'recurse']
    return subprocess.run(command, capture_output=True, text=True).stdout, bool(cores)


def overflow(guard):
    with tempfile.TemporaryDirectory() as folder:
        done = run('recurse', folder, TASKLET_GUARD=guard)
        name = f'overflow, {guard}'
        check(f'{name}: dies of SIGSEGV', done.returncode == -signal.SIGSEGV, done.returncode)
        lines = done.stderr.splitlines()
        check(f'{name}: one line, which names it and is safe', len(lines) == 1 and re.fullmatch(
            r'tasklet: stack overflow in tasklet 3 "over\?flow", below its low end, at 0x[0-9a-f]+',
            lines[0]), done.stderr)
        with open('/proc/sys/kernel/core_pattern', encoding='utf-8') as pattern:
            here = not pattern.read().startswith(('|', '/'))
        trace, is_core = trace_of_core(folder)
        allowed = resource.getrlimit(resource.RLIMIT_CORE)[1] != 0
        check(f'{name}: a core, where one may be', is_core or not (here and allowed))
        check(f'{name}: with the true stack', 'recursing' in trace and 'recurse (' in trace, trace)


def leap(guard):
    with tempfile.TemporaryDirectory() as folder:
        done = run('leap', folder, TASKLET_GUARD=guard)
        name = f'leap over the guard, {guard}'
        check(f'{name}: aborts', done.returncode == -signal.SIGABRT, f'{done.returncode} {done.stderr}')
        check(f'{name}: names the one above', re.match(
            # with a guard the check comes now and then: it may have ended
            r'tasklet: stack overflow in tasklet (3|\(ended\)) "over\?flow", into its neighbour\'s stack at 0x',
            done.stderr), done.stderr)


def handler():
    with tempfile.TemporaryDirectory() as folder:
        done = run('handler', folder)
        check('a handler of the program is still called', done.returncode == 7 and
              done.stderr.splitlines()[-1] == "the program's handler" and
              'stack overflow in tasklet 3' in done.stderr, f'{done.returncode} {done.stderr}')


def fork(which):
    with tempfile.TemporaryDirectory() as folder:
        done = run(which, folder, TASKLET_CLOCK='virtual')
        check(f'{which}: both go on', done.returncode == 0, f'{done.returncode} {done.stderr}')
        sides = dict(re.findall(r'^(parent|child) (tasklet \d+ inode \d+ count \d+)$', done.stdout, re.M))
        check(f'{which}: both spoke', set(sides) == {'parent', 'child'}, done.stdout)
        if len(sides) == 2:
            parent, child = (re.findall(r'\d+', sides[s]) for s in ('parent', 'child'))
            check(f'{which}: the same tasklet and run count', parent[0] == child[0] and
                  parent[2] == child[2], sides)
            check(f'{which}: a segment of its own', '0' not in (parent[1], child[1]) and
                  parent[1] != child[1], sides)
        if which == 'fork-lost':
            check('fork-lost: the child knows whom it lost',
                  re.search(r'far +lost in fork', done.stdout), done.stdout)


def backtraces(pid):
    """Each tasklet's, once all of them wait and have one; else the last try."""
    end = time.monotonic() + DEADLINE_S
    while True:
        done = subprocess.run([TLDUMP, 'bt', '--json', str(pid)], capture_output=True, text=True,
                              timeout=DEADLINE_S)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        if len(rows) == 6 and all(row.get('backtrace') == 'complete' for row in rows):
            return rows
        if time.monotonic() > end:
            return rows
        time.sleep(0.02)


def static(name, *flags):
    """A fully static program has no .eh_frame_hdr, and still whole backtraces."""
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, 'philosophers')
        subprocess.run([os.environ.get('CC', 'gcc'), '-std=gnu11', '-g', '-Og', *flags,
                        '-I', os.path.join(ROOT, 'lib'), '-o', program,
                        os.path.join(ROOT, 'docs/examples/philosophers.c'),
                        os.path.join(BUILD, 'lib/libtasklet.a')], check=True)
        headers = subprocess.run(['readelf', '-lW', program], capture_output=True, text=True).stdout
        check(f'{name}: without a table', 'LOAD' in headers and 'GNU_EH_FRAME' not in headers,
              headers)
        process = subprocess.Popen([program], stdout=subprocess.DEVNULL, env=os.environ | {
            'TASKLET_CLOCK': 'real'})
        try:
            rows = backtraces(process.pid)
        finally:
            process.kill()
            process.wait()
        check(f'{name}: all have backtraces', sorted(row['name'] for row in rows) ==
              ['main'] + [f'philosopher/{i}' for i in range(1, 6)], rows)
        for row in rows:
            who = f'{name}: {row["name"]}'
            check(f'{who} is complete', row['backtrace'] == 'complete', row)
            functions = [frame['function'] for frame in row['frames']]
            if '-s' in flags:
                check(f'{who} has frames', len(functions) >= 5, functions)
                continue
            first, last = ('main', '_start') if row['name'] == 'main' else ('philosopher_main',
                                                                            'tl_entry')
            check(f'{who} from {last}', first in functions and functions[-1] == last, functions)


def main():
    for guard in ('install', 'protect', 'canary'):
        overflow(guard)
    for guard in ('install', 'protect', 'canary'):
        leap(guard)
    handler()
    fork('fork')
    fork('fork-lost')
    static('static', '-static')
    static('static, stripped', '-static', '-s')
    print(f'process: {passed} passed, {failed} failed, 0 skipped')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
