# SPDX-License-Identifier: MIT
"""What runs: which program with which workload, how often, against whom.

The runs of a group alternate: round after round, each program that takes part runs once, in an
order that rotates.  A program that no bar compares takes part in some of the rounds.
"""

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

PAIRS = 30  # rounds of what a bar compares

# Which repetitions of a process count for a bench.
ALL, FIRST, LATER = "all", "first", "later"
PARTS = {ALL: slice(None), FIRST: slice(0, 1), LATER: slice(1, None)}


@dataclass(frozen=True)
class Run:
    who: str
    trace: str
    workload: str
    n: int               # as the program gets it
    operations: int
    repetitions: int
    rounds: int
    gives: tuple         # ((bench, n as shown, which repetitions), ...)
    unit: str = "ns"
    seconds: float = 0.2  # roughly, for a process: what takes long is left out of a quick run

    def benches(self):
        return [bench for bench, _, _ in self.gives]


@dataclass(frozen=True)
class Group:
    name: str
    runs: tuple


def _gives(workload, n, gives):
    return tuple(gives) if gives else ((workload, n, ALL),)


def ours(workload, n, operations, repetitions, rounds=PAIRS, gives=None, **more):
    return [Run("tasklet", trace, workload, n, operations, repetitions, rounds,
                _gives(workload, n, gives), **more) for trace in ("full", "off")]


def peer(who, workload, n, operations, repetitions, rounds=5, gives=None, **more):
    return [Run(who, "off", workload, n, operations, repetitions, rounds,
                _gives(workload, n, gives), **more)]


def _group(name, *runs):
    return Group(name, tuple(run for some in runs for run in some))


MILLION = 1_000_000
FIRST_AND_LATER = (("spawn_1m_first", MILLION, FIRST), ("spawn_1m_later", MILLION, LATER))
FIRST_ALONE = (("spawn_1m_first", MILLION, FIRST),)
STREAM, STREAM64 = (("stream", 2, ALL),), (("stream64", 2, ALL),)
# Go has one order, its own: new goroutines wait while their creator goes on.
SKYNET_GO = (("skynet_at_once", MILLION, ALL), ("skynet_queued", MILLION, ALL))


def groups():
    return [
        _group("yield",
               *(ours("yield", n, MILLION, 5) for n in (2, 100, 10_000)),
               ours("yield", 100_000, MILLION, 5, seconds=0.6),
               ours("yield_shuffled", 10_000, MILLION, 5),
               *(ours(f"yield_{kind}", 100, MILLION, 5) for kind in ("sites8", "deep1", "deep5")),
               peer("boost.fiber", "yield", 100, MILLION, 5, rounds=PAIRS),
               *(peer(who, "yield", n, 300_000, 3)
                 for who in ("go", "st") for n in (2, 100, 10_000)),
               *(peer("boost.fiber", "yield", n, 300_000, 3) for n in (2, 10_000)),
               *(peer(who, "yield", 100_000, 300_000, 3, rounds=3, seconds=1)
                 for who in ("go", "boost.fiber", "st")),
               *(peer("pth", "yield", n, 10_000, 3) for n in (2, 100))),
        _group("channel",
               ours("channel", 2, MILLION, 3),
               ours("stream", 0, MILLION, 3, gives=STREAM),
               ours("stream", 64, MILLION, 3, gives=STREAM64),
               ours("ring503", 503, 500_000, 3),
               ours("mutex", 1, MILLION, 3),
               peer("go", "channel", 2, 300_000, 3, rounds=PAIRS),
               *(peer(who, "channel", 2, 300_000, 3) for who in ("boost.fiber", "st")),
               *(peer(who, "stream", 0, 300_000, 3, gives=STREAM)
                 for who in ("go", "boost.fiber", "st")),
               *(peer(who, "stream", 64, 300_000, 3, gives=STREAM64)
                 for who in ("go", "boost.fiber", "st")),
               *(peer(who, "ring503", 503, 300_000, 3) for who in ("go", "boost.fiber", "st")),
               *(peer(who, "mutex", 1, MILLION, 3) for who in ("go", "boost.fiber", "st")),
               peer("pth", "channel", 2, 10_000, 3),
               peer("pth", "ring503", 503, 503, 3),
               peer("pth", "mutex", 1, 100_000, 3)),
        _group("spawn",
               ours("spawn", 1, 500_000, 5),
               peer("go", "spawn", 1, 200_000, 3, rounds=PAIRS),
               *(peer(who, "spawn", 1, 200_000, 3) for who in ("boost.fiber", "st")),
               peer("pth", "spawn", 1, 5_000, 3)),
        _group("spawn_1m",
               ours("spawn_1m", MILLION, 1, 4, rounds=10, gives=FIRST_AND_LATER, seconds=0.3),
               peer("go", "spawn_1m", MILLION, 1, 3, rounds=3, gives=FIRST_AND_LATER, seconds=2.5),
               peer("st", "spawn_1m", MILLION, 1, 2, rounds=1, gives=FIRST_AND_LATER, seconds=6),
               peer("boost.fiber", "spawn_1m", MILLION, 1, 1, rounds=1, gives=FIRST_ALONE,
                    seconds=12)),
        _group("skynet",
               ours("skynet_at_once", MILLION, 1, 3, unit="ms"),
               ours("skynet_queued", MILLION, 1, 1, unit="ms", seconds=0.5),
               peer("go", "skynet_queued", MILLION, 1, 1, rounds=PAIRS, gives=SKYNET_GO, unit="ms",
                    seconds=0.8),
               ours("skynet_rendezvous", MILLION, 1, 1, rounds=2, unit="ms", seconds=8),
               peer("go", "skynet_rendezvous", MILLION, 1, 1, rounds=2, unit="ms", seconds=0.8),
               peer("boost.fiber", "skynet_at_once", MILLION, 1, 1, rounds=3, unit="ms",
                    seconds=2.5),
               peer("boost.fiber", "skynet_queued", MILLION, 1, 1, rounds=1, unit="ms", seconds=8),
               peer("boost.fiber", "skynet_rendezvous", MILLION, 1, 1, rounds=1, unit="ms",
                    seconds=13),
               peer("st", "skynet_queued", MILLION, 1, 1, rounds=1, unit="ms", seconds=6)),
        _group("memory",
               ours("parked_bytes", 100_000, 1, 1, rounds=3, unit="bytes", seconds=0.5),
               ours("parked_bytes", MILLION, 1, 1, rounds=1, unit="bytes", seconds=2.5),
               ours("queued_bytes", MILLION, 1, 1, rounds=3, unit="bytes"),
               *(peer(who, "parked_bytes", 100_000, 1, 1, rounds=1, unit="bytes", seconds=1)
                 for who in ("go", "boost.fiber", "st")),
               *(peer(who, "parked_bytes", MILLION, 1, 1, rounds=1, unit="bytes", seconds=5)
                 for who in ("go", "boost.fiber", "st"))),
    ]


QUICK_PAIRS, QUICK_SECONDS = 3, 2.5


def select(plan, pattern=None, pairs=PAIRS, quick=False, peers=True):
    """The plan with the benches that match the pattern, with as many rounds as asked for."""
    chosen = []
    for group in plan:
        runs = []
        for run in group.runs:
            if pattern and not any(fnmatchcase(b, pattern) for b in run.benches()):
                continue
            if not peers and run.who != "tasklet":
                continue
            if quick and run.who != "tasklet" and run.seconds > QUICK_SECONDS:
                continue
            rounds = pairs if run.rounds == PAIRS else min(run.rounds, pairs)
            runs.append(replace(run, rounds=rounds))
        if runs:
            chosen.append(Group(group.name, tuple(runs)))
    return chosen


def schedule(group):
    """[(round, run), ...]: the order in which a group's programs run."""
    rounds = max(run.rounds for run in group.runs)
    order = []
    for r in range(rounds):
        turn = [run for run in group.runs
                if r * run.rounds // rounds != (r - 1) * run.rounds // rounds]
        start = r % len(turn)
        order += [(r, run) for run in turn[start:] + turn[:start]]
    return order
