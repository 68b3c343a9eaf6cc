#!/usr/bin/env python3
"""Run every test and add up what they say.

A suite is a command line in tests/suites: NAME, a colon, the command, with {build} for the build folder.  It must
print a last line `NAME: N passed, N failed, N skipped`; one that does not, or that ends with a status that its
count does not explain, has failed.  Skips are failures too, but for those that tests/SKIPS lists with a reason.
"""
import argparse
import os
import re
import signal
import subprocess
import sys
import time

COUNT = re.compile(r'^\S.*?: (\d+) passed, (\d+) failed, (\d+) skipped$')
HERE = os.path.dirname(os.path.abspath(__file__))


def read_list(path):
    with open(path, encoding='utf-8') as lines:
        for line in lines:
            line = line.split('#', 1)[0].strip()
            if line:
                yield tuple(part.strip() for part in line.split(':', 1))


def run(name, command, limit):
    """Its output and status; None: it took too long."""
    process = subprocess.Popen(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=limit)
        return output.decode('utf-8', 'replace'), process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return output.decode('utf-8', 'replace') + f'\n{name}: stopped after {limit} s\n', None


def counts(output):
    """The sum of all count lines, or None when there is none."""
    found = [tuple(map(int, m.groups())) for m in map(COUNT.match, output.splitlines()) if m]
    return tuple(map(sum, zip(*found))) if found else None


def main():
    parser = argparse.ArgumentParser(description='run every test')
    parser.add_argument('--build', default='build', help='the build folder')
    parser.add_argument('--suites', default=os.path.join(HERE, 'suites'))
    parser.add_argument('--limit', type=float, default=600, help='seconds a suite may take')
    parser.add_argument('only', nargs='*', help='names of suites; default: all')
    arguments = parser.parse_args()
    allowed = dict(read_list(os.path.join(HERE, 'SKIPS')))
    total = [0, 0, 0]
    for name, command in read_list(arguments.suites):
        if arguments.only and name not in arguments.only:
            continue
        start = time.monotonic()
        output, status = run(name, command.replace('{build}', arguments.build), arguments.limit)
        passed, failed, skipped = counts(output) or (0, 0, 0)
        if counts(output) is None or (status != 0 and not failed):
            failed += 1
        if skipped and name not in allowed:
            failed += skipped
        print(f'{name:28} {passed:5} passed {failed:4} failed {skipped:4} skipped '
              f'{time.monotonic() - start:7.1f} s', flush=True)
        if failed:
            print(output.rstrip('\n')[-20000:], flush=True)
        total = [a + b for a, b in zip(total, (passed, failed, skipped))]
    print('{} passed, {} failed, {} skipped'.format(*total))
    return 1 if total[1] or not total[0] else 0


if __name__ == '__main__':
    sys.exit(main())
