#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Golden screens: what the viewer draws after the keys of each case.

    run.py [--update] SCREENS [CASE...]

SCREENS is the program built from screens.c.  CASE.keys goes in, CASE.screen is expected; --update writes it
(then read the difference as code).  Besides: no key of any screen is dead, and every key of every screen
is pressed by some case; and keys, clicks and sizes at random.
"""
import difflib
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def run_case(program, case, pressed, folder):
    environment = dict(os.environ, SCREENS_PRESSED=pressed)
    done = subprocess.run([program, os.path.join(HERE, case + ".keys")], capture_output=True, timeout=60,
                          env=environment, cwd=folder)
    if done.returncode or done.stderr:
        return None, f"status {done.returncode}: {done.stderr.decode(errors='replace').strip()}"
    return done.stdout.decode("utf-8"), None


def compare(case, shown, update):
    path = os.path.join(HERE, case + ".screen")
    if update:
        with open(path, "w", encoding="utf-8") as file:
            file.write(shown)
        return None
    try:
        with open(path, encoding="utf-8") as file:
            expected = file.read()
    except FileNotFoundError:
        return f"there is no {case}.screen: --update writes it"
    if expected == shown:
        return None
    return "\n" + "".join(difflib.unified_diff(expected.splitlines(True), shown.splitlines(True),
                                               "expected", "shown"))


def unpressed(program, pressed):
    listed = subprocess.run([program, "--keys"], capture_output=True, text=True, check=True).stdout
    with open(pressed, encoding="utf-8") as file:
        done = set(file.read().splitlines())
    return sorted(set(listed.splitlines()) - done)


def main():
    arguments = sys.argv[1:]
    update = "--update" in arguments
    arguments = [argument for argument in arguments if argument != "--update"]
    if not arguments:
        sys.exit(__doc__)
    program = os.path.abspath(arguments[0])
    cases = arguments[1:] or sorted(name[:-5] for name in os.listdir(HERE) if name.endswith(".keys"))
    passed = failed = 0

    def report(name, problem):
        nonlocal passed, failed
        if problem:
            failed += 1
            print(f"FAIL {name}: {problem}")
        else:
            passed += 1

    with tempfile.TemporaryDirectory() as folder:
        pressed = os.path.join(folder, "pressed")
        for case in cases:
            with tempfile.TemporaryDirectory() as place:
                shown, problem = run_case(program, case, pressed, place)
            report(case, problem or compare(case, shown, update))
        if not arguments[1:]:
            missing = unpressed(program, pressed)
            report("every key is pressed in some case", ", ".join(missing).replace("\t", " "))
            done = subprocess.run([program, "--every-key"], capture_output=True, text=True, cwd=folder)
            report("no key is dead", done.returncode and done.stdout + done.stderr)
            for seed in range(1, 9):
                done = subprocess.run([program, "--monkey", str(seed)], capture_output=True, text=True, cwd=folder,
                                      timeout=300)
                report(f"keys at random, seed {seed}", (done.returncode or done.stderr) and
                       f"status {done.returncode}\n{done.stderr[-3000:]}")
    print(f"screens: {passed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if failed else 0)


main()
