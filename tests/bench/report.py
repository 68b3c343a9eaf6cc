# SPDX-License-Identifier: MIT
"""What a run prints and writes: the table, the bars, results.json."""

import json

import tools
from bars import Verdict
from figures import Key

AGAINST = "against"  # our programs with another build of the library; not in results.json

HEAD = (f"{'bench':<18} {'n':>8} {'who':<12} {'trace':<5} {'q1':>9} {'median':>9} {'q3':>9} "
        f"{'min':>9} {'unit':<6}{'runs':>4}  of tasklet, full (q1 - q3)")


def _number(value):
    return f"{value:9.2f}" if abs(value) < 10_000 else f"{value:9.0f}"


def _ratio(results, key):
    base = Key(key.bench, key.n, "tasklet", "full")
    if key.who == AGAINST:
        base = Key(key.bench, key.n, "tasklet", key.trace)
    if key == base or not results.has(base):
        return ""
    ratio = results.ratio(key, base)
    return f"{ratio.median:7.2f} ({ratio.low:.2f} - {ratio.high:.2f})" if ratio else ""


def table(results):
    lines = [HEAD]
    last = None
    for key in results.samples:
        s = results.summary(key)
        if last not in (None, key.bench):
            lines.append("")
        last = key.bench
        lines.append(f"{key.bench:<18} {key.n:>8} {key.who:<12} {key.trace:<5} {_number(s.low)} "
                     f"{_number(s.median)} {_number(s.high)} {_number(s.min)} "
                     f"{results.units[key.bench]:<6}{s.count:>4}  {_ratio(results, key)}".rstrip())
    return lines


def judged(judgements):
    lines = []
    for j in judgements:
        if j.verdict is Verdict.UNJUDGED:
            lines.append(f"{j.verdict.value:<9} {j.bar.text}: {j.reason}")
        else:
            unit = "" if j.unit == "x" else f" {j.unit}"
            lines.append(f"{j.verdict.value:<9} {j.bar.text}: {j.measured:.3g}{unit}, "
                         f"limit {j.limit:.3g}{unit}")
    return lines


def closing(judgements, missing):
    """Last lines: who could not take part, and every bar that does not hold."""
    lines = [f"not measured: {what}" for what in dict.fromkeys(missing)]
    for verdict in (Verdict.MISSED, Verdict.UNJUDGED):
        names = [j.bar.text for j in judgements if j.verdict is verdict]
        lines += [f"{verdict.value.lower()}: {name}" for name in names]
    held = sum(j.verdict is Verdict.HOLDS for j in judgements)
    lines.append(f"{held} of {len(judgements)} bars hold")
    return lines


def as_json(results):
    rows = []
    for key in results.samples:
        if key.who == AGAINST or key.bench in tools.BENCHES:
            continue
        s = results.summary(key)
        rows.append({"bench": key.bench, "n": key.n, "who": key.who, "trace": key.trace,
                     "median": round(s.median, 4), "min": round(s.min, 4),
                     "unit": results.units[key.bench]})
    return json.dumps(rows, indent=1) + "\n"


def sort(results):
    """Benches in the order of the plan, the machine's own last; within one by n, ours first."""
    order = {"rdtsc": len(results.samples), "calibration": len(results.samples) + 1}
    for key in results.samples:
        order.setdefault(key.bench, len(order))
    who = {"tasklet": 0, AGAINST: 1}
    results.samples = dict(sorted(results.samples.items(), key=lambda item: (
        order[item[0].bench], item[0].n, who.get(item[0].who, 2), item[0].who,
        item[0].trace == "off")))
