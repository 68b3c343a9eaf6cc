#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the gdb cases: each CASE.gdb is a list of gdb commands whose output must be CASE.expect.

Comments at the top of CASE.gdb say what is run, one directive a line:

    # program: FILE       relative to this folder (default: CASE.c)
    # arguments: WORDS    of the program
    # environment: A=B    of the program (default: TASKLET_CLOCK=virtual)
    # modes: MODE...      how gdb looks at it (default: live): live core attach plain installed
                          truncated, see targets.py
    # builds: BUILD...    default: shared-O0; {shared,static}-{O0,O2}[-stripped], or all
    # break: FUNCTION     live: where to stop; for programs without look.h
    # wait-for: TEXT      attach, core: what it prints when it is time; for those, too
    # disturbed: yes      what it prints and returns is not compared with a run that nobody sees

Every combination of modes and builds is one test, and has the same expectation, but stripped
builds, which have CASE.shared-stripped.expect and CASE.static-stripped.expect.  What
would differ from machine to machine is masked (mask.py).  A program
that was looked at alive must print and return what it does when nobody looks.

    run.py [--build DIR] [--update] [CASE…]

ends with one line: gdb: N passed, N failed, N skipped.
"""

import argparse
import concurrent.futures
import difflib
import os
import pathlib
import subprocess
import sys
import traceback

import mask
import targets

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILDS = [link + level + strip for link in ('shared', 'static') for level in ('-O0', '-O2')
          for strip in ('', '-stripped')]
GDB_SECONDS = 300
MARKER = '==== transcript ===='     # of drive.py


class Failure(Exception):
    """A test did not do what it should: what went wrong."""


class Case:
    def __init__(self, path):
        self.path, self.name = path, path.stem
        self.directives = {'program': self.name + '.c', 'modes': 'live', 'builds': 'shared-O0',
                           'arguments': '', 'environment': 'TASKLET_CLOCK=virtual', 'break': '',
                           'wait-for': '', 'disturbed': ''}
        for line in path.read_text().splitlines():
            key, colon, value = line[1:].strip().partition(': ')
            if not line.startswith('#'):
                break
            if colon and key in self.directives:
                self.directives[key] = value.strip()
        self.modes = self.directives['modes'].split()
        builds = self.directives['builds'].split()
        self.builds = BUILDS if builds == ['all'] else builds

    def expectation(self, build):
        link, _, *strip = build.split('-')
        return self.path.with_suffix('.%s-stripped.expect' % link if strip else '.expect')


def run_gdb(case, target, options):
    """The transcript of the case's commands (drive.py)."""
    environment = dict(os.environ, DRIVE_SCRIPT=str(case.path), LC_ALL='C.UTF-8',
                       TLDUMP=str(options.library.parent / 'bin' / 'tldump'),
                       DRIVE_START='\n'.join(target.start_commands()),
                       DRIVE_END='\n'.join(target.end_commands()))
    command = ['gdb', '-nx', '-batch', '-iex', 'set debuginfod enabled off',
               '-iex', 'set style enabled off',
               *target.loader_arguments(), '-x', str(HERE / 'drive.py'), *target.gdb_arguments()]
    result = subprocess.run(command, env=environment, cwd=target.folder, text=True,
                            errors='replace', stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, timeout=GDB_SECONDS)
    for word in 'Traceback', 'Python Exception', 'Error occurred in Python', 'internal-error':
        if word in result.stdout + result.stderr:
            raise Failure('gdb printed:\n%s\n%s' % (result.stdout, result.stderr))
    parts = result.stdout.split(MARKER)
    if len(parts) != 3 or parts[2].strip('\n').startswith('(gdb)'):
        raise Failure('gdb printed:\n%s\n%s' % (result.stdout, result.stderr))
    return parts[1].lstrip('\n')


def run_one(case, mode, build, options):
    target = targets.make(case.name, mode, case.directives, build, options)
    with target:
        got = mask.mask(run_gdb(case, target, options))
        if case.directives['disturbed'] != 'yes':
            target.check_undisturbed()
    expectation = case.expectation(build)
    if options.update:
        if (mode, build) in options.updated.setdefault(expectation, [(mode, build)]):
            expectation.write_text(got)
    expected = expectation.read_text() if expectation.exists() else ''
    if got != expected:
        raise Failure(''.join(difflib.unified_diff(
            expected.splitlines(True), got.splitlines(True), expectation.name, 'got')))


def attempt(case, mode, build, options):
    """Run one test; '' or, printed already, what was wrong."""
    try:
        run_one(case, mode, build, options)
        return ''
    except (Failure, targets.TargetError) as error:
        complaint = str(error)
    except Exception:  # pylint: disable=broad-except
        complaint = traceback.format_exc()
    print('FAIL %s/%s/%s\n%s' % (case.name, mode, build, complaint), flush=True)
    return complaint


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--build', type=pathlib.Path, default=ROOT / 'build',
                        help='where lib/ is; programs are built and run in tests/gdb/ there')
    parser.add_argument('--update', action='store_true', help='write the expectations anew')
    parser.add_argument('cases', nargs='*', help='CASE, CASE/MODE or CASE/MODE/BUILD')
    options = parser.parse_args()
    options.updated = {}
    options.library = options.build.resolve() / 'lib'
    options.out = options.build.resolve() / 'tests' / 'gdb'
    wanted = [name.split('/') for name in options.cases]

    tests = [(case, mode, build) for case in map(Case, sorted(HERE.glob('*.gdb')))
             for mode in case.modes for build in case.builds]
    if wanted:
        tests = [(case, mode, build) for case, mode, build in tests
                 if any([case.name, mode, build][:len(want)] == want for want in wanted)]
    with concurrent.futures.ThreadPoolExecutor(1 if options.update else os.cpu_count()) as pool:
        complaints = list(pool.map(lambda test: attempt(*test, options), tests))
    failed = sum(map(bool, complaints))
    passed = len(tests) - failed
    print('gdb: %d passed, %d failed, 0 skipped' % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
