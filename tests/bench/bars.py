# SPDX-License-Identifier: MIT
"""What the figures must reach.

A limit is one of: nanoseconds that scale with the calibration loop; a number of rdtscs and some
scaled nanoseconds on top (r = one rdtsc of the same process); a share of another's figure, paired
by round; or a plain number (bytes, percent, seconds).  Each bar is judged by a median.
"""

from dataclasses import dataclass
from enum import Enum

from figures import Key

MILLION = 1_000_000


class Verdict(Enum):
    HOLDS = "holds"
    MISSED = "MISSED"
    UNJUDGED = "UNJUDGED"  # something that it compares was not measured


@dataclass(frozen=True)
class Judgement:
    bar: "Bar"
    verdict: Verdict
    measured: float = 0.0
    limit: float = 0.0
    unit: str = ""
    reason: str = ""  # why it is unjudged


@dataclass(frozen=True)
class Bar:
    key: Key
    rdtscs: float = 0.0
    plus_ns: float = 0.0
    share: float = 0.0
    other: Key = None
    plain: float = 0.0

    @property
    def text(self):
        k = self.key
        name = f"{k.bench} n={k.n} {k.trace}"
        if self.other:
            o = self.other
            against = o.who if o.who != k.who else f"n={o.n}"
            return f"{name} <= {self.share:g} of {against}'s"
        if self.plain:
            return f"{name} <= {self.plain:g}"
        if self.rdtscs:
            return f"{name} <= {self.rdtscs:g} r + {self.plus_ns:g}"
        return f"{name} <= {self.plus_ns:g}"

    def keys(self):
        return [self.key] + ([self.other] if self.other else [])

    def limit_of(self, sample):
        if self.plain:
            return self.plain
        return self.rdtscs * sample.rdtsc_ns + self.plus_ns * sample.scale

    def judge(self, results):
        absent = [k for k in self.keys() if not results.has(k)]
        if absent:
            names = ", ".join(f"{k.who} {k.bench} n={k.n}" for k in absent)
            return Judgement(self, Verdict.UNJUDGED, reason=f"not measured: {names}")
        if self.other:
            ratio = results.ratio(self.key, self.other)
            if ratio is None:
                return Judgement(self, Verdict.UNJUDGED, reason="never ran in the same round")
            return self._verdict(ratio.median, self.share, "x")
        measured = results.summary(self.key).median
        of_limit = results.of_limit(self.key, self.limit_of).median
        return self._verdict(measured, measured / of_limit, results.units[self.key.bench])

    def _verdict(self, measured, limit, unit):
        holds = measured <= limit
        return Judgement(self, Verdict.HOLDS if holds else Verdict.MISSED, measured, limit, unit)


def _ours(bench, n, trace):
    return Key(bench, n, "tasklet", trace)


def _absolute(bench, n, trace, ns):
    return Bar(_ours(bench, n, trace), plus_ns=ns)


def _clocked(bench, n, rdtscs, plus_ns):
    return Bar(_ours(bench, n, "full"), rdtscs=rdtscs, plus_ns=plus_ns)


def _share(bench, n, trace, share, who):
    return Bar(_ours(bench, n, trace), share=share, other=Key(bench, n, who, "off"))


def _growth(n, share):
    return Bar(_ours("yield", n, "full"), share=share, other=_ours("yield", 100, "full"))


def _plain(bench, n, limit):
    return Bar(_ours(bench, n, "full"), plain=limit)


def bars():
    return [
        _absolute("yield", 100, "off", 6.5),
        _share("yield", 100, "off", 0.3, "boost.fiber"),
        _clocked("yield", 100, 1, 3),
        _growth(10_000, 1.3),
        _growth(100_000, 1.7),
        _absolute("yield_deep1", 100, "off", 8),
        _absolute("yield_deep5", 100, "off", 11),
        _clocked("yield_deep5", 100, 1, 5),
        _absolute("yield_sites8", 100, "off", 7.5),
        _absolute("channel", 2, "off", 16),
        _clocked("channel", 2, 2, 6),
        _share("channel", 2, "full", 0.3, "go"),
        _absolute("stream", 2, "off", 18),
        _absolute("stream64", 2, "off", 11),
        _absolute("stream64", 2, "full", 11),
        _clocked("ring503", 503, 2, 6),
        _absolute("spawn", 1, "off", 18),
        _clocked("spawn", 1, 3, 6),
        _share("spawn", 1, "full", 0.3, "go"),
        _absolute("spawn_1m_first", MILLION, "off", 200),
        _absolute("spawn_1m_first", MILLION, "full", 200),
        _absolute("mutex", 1, "off", 6),
        _absolute("mutex", 1, "full", 6),
        _share("skynet_at_once", MILLION, "full", 0.1, "go"),
        _share("skynet_queued", MILLION, "full", 0.75, "go"),
        _plain("parked_bytes", MILLION, 4.45 * 1024),
        _plain("queued_bytes", MILLION, 200),
        _plain("tltop_cpu", 100_000, 15),
        _plain("tltop_slowdown", 100_000, 2),
        _plain("tldump_ps", 100_000, 1),
        _plain("tldump_bt_group", 100_000, 2),
        _plain("gdb_info_tasklets", 100_000, 2),
    ]


def relevant(all_bars, planned):
    """The bars that speak of what is planned: of a part of the plan only the bars of that part."""
    return [bar for bar in all_bars if bar.key in planned]
