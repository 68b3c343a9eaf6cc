#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The driver's arithmetic: quartiles, pairing, limits, verdicts, the plan; and its output."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True  # the source tree stays as it is

import bars
import plan
import programs
import report
import tools
from bars import Bar, Verdict
from figures import CALIBRATION_REFERENCE_NS, Key, Results, Sample, Summary, quantile

OFF = Key("yield", 100, "tasklet", "off")
FULL = Key("yield", 100, "tasklet", "full")
PEER = Key("yield", 100, "go", "off")


def results_of(series, rdtsc_ns=9.3, calibration_ns=CALIBRATION_REFERENCE_NS):
    """Results with {key: [figure of round 0, of round 1, ...]}; None: did not run in that round."""
    results = Results()
    for key, values in series.items():
        for r, value in enumerate(values):
            if value is not None:
                results.add(key, "ns", Sample(r, (value,), rdtsc_ns, calibration_ns))
    return results


class Figures(unittest.TestCase):
    def test_quantiles_interpolate(self):
        self.assertEqual(quantile([4, 1, 3, 2], 0.5), 2.5)
        self.assertEqual(quantile([1, 2, 3, 4, 5], 0.25), 2)
        self.assertEqual(quantile([10, 20], 0.75), 17.5)
        self.assertEqual(quantile([7], 0.25), 7)
        self.assertEqual(quantile([1, 2, 3], 1.0), 3)
        with self.assertRaises(ValueError):
            quantile([], 0.5)

    def test_a_process_counts_once_and_the_minimum_is_of_all_repetitions(self):
        results = Results()
        results.add(OFF, "ns", Sample(0, (9.0, 5.0, 6.0)))
        results.add(OFF, "ns", Sample(1, (8.0,)))
        self.assertEqual(results.summary(OFF), Summary(6.5, 7.0, 7.5, 5.0, 2))

    def test_ratios_are_paired_by_round(self):
        # The second round was ten times slower for both: no ratio shows it.
        results = results_of({FULL: [10, 100, None, 10], PEER: [20, 200, 1, 40]})
        ratio = results.ratio(FULL, PEER)
        self.assertEqual((ratio.median, ratio.min, ratio.count), (0.5, 0.25, 3))

    def test_no_shared_round_gives_no_ratio(self):
        self.assertIsNone(results_of({FULL: [1, None], PEER: [None, 1]}).ratio(FULL, PEER))


class Limits(unittest.TestCase):
    def verdict(self, bar, series, **machine):
        return bar.judge(results_of(series, **machine)).verdict

    def test_nanoseconds_scale_with_the_calibration_loop(self):
        bar = Bar(OFF, plus_ns=6.5)
        self.assertIs(self.verdict(bar, {OFF: [6.4]}), Verdict.HOLDS)
        self.assertIs(self.verdict(bar, {OFF: [6.6]}), Verdict.MISSED)
        slow = 2 * CALIBRATION_REFERENCE_NS
        self.assertIs(self.verdict(bar, {OFF: [12.9]}, calibration_ns=slow), Verdict.HOLDS)
        self.assertIs(self.verdict(bar, {OFF: [13.1]}, calibration_ns=slow), Verdict.MISSED)

    def test_rdtscs_are_those_of_the_process(self):
        bar = Bar(FULL, rdtscs=2, plus_ns=6)
        self.assertIs(self.verdict(bar, {FULL: [24.5]}), Verdict.HOLDS)
        self.assertIs(self.verdict(bar, {FULL: [24.7]}), Verdict.MISSED)
        self.assertIs(self.verdict(bar, {FULL: [45.9]}, rdtsc_ns=20), Verdict.HOLDS)
        self.assertIs(self.verdict(bar, {FULL: [46.1]}, rdtsc_ns=20), Verdict.MISSED)

    def test_one_bad_process_does_not_decide(self):
        bar = Bar(OFF, plus_ns=6.5)
        self.assertIs(self.verdict(bar, {OFF: [5, 5, 50]}), Verdict.HOLDS)
        self.assertIs(self.verdict(bar, {OFF: [5, 50, 50]}), Verdict.MISSED)

    def test_shares_of_another(self):
        bar = Bar(FULL, share=0.3, other=PEER)
        self.assertIs(self.verdict(bar, {FULL: [29], PEER: [100]}), Verdict.HOLDS)
        self.assertIs(self.verdict(bar, {FULL: [31], PEER: [100]}), Verdict.MISSED)

    def test_plain_limits_do_not_scale(self):
        bar = Bar(FULL, plain=200)
        slow = 2 * CALIBRATION_REFERENCE_NS
        self.assertIs(self.verdict(bar, {FULL: [201]}, calibration_ns=slow), Verdict.MISSED)
        self.assertIs(self.verdict(bar, {FULL: [200]}), Verdict.HOLDS)

    def test_what_was_not_measured_is_unjudged_and_named(self):
        judgement = Bar(FULL, share=0.3, other=PEER).judge(results_of({FULL: [1]}))
        self.assertIs(judgement.verdict, Verdict.UNJUDGED)
        self.assertIn("go yield n=100", judgement.reason)
        self.assertIs(Bar(FULL, share=1, other=PEER).judge(
            results_of({FULL: [1, None], PEER: [None, 1]})).verdict, Verdict.UNJUDGED)


class Plan(unittest.TestCase):
    def keys(self):
        return {Key(bench, n, run.who, run.trace)
                for group in plan.groups() for run in group.runs for bench, n, _ in run.gives}

    def test_every_bar_speaks_of_something_that_runs(self):
        known = self.keys() | {tools.key(bench) for bench in tools.BENCHES}
        for bar in bars.bars():
            for key in bar.keys():
                self.assertIn(key, known)

    def test_what_a_bar_compares_runs_in_all_pairs(self):
        rounds = {Key(bench, n, run.who, run.trace): run.rounds
                  for group in plan.groups() for run in group.runs for bench, n, _ in run.gives}
        for bar in bars.bars():
            if bar.other:
                self.assertGreaterEqual(plan.PAIRS, 30)
                self.assertEqual([rounds[k] for k in bar.keys()], [plan.PAIRS] * 2)

    def test_groups_alternate(self):
        often = plan.peer("go", "yield", 2, 1, 1, rounds=6)[0]
        seldom = plan.peer("st", "yield", 2, 1, 1, rounds=2)[0]
        order = plan.schedule(plan.Group("x", (often, seldom)))
        self.assertEqual([r for r, run in order if run is often], list(range(6)))
        self.assertEqual([r for r, run in order if run is seldom], [0, 3])
        self.assertNotEqual([run for r, run in order if r == 0],
                            [run for r, run in order if r == 3])

    def test_selection(self):
        chosen = plan.select(plan.groups(), "spawn_1m_*", pairs=4)
        self.assertEqual({run.workload for g in chosen for run in g.runs}, {"spawn_1m"})
        self.assertLessEqual(max(run.rounds for g in chosen for run in g.runs), 4)
        quick = plan.select(plan.groups(), quick=True, pairs=3)
        self.assertTrue(any(run.seconds > plan.QUICK_SECONDS
                            for g in plan.groups() for run in g.runs))
        self.assertTrue(all(run.who == "tasklet" or run.seconds <= plan.QUICK_SECONDS
                            for g in quick for run in g.runs))
        alone = plan.select(plan.groups(), peers=False)
        self.assertEqual({run.who for g in alone for run in g.runs}, {"tasklet"})

    def test_a_part_has_only_its_own_bars(self):
        chosen = plan.select(plan.groups(), "mutex")
        planned = {Key(b, n, run.who, run.trace)
                   for g in chosen for run in g.runs for b, n, _ in run.gives}
        self.assertEqual({bar.key.bench for bar in bars.relevant(bars.bars(), planned)}, {"mutex"})


class Output(unittest.TestCase):
    def test_results_json(self):
        results = results_of({FULL: [10, 12, 11], PEER: [50.12346]})
        results.add(Key("yield", 100, report.AGAINST, "full"), "ns", Sample(0, (1.0,)))
        results.add(tools.key("tltop_cpu"), "%", Sample(0, (3.0,)))
        self.assertEqual(json.loads(report.as_json(results)), [
            {"bench": "yield", "n": 100, "who": "tasklet", "trace": "full", "median": 11, "min": 10,
             "unit": "ns"},
            {"bench": "yield", "n": 100, "who": "go", "trace": "off", "median": 50.1235,
             "min": 50.1235, "unit": "ns"}])

    def test_missed_bars_and_absent_peers_are_named(self):
        results = results_of({FULL: [40], PEER: [100]})
        judgements = [bar.judge(results) for bar in (
            Bar(FULL, share=0.3, other=PEER), Bar(FULL, plain=50), Bar(OFF, plus_ns=1))]
        lines = report.closing(judgements, ["st is not installed", "st is not installed"])
        self.assertEqual(lines, ["not measured: st is not installed",
                                 "missed: yield n=100 full <= 0.3 of go's",
                                 "unjudged: yield n=100 off <= 1", "1 of 3 bars hold"])

    def test_the_table_has_a_line_for_each_key(self):
        results = results_of({PEER: [50, 60], OFF: [5, 5], FULL: [10, 10]})
        report.sort(results)
        lines = report.table(results)[1:]
        self.assertEqual([line.split()[2:4] for line in lines],
                         [["tasklet", "full"], ["tasklet", "off"], ["go", "off"]])
        self.assertIn("5.50 (5.25 - 5.75)", lines[2])

    def test_slowdown(self):
        self.assertEqual(tools.slowdown_percent([(99, 100), (100, 100)]),
                         [100 * (1 - 0.99), 0])


class Programs(unittest.TestCase):
    """One run of a program, here a script."""

    def run_script(self, body, repetitions=2):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "program")
            with open(path, "w") as out:
                out.write("#!/bin/sh\n" + body)
            os.chmod(path, 0o755)
            run = plan.ours("yield", 2, 10, repetitions)[1]
            return programs.run_once(path, run, min(os.sched_getaffinity(0)))

    def test_figures_are_read(self):
        out = self.run_script("echo rdtsc 9.3; echo figure $#; echo figure $2\n"
                              "test $TASKLET_TRACE = off\n")
        self.assertEqual(out, {"figure": [4.0, 2.0], "calibration": [], "rdtsc": [9.3]})

    def test_failures_say_what_and_how(self):
        for body, how in (("echo no room >&2; exit 3\n", "exit 3: no room"),
                          ("kill -SEGV $$\n", "signal 11"), ("echo figure 1\n", "1 figures")):
            with self.assertRaises(programs.Failure) as caught:
                self.run_script(body)
            self.assertIn(how, str(caught.exception))

    def test_a_peer_that_is_not_installed_is_missing(self):
        with tempfile.TemporaryDirectory() as folder:
            built = programs.Programs(folder, folder)
            programs.C_PEERS["absent"] = ([], "no/such/header.h", "libabsent-dev", [])
            try:
                with self.assertRaisesRegex(programs.Missing, "absent.*libabsent-dev"):
                    built.build("absent")
            finally:
                del programs.C_PEERS["absent"]
            with self.assertRaisesRegex(programs.Failure, "run make first"):
                built.build("tasklet")


class CommandLine(unittest.TestCase):
    def call(self, *words):
        return subprocess.run([sys.executable, os.path.join(HERE, "bench.py"), *words],
                              capture_output=True, text=True)

    def test_list_and_bad_usage(self):
        done = self.call("--list", "--only", "mutex")
        self.assertEqual(done.returncode, 0)
        self.assertIn("mutex n=1 full <= 6", done.stdout)
        for words in (["--only", "nothing"], ["--pairs", "0"], ["--what"]):
            done = self.call(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertTrue(done.stderr)


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(suite)
    failed, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    passed = result.testsRun - failed - skipped
    print(f"bench-driver: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
