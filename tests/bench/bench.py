#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench.py: measures tasklet beside its peers, and says which bars are missed.

Our programs and the peers' run pinned to one CPU, alternated; plan.py says which and how often,
bars.py what must be reached, tools.py how the tools are measured.  Exit status: 0 all bars hold,
1 some do not (or could not be judged), 2 bad usage, or something does not build.
"""

import argparse
import os
import sys
import time

sys.dont_write_bytecode = True  # the source tree stays as it is

import bars
import plan
import programs
import report
import tools
from figures import Key, Results, Sample


def arguments():
    parser = argparse.ArgumentParser(description="measure tasklet beside its peers")
    parser.add_argument("--build", default="build", help="the build folder (default: build)")
    parser.add_argument("--only", metavar="PATTERN", help="only benches that match, as 'yield*'")
    parser.add_argument("--pairs", type=int, default=plan.PAIRS, metavar="N",
                        help=f"rounds of what a bar compares (default {plan.PAIRS})")
    parser.add_argument("--quick", action="store_true",
                        help=f"{plan.QUICK_PAIRS} pairs, nothing slow: a smoke test")
    parser.add_argument("--against", metavar="DIR",
                        help="also run ours with the libtasklet.so in DIR, and compare")
    parser.add_argument("--no-peers", action="store_true", help="ours alone")
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)),
                        help="the CPU to pin to (default: the last one)")
    parser.add_argument("--list", action="store_true", help="show what would run, and the bars")
    options = parser.parse_args()
    if options.pairs < 1:
        parser.error("--pairs: at least 1")
    if options.quick:
        options.pairs = min(options.pairs, plan.QUICK_PAIRS)
    return options


def planned_keys(groups):
    return {Key(bench, n, run.who, run.trace)
            for group in groups for run in group.runs for bench, n, _ in run.gives}


def show(groups, tool_benches, the_bars):
    for group in groups:
        for run in group.runs:
            print(f"{group.name:<10} {run.who:<12} {run.trace:<5} {'/'.join(run.benches()):<32} "
                  f"n={run.n:<8} {run.rounds} rounds")
    for bench in tool_benches:
        print(f"{'tools':<10} {bench}")
    for bar in the_bars:
        print("bar       ", bar.text)


class Bench:
    def __init__(self, options):
        self.options = options
        self.results = Results()
        library = os.path.join(options.build, "lib")
        self.programs = programs.Programs(os.path.join(options.build, "bench"), library)
        self.out = set()  # who cannot run at all, and runs that failed once
        self.started = time.monotonic()
        self.load = os.getloadavg()[0]

    def progress(self, text):
        seconds = int(time.monotonic() - self.started)
        print(f"[{seconds // 60}:{seconds % 60:02}] {text}", file=sys.stderr, flush=True)

    def build(self, groups):
        for who in sorted({run.who for group in groups for run in group.runs}):
            try:
                self.programs.build(who)
            except programs.Missing as missing:
                self.out.add(who)
                self.results.missing.append(str(missing))
                self.progress(str(missing))

    def run_group(self, group):
        order = plan.schedule(group)
        rounds = order[-1][0] + 1
        self.progress(f"{group.name}: {len(group.runs)} programs, {rounds} rounds")
        last = -1
        for r, run in order:
            if r % 10 == 0 and r != last and r:
                self.progress(f"{group.name}: round {r} of {rounds}")
            last = r
            if run.who in self.out or run in self.out:
                continue
            try:
                self.run_one(r, run)
            except programs.Failure as failure:
                self.out.add(run)
                self.results.missing.append(str(failure))
                self.progress(str(failure))

    def run_one(self, r, run):
        path = self.programs.path(run.who)
        self.keep(run, run.who, r, programs.run_once(path, run, self.options.cpu))
        if run.who == "tasklet" and self.options.against:
            other = programs.run_once(path, run, self.options.cpu, self.options.against)
            self.keep(run, report.AGAINST, r, other)

    def keep(self, run, who, r, output):
        rdtsc = output["rdtsc"][0] if output["rdtsc"] else 0.0
        calibration = output["calibration"][0] if output["calibration"] else 0.0
        for bench, n, part in run.gives:
            key = Key(bench, n, who, run.trace)
            figures = tuple(output["figure"][plan.PARTS[part]])
            self.results.add(key, run.unit, Sample(r, figures, rdtsc, calibration))
        if who == "tasklet":
            number = len(self.results.samples.get(Key("rdtsc", 1, "tasklet", "off"), ()))
            for bench, value in (("rdtsc", rdtsc), ("calibration", calibration)):
                self.results.add(Key(bench, 1, "tasklet", "off"), "ns", Sample(number, (value,)))

    def run_tools(self, benches):
        if benches:
            self.progress("tools: " + ", ".join(benches))
            tools.Tools(self.options, self.programs, self.results, self.progress).run(benches)


def main():
    options = arguments()
    groups = plan.select(plan.groups(), options.only, options.pairs, options.quick,
                         not options.no_peers)
    tool_benches = tools.select(options.only)
    planned = planned_keys(groups) | {tools.key(bench) for bench in tool_benches}
    the_bars = bars.relevant(bars.bars(), planned)
    if not planned:
        print(f"bench: no bench matches {options.only}", file=sys.stderr)
        return 2
    if options.list:
        show(groups, tool_benches, the_bars)
        return 0
    bench = Bench(options)
    try:
        bench.build(groups)
        for group in groups:
            bench.run_group(group)
        bench.run_tools(tool_benches)
    except programs.Failure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 2
    report.sort(bench.results)
    print("\n".join(report.table(bench.results)))
    judgements = [bar.judge(bench.results) for bar in the_bars]
    print("\n" + "\n".join(report.judged(judgements)))
    with open(os.path.join(options.build, "bench", "results.json"), "w") as out:
        out.write(report.as_json(bench.results))
    load = os.getloadavg()[0]
    print(f"\nload average: {bench.load:.1f} before, {load:.1f} after; the bench alone makes 1")
    print("\n".join(report.closing(judgements, bench.results.missing)))
    return 0 if all(j.verdict is bars.Verdict.HOLDS for j in judgements) else 1


if __name__ == "__main__":
    sys.exit(main())
