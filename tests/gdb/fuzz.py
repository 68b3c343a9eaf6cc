# SPDX-License-Identifier: MIT
"""Inside gdb: changes the segment of a stopped program at random, again and again, and runs every
command.

A command may complain; it may not fail in Python, hang, or be confused once the segment is whole
again."""

import random
import time

import gdb

from tasklet import locate, snapshot

COMMANDS = ('info tasklets', 'info tasklets -state waiting', 'info tasklet 2', 'tasklet 3 bt -full',
            'tasklet', 'tasklet apply -q all bt 3', 'info channels', 'info channels jobs',
            'info deadlocks', 'info tasklet-events 30', 'tasklet 4', 'bt', 'tasklet none',
            'output $_tasklet()', 'output $_tasklet_name()')
VALUES = (0, 1, 2, 0x7f, 0xff, 0x8000, 0xffff, 0x7fffffff, 0xffffffff, 1 << 40, (1 << 63) - 1,
          (1 << 64) - 1)
SECONDS = 20        # for one command: far more than it takes


def regions(segment):
    """(address, bytes) of what the commands read."""
    header = segment.read_header()
    counts = {'header': None, 'schedulers': 1, 'records': header['record_high'], 'runtimes': 1,
              'bases': header['record_high'], 'labels': header['record_high'], 'occupancy': 1,
              'objects': header['object_high'], 'slabs': header['slab_high'], 'layouts': 1,
              'sites': header['site_high'], 'strings': 1, 'rings': 32, 'rare_rings': 32}
    yield segment.address, 64                   # twice: what leads to all the rest
    for name, count in counts.items():
        section = segment.sections[name]
        yield section.address, 12288 if count is None else count * section.entry_bytes


def mutate(places):
    for _ in range(random.choice((1, 1, 1, 2, 8, 64))):
        address, count = random.choice(places)
        width = random.choice((1, 2, 4, 8))
        at = address + random.randrange(max(1, count - 8)) // width * width
        value = random.choice((random.getrandbits(64), random.choice(VALUES)))
        data = (value & (1 << 8 * width) - 1).to_bytes(width, 'little')
        gdb.selected_inferior().write_memory(at, data)


def forget():
    locate.forget()
    snapshot.forget()


def attempt_all(name):
    """Run every command; how many complained.  One that fails otherwise is told."""
    complaints = 0
    for command in COMMANDS:
        forget()
        began = time.process_time()
        try:
            gdb.execute(command, to_string=True)
        except gdb.error as error:
            complaints += 1
            if 'Python' in str(error):
                print('%s, %s: %s' % (name, command, error))
        if time.process_time() - began > SECONDS:
            print('%s, %s: took %.1f s' % (name, command, time.process_time() - began))
    return complaints


def run(rounds, seed=1):
    random.seed(seed)
    places = list(regions(locate.find_segment()))
    inferior = gdb.selected_inferior()
    whole = [(address, bytes(inferior.read_memory(address, count))) for address, count in places]
    before = [gdb.execute(command, to_string=True) for command in COMMANDS[:3]]
    complaints = 0
    for number in range(rounds):
        mutate(places)
        complaints += attempt_all('round %d' % number)
        for address, data in whole:
            inferior.write_memory(address, data)
        forget()
    after = [gdb.execute(command, to_string=True) for command in COMMANDS[:3]]
    print('%d rounds; %s; %s' % (
        rounds, 'some complaints' if complaints else 'no complaint at all?',
        'all is as it was' if after == before else 'something stayed behind'))
