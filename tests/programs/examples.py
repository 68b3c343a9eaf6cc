#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run every example as its reader would: all options, bad arguments, exit statuses, output.

    examples.py [DIRECTORY [TEST...]]      where the examples are; default build/examples, all tests
    UNDER="valgrind -q --error-exitcode=99" examples.py        each of them under another program

Time is virtual, but for what is looked at while it runs.  The screen of the simulation runs in a
tmux server of its own.  Waiting is always for a state, with a deadline.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

DIRECTORY = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build/examples")
TLDUMP = os.path.join(DIRECTORY, "../bin/tldump")
DEADLINE_S = 120  # of anything; under valgrind on a loaded machine a second can be long

UNDER = os.environ.get("UNDER", "").split()
passed, failed, skipped = 0, 0, 0


def report(name, problem):
    global passed, failed
    if problem:
        failed += 1
        print(f"FAIL {name}: {problem}")
    else:
        passed += 1


def skip(name, why):
    global skipped
    skipped += 1
    print(f"SKIP {name}: {why}")


def environment(**more):
    env = {k: v for k, v in os.environ.items() if not k.startswith("TASKLET_") or k in KEPT}
    return {**env, "TASKLET_CLOCK": "virtual", "LC_ALL": "C.UTF-8", **more}


KEPT = ("TASKLET_TRACE", "TASKLET_GUARD")  # a caller may run all this under either


def run(command, **env):
    """Exit status, standard output, standard error; the command's first word is an example."""
    return run_words(program(command), environment(**env))


def program(command):
    """The words to run an example by."""
    name, *arguments = command.split()
    return [*UNDER, os.path.join(DIRECTORY, name), *arguments]


def run_words(words, env=None):
    try:
        done = subprocess.run(words, env=env, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=DEADLINE_S)
    except subprocess.TimeoutExpired:
        return f"none: it did not end within {DEADLINE_S} s", "", ""
    return done.returncode, done.stdout, done.stderr


def expect(command, status, stdout="", stderr="", **env):
    """`stdout` and `stderr` are patterns for all of the text (re.fullmatch, with DOTALL)."""
    got = run(command, **env)
    problem = None
    if got[0] != status:
        problem = f"exit status {got[0]}, not {status}; {got[2].strip()}"
    elif not re.fullmatch(stdout, got[1], re.DOTALL):
        problem = f"standard output is {got[1]!r}"
    elif not re.fullmatch(stderr, got[2], re.DOTALL):
        problem = f"standard error is {got[2]!r}"
    report(command, problem)
    return got[1]


def wait_until(condition):
    """What `condition` returns, once that is true; else its last result."""
    end = time.monotonic() + DEADLINE_S
    while not (result := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return result


# ---- hello, bossworker

def test_help():
    for name in ("hello", "bossworker", "philosophers", "simulation"):
        expect(f"{name} --help", 0, stdout=rf"Usage: {name} \[.*\n")


def test_bad_arguments():
    expect("hello --loud", 2, stderr=".*unexpected argument '--loud'; try --help\n")
    for bad in ("bossworker extra", "philosophers extra", "simulation extra"):
        expect(bad, 2, stderr=".*unexpected argument 'extra'; try --help\n")
    for bad in ("bossworker --x", "philosophers -x", "simulation --x"):
        expect(bad, 2, stderr=".*(unrecognized|invalid) option.*\n")
    for bad in ("bossworker --jobs", "philosophers --seats", "simulation --seed"):
        expect(bad, 2, stderr=".*requires an argument\n")
    for option, *values in (
            ("bossworker --workers", "0", "100001", "-1", "4x", "", " 4", "99999999999999999999"),
            ("bossworker --jobs", "0", "100001", "many"),
            ("bossworker --pause", "60001", "1.5"),
            ("philosophers --seats", "1", "100001", "five"),
            ("philosophers --guests", "-1", "100001"),
            ("philosophers --rounds", "0", "1000001"),
            ("philosophers --linger", "1000001", "1e3"),
            ("simulation --actors", "4", "1000001", "x"),
            ("simulation --seconds", "0", "1000001"),
            ("simulation --seed", "4294967296", "-1")):
        for value in values:
            name, flag = option.split()
            got = run_words([*program(name), flag, value], environment())
            what = f"{flag}: '{re.escape(value)}' is not a number from "
            said = re.fullmatch(rf".*{what}\d+ to \d+\n", got[2])
            report(f"{option} '{value}'", None if got[0] == 2 and said and not got[1]
                   else f"exit status {got[0]}, {got[2]!r}")


def test_hello():
    expect("hello", 0, stdout="".join(line + "\n" for line in (
        "host: hello, Ann", "host: hello, Bob", "host: hello, world",
        "Ann: nice to be here", "Bob: nice to be here", "world: nice to be here",
        "Ann: goodbye", "Bob: goodbye", "world: goodbye", "host: that was everybody")))
    expect("hello Eve", 0, stdout="host: hello, Eve\nEve: nice to be here\nEve: goodbye\n"
                                  "host: that was everybody\n")


def test_bossworker():
    for command, workers, jobs, primes in (("bossworker", 4, 20, 2262),
                                           ("bossworker -w 1 -j 1", 1, 1, 168),
                                           ("bossworker -w 1 -j 20", 1, 20, 2262),
                                           ("bossworker --workers 1000 --jobs 10", 1000, 10, 1229),
                                           ("bossworker -w 3 -j 100 --pause 1000", 3, 100, 9592)):
        out = expect(command, 0, stdout=rf"(worker/\d+ did \d+ jobs\n){{{workers}}}"
                                        rf"{primes} primes below {jobs}000\n")
        done = [int(n) for n in re.findall(r"did (\d+) jobs", out)]
        report(f"{command}: every job once", None if sum(done) == jobs else f"jobs done: {done}")
    paused = [int(n) for n in re.findall(r"did (\d+) jobs", run("bossworker -w 4 -j 80 -p 5")[1])]
    report("bossworker: a worker who rests leaves jobs to others",
           None if paused == [20, 20, 20, 20] else f"jobs done: {paused}")


# ---- philosophers

def test_philosophers():
    closed = r"deadlock: philosopher/{} is about to wait, and that closes the circle\n"
    look = r"stuck: {0} of {0} wait.*tltop \d+ .*tldump check \d+\n.*info deadlocks'\n.*seconds.*\n"
    for options, seats, rounds in (("", 5, 3), ("-s 2 -r 1", 2, 1), ("--guests 7", 5, 3),
                                   ("--seats 100 --rounds 10", 100, 10), ("--linger 0", 5, 3)):
        first = f"{seats} philosophers; forks are {{}}; everybody takes the {{}} fork first\n"
        stuck = look.format(seats) + f"1 went hungry, {(seats - 1) * rounds} meals were eaten\n"
        eaten = f"0 went hungry, {seats * rounds} meals were eaten\n"
        expect(f"philosophers {options}", 3,
               stdout=first.format("mutexes", "left") + closed.format(seats) + stuck)
        expect(f"philosophers --channels {options}", 3,
               stdout=first.format("channels", "left") + stuck)
        expect(f"philosophers --ordered {options}", 0,
               stdout=first.format("mutexes", "lower") + eaten)
        expect(f"philosophers -c -o {options}", 0,
               stdout=first.format("channels", "lower") + eaten)


def test_philosophers_stay():
    philosophers_stay("", "certain")
    philosophers_stay("--channels", "likely")


def philosophers_stay(options, verdict):
    """In real time they stay stuck for as long as one likes, and tldump tells it."""
    name = f"philosophers {options} stays"
    process = subprocess.Popen(program(f"philosophers {options}"), stdout=subprocess.PIPE, text=True,
                               env=environment(TASKLET_CLOCK="real"))
    try:
        for line in process.stdout:
            if line.startswith("In "):
                break
        stays = line.startswith("In ") and process.poll() is None
        report(name, None if stays else f"said {line!r}")
        if not os.path.exists(TLDUMP):
            skip(f"{name}: tldump check", "no tldump here")
            return
        status, out, err = run_words([TLDUMP, "check", str(process.pid)])
        report(f"{name}: tldump check", None if status == 3 and verdict in out
               else f"exit status {status}: {out}{err}")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


# ---- simulation

SUMMARY = (r"(\d+) actors, seed (\d+), (\d+)\.0 s\n"
           r"  ants +(\d+) live, (\d+) were born, (\d+) died\n"
           r"  orders +(\d+), and (\d+) reports, (\d+) of food\n  strides +(\d+)\n  meals +(\d+)\n")


def test_simulation():
    for actors, seconds, seed in ((5, 3, 0), (24, 60, 1), (300, 30, 2), (2000, 10, 4294967295)):
        command = f"simulation --headless -a {actors} -s {seconds} -S {seed}"
        out = expect(command, 0, stdout=SUMMARY)
        match = re.fullmatch(SUMMARY, out)
        if not match:
            continue
        got = [int(n) for n in match.groups()]
        ants, born, died, orders, reports, food, strides, meals = got[3:]
        born_to = actors - 3 - (1 + actors // 20)
        problem = None
        if got[:3] != [seed if i else actors for i in range(2)] + [seconds]:
            problem = "says something else"
        elif ants != born_to + born - died:
            problem = f"{born_to} ants at first, and then {ants}, {born} born, {died} died"
        elif not orders >= reports >= food >= meals:
            problem = f"{orders} orders, {reports} reports, {food} of food, {meals} meals"
        elif seconds >= 30 and not (born and died and meals and strides > 1000):
            problem = "nothing happens"
        report(f"{command}: adds up", problem)


def test_simulation_repeats():
    command = "simulation --headless --actors 500 --seconds 40 --seed {}"
    first = run(command.format(7))
    report("simulation: a seed gives the same world again",
           None if run(command.format(7)) == first else "it does not")
    report("simulation: and without tracing", None
           if run(command.format(7), TASKLET_TRACE="off") == first else "not the same world")
    body = run(command.format(8))[1].split("\n")[1:]  # the first line names the seed
    report("simulation: another seed gives another one",
           None if body != first[1].split("\n")[1:] else "the same world")


def test_simulation_without_terminal():
    expect("simulation", 1, stderr=".*no terminal that curses knows; try --headless\n")
    expect("simulation --headless -a 10 -s 1", 0, stdout=SUMMARY, TERM="nonsense")


def test_too_many():
    for command in ("simulation", "simulation -H", "bossworker -w 100", "philosophers -s 100"):
        expect(f"{command}", 1, stdout=".*", TASKLET_MAX="50",
               stderr=".*(nurse/47|worker/49|philosopher/50): Resource temporarily unavailable\n")


class Terminal:
    """A command in a terminal of its own: a tmux server that nobody else uses."""

    def __init__(self, command, **env):
        self.directory = tempfile.TemporaryDirectory()
        settings = environment(TASKLET_CLOCK="real", **env)
        settings.pop("TMUX", None)
        exports = [f"{name}={settings[name]}" for name in ("LC_ALL", "TASKLET_CLOCK")]
        exports += [f"{name}={os.environ[name]}" for name in KEPT if name in os.environ]
        exports += [f"{name}={env[name]}" for name in env]
        script = f"env {' '.join(exports)} {' '.join(program(command))}; echo status $?; read end"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", script,
                  env={**settings, "LC_ALL": "C.UTF-8"})

    def tmux(self, *words, env=None):
        done = subprocess.run(["tmux", "-S", self.directory.name + "/socket", *words],
                              capture_output=True, text=True, env=env, timeout=DEADLINE_S)
        return done.stdout

    def screen(self):
        return self.tmux("capture-pane", "-p").rstrip("\n").split("\n")

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def resize(self, columns, rows):
        """Returns when the program can see the new size: tmux takes its time."""
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))
        with open(self.tmux("display-message", "-p", "#{pane_tty}").strip(), "rb") as tty:
            wait_until(lambda: os.get_terminal_size(tty.fileno()) == (columns, rows))

    def wait(self, name, condition):
        """`condition` looks at the lines of the screen."""
        ok = wait_until(lambda: condition(self.screen()))
        report(name, None if ok else "the screen is\n" + "\n".join(self.screen()))

    def close(self):
        self.tmux("kill-server")
        self.directory.cleanup()


def has(pattern, row=None):
    def condition(lines):
        where = lines if row is None else lines[row:row + 1]
        return any(re.search(pattern, line) for line in where)
    return condition


def half_a_second_later(terminal):
    """The picture, without title and counts, half a second of the simulation after now."""
    def seconds():
        match = re.search(r"(\d+\.\d) s", terminal.screen()[0])
        return float(match.group(1)) if match else 0

    now = seconds()
    wait_until(lambda: seconds() >= now + 0.5)
    return terminal.screen()[1:-1]


def test_screen():
    terminal = Terminal("simulation --actors 400")
    try:
        terminal.wait("screen: title", has(r"^ant hill  400 actors, seed 1, \d+\.\d s$", 0))
        terminal.wait("screen: ants in Braille", has("[\u2801-\u28ff]"))
        terminal.wait("screen: counts in the last line", has(r"^q quit  n night  out [1-9]", 23))
        for columns, rows in ((40, 10), (200, 60), (20, 3), (3, 2), (1, 1), (2, 40), (80, 24)):
            terminal.resize(columns, rows)
            last = "q quit  n"[:columns - 1].rstrip()
            terminal.wait(f"screen: {columns}x{rows}", lambda lines: len(lines) == rows
                          and lines[rows - 1].startswith(last))
        terminal.keys("n")
        terminal.wait("screen: night", has("night$", 0))
        terminal.wait("screen: n ends it", has("n day", 23))
        asleep = half_a_second_later(terminal)  # who was under way has stopped by now
        later = half_a_second_later(terminal)
        report("screen: all stand still", None if later == asleep else "they move")
        terminal.keys("n")
        terminal.wait("screen: day", has(r"\d s$", 0))
        terminal.wait("screen: they go on", lambda lines: lines[1:-1] != asleep)
        terminal.keys("q")
        terminal.wait("screen: q ends it, and a summary follows", has("^ *strides +[1-9]"))
        terminal.wait("screen: exit status", has("^status 0$"))
    finally:
        terminal.close()


def test_screen_ends():
    for name, command, keys in (("Ctrl-C", "simulation -a 50", ["C-c"]),
                                ("q at night", "simulation -a 50", ["n", "q"]),
                                ("--seconds", "simulation -a 50 -s 1", [])):
        terminal = Terminal(command)
        try:
            if keys:
                terminal.wait(f"screen, {name}: begins", has("^ant hill", 0))
            for key in keys:
                terminal.keys(key)
            terminal.wait(f"screen, {name}: ends", has("^status 0$"))
        finally:
            terminal.close()


def test_screen_ascii():
    terminal = Terminal("simulation -a 400", LC_ALL="C")
    try:
        terminal.wait("screen, ASCII: the hill", has("@"))
        terminal.wait("screen, ASCII: food", has("%"))
        terminal.keys("q")
        terminal.wait("screen, ASCII: ends", has("^status 0$"))
    finally:
        terminal.close()
    terminal = Terminal("simulation", TERM="nonsense")
    try:
        terminal.wait("screen: TERM unknown", has("no terminal that curses knows"))
        terminal.wait("screen: TERM unknown, exit status", has("^status 1$"))
    finally:
        terminal.close()


def main():
    tests = {name.removeprefix("test_"): test for name, test in globals().items()
             if name.startswith("test_")}
    for name in sys.argv[2:] or tests:
        if name not in tests:
            sys.exit(f"there is no test '{name}': {' '.join(tests)}")
        tests[name]()
    print(f"examples: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
