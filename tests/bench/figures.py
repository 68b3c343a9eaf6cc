# SPDX-License-Identifier: MIT
"""Figures of many runs, and what is computed from them: quartiles, minima and paired ratios.

A *key* names what was measured: (bench, n, who, trace).  A *sample* is what one process gave for
a key: its figures, the round in which it ran, and the rdtsc and the calibration loop of the same
process.  Two keys are compared round by round, so that what the machine does to both cancels out.
"""

from dataclasses import dataclass, field

# The limits were set where one rdtsc takes 9.3 ns, on a machine of the kind (Zen 5, a virtual
# machine) where it takes 6.4 steps of the calibration loop (measured: 6.2 to 6.6, median 6.40).
# Hence what a step took there.
CALIBRATION_REFERENCE_NS = 9.3 / 6.40


@dataclass(frozen=True)
class Key:
    bench: str
    n: int
    who: str
    trace: str


@dataclass(frozen=True)
class Sample:
    round: int
    figures: tuple
    rdtsc_ns: float = 0.0
    calibration_ns: float = 0.0

    @property
    def figure(self):
        """One process counts once, however often it repeated."""
        return quantile(self.figures, 0.5)

    @property
    def scale(self):
        """How much slower than the reference the core was."""
        return self.calibration_ns / CALIBRATION_REFERENCE_NS


def quantile(values, q):
    """The q-quantile, interpolated between neighbours."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    place = q * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclass(frozen=True)
class Summary:
    low: float
    median: float
    high: float
    min: float
    count: int

    @staticmethod
    def of(values):
        values = list(values)
        return Summary(quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75),
                       min(values), len(values))


@dataclass
class Results:
    samples: dict = field(default_factory=dict)  # Key -> [Sample]
    units: dict = field(default_factory=dict)    # bench -> unit
    missing: list = field(default_factory=list)  # who or what could not run, and why

    def add(self, key, unit, sample):
        self.samples.setdefault(key, []).append(sample)
        self.units[key.bench] = unit

    def has(self, key):
        return key in self.samples

    def summary(self, key):
        """Of the processes' figures; the minimum is that of all repetitions."""
        samples = self.samples[key]
        summary = Summary.of(s.figure for s in samples)
        smallest = min(min(s.figures) for s in samples)
        return Summary(summary.low, summary.median, summary.high, smallest, summary.count)

    def ratio(self, key, other):
        """The Summary of key's figure over other's, round by round; None: they share no round."""
        mine = {s.round: s.figure for s in self.samples[key]}
        theirs = {s.round: s.figure for s in self.samples[other]}
        shared = [mine[r] / theirs[r] for r in mine if theirs.get(r)]
        return Summary.of(shared) if shared else None

    def of_limit(self, key, limit):
        """The Summary of each sample's figure over limit(sample)."""
        return Summary.of(s.figure / limit(s) for s in self.samples[key])
