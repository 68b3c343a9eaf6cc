#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tldump as its users meet it: every verb, option, error and exit status, on processes and cores.

    tldump.py [BUILD]             default: build
    tldump.py BUILD --update      write tests/cli/expect anew; read the difference as code
    tldump.py BUILD NAME...       only the tests whose names contain one of these

Made-up targets (scenes.c) have known ids, ages and events: what is printed of them is compared with
expect/NAME.expect, where PID stands for the process id.  Real programs run the real runtime.
Waiting is always for a state, with a deadline.
"""
import json
import os
import pty
import re
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
UPDATE = "--update" in sys.argv
WORDS = [word for word in sys.argv[1:] if word != "--update"]
BUILD = os.path.abspath(WORDS[0] if WORDS else "build")
ONLY = WORDS[1:]
TLDUMP = os.path.join(BUILD, "bin/tldump")
SCENES = os.path.join(BUILD, "tests/cli/scenes")
EXAMPLES = os.path.join(BUILD, "examples")
DEADLINE_S = 60  # of anything; under a sanitizer on a loaded machine a second can be long

passed, failed = 0, 0


def report(name, problem):
    global passed, failed
    if problem:
        failed += 1
        print(f"FAIL {name}: {problem}")
    else:
        passed += 1


def check(name, condition, otherwise="it does not hold"):
    report(name, None if condition else otherwise)


def environment(**more):
    env = {k: v for k, v in os.environ.items() if not k.startswith("TASKLET_")}
    return {**env, "LC_ALL": "C.UTF-8", **more}


class Done:
    """What a run of tldump said."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def lines(self):
        """JSON lines, each checked for the schema."""
        rows = [json.loads(line) for line in self.out.splitlines()]
        assert all(row["schema"] == 1 for row in rows), "a line without its schema"
        return rows


def tldump(*words, **options):
    done = subprocess.run([TLDUMP, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True,
                          env=environment(), timeout=DEADLINE_S, **options)
    return Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


def until(what, state):
    """Call `state` until it is true; its value.  None after the deadline."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        value = state()
        if value:
            return value
        time.sleep(0.01)
    report(what, f"not within {DEADLINE_S} s")
    return None


class Scene:
    """A made-up target, while in a `with`."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.process = subprocess.Popen([SCENES, self.name], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n"
        self.pid = self.process.pid
        return self

    def __exit__(self, *unused):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.kill()
        self.process.wait()


# ---- made-up targets, compared to the letter ----

# name: scene, exit status, words; PID is the source
GOLDEN = {
    "ps": ("states", 0, "ps PID"),
    "ps_json": ("states", 0, "ps PID --json"),
    "ps_filter": ("states", 0, "ps -F state:C,L PID"),
    "ps_filter_words": ("states", 0, "ps PID --filter=!state:waiting"),
    "ps_sort": ("states", 0, "ps PID --sort age"),
    "ps_sort_up": ("states", 0, "ps PID --sort=name:up"),
    "ps_old": ("old", 0, "ps PID"),
    "ps_full": ("full", 0, "ps PID"),
    "ps_empty": ("empty", 0, "ps PID"),
    "ps_empty_json": ("empty", 0, "ps PID --json"),
    "bt_some": ("states", 0, "bt PID 5 16"),
    "bt_missing": ("states", 1, "bt PID 5 99"),
    "bt_no_such_name": ("states", 1, "bt PID five"),
    "bt_names": ("states", 0, "bt PID timed 5 running receiver"),
    "bt_filter": ("states", 0, "bt PID -F id:5"),
    "bt_group": ("states", 0, "bt PID --group"),
    "bt_group_json": ("states", 0, "bt PID --group --json"),
    "channels": ("states", 0, "channels PID"),
    "channels_sort": ("states", 0, "channels PID --sort len"),
    "channels_one": ("states", 0, "channels PID acks"),
    "channels_pattern": ("states", 0, "channels PID j*"),
    "channels_id": ("states", 0, "channels PID 3"),
    "channels_missing": ("states", 1, "channels PID nope"),
    "channels_json": ("likely", 0, "channels PID --json"),
    "channels_users": ("likely", 0, "channels PID jobs"),
    "waits": ("states", 0, "waits PID"),
    "waits_filter": ("states", 0, "waits PID -F sender"),
    "waits_json": ("orphans", 0, "waits PID --json"),
    "waits_long": ("long", 0, "waits PID"),
    "waits_not_long": ("long", 0, "waits PID --long 2.5"),
    "check_certain": ("certain", 3, "check PID"),
    "check_certain_json": ("certain", 3, "check PID --json"),
    "check_old": ("old", 3, "check PID"),
    "check_likely": ("likely", 3, "check PID"),
    "check_likely_json": ("likely", 3, "check PID --json"),
    "check_more": ("more", 0, "check PID"),
    "check_orphans": ("orphans", 0, "check PID"),
    "check_orphans_json": ("orphans", 0, "check PID --json"),
    "check_long": ("long", 0, "check PID"),
    "check_none_json": ("full", 0, "check PID --json"),
    "check_empty": ("empty", 0, "check PID"),
    "check_nowakes": ("nowakes", 1, "check PID"),
    "waits_nowakes": ("nowakes", 1, "waits PID"),
    "check_unsealed": ("unsealed", 3, "check PID --json"),
    "swapped": ("swapped", 1, "ps PID"),
    "events": ("events", 0, "events PID"),
    "events_json": ("events", 0, "events PID --json"),
    "events_newest": ("events", 0, "events PID -n 3"),
    "events_one": ("events", 0, "events PID 2"),
    "events_missing": ("events", 1, "events PID 777"),
    "events_bad_id": ("events", 2, "events PID x"),
    "events_none": ("empty", 0, "events PID"),
}


def compare(name, got):
    path = os.path.join(HERE, "expect", name + ".expect")
    if UPDATE:
        with open(path, "w", encoding="utf-8") as file:
            file.write(got)
        report(name, None)
        return
    try:
        with open(path, encoding="utf-8") as file:
            want = file.read()
    except FileNotFoundError:
        report(name, f"no {path} (--update writes it)")
        return
    for number, (a, b) in enumerate(zip(got.splitlines(), want.splitlines()), 1):
        if a != b:
            report(name, f"line {number} of {path}\n  got  {a}\n  want {b}")
            return
    report(name, None if got == want else f"{len(got)} bytes, not {len(want)}, as in {path}")


def test_golden():
    scenes = sorted({scene for scene, _, _ in GOLDEN.values()})
    for scene in scenes:
        with Scene(scene) as target:
            for name, (its, status, words) in GOLDEN.items():
                if its != scene:
                    continue
                got = tldump(*words.replace("PID", str(target.pid)).split())
                text = f"$ tldump {words}\n{got.out}"
                if got.err:
                    text += f"-- standard error\n{got.err}"
                text += f"-- exit status {got.status}\n"
                if got.status != status:
                    report(name, f"exit status {got.status}, not {status}; {got.err}")
                    continue
                if "--json" in words:
                    got.lines()  # it parses
                compare(name, re.sub(rf"\b{target.pid}\b", "PID", text))


# ---- usage ----

def usage(name, words, status, err):
    """`err` is a pattern for the whole of standard error; there is no output."""
    got = tldump(*words)
    if got.status != status:
        report(name, f"exit status {got.status}, not {status}")
    elif not re.fullmatch(err, got.err):
        report(name, f"standard error is {got.err!r}")
    else:
        report(name, f"standard output is {got.out!r}" if got.out else None)


def test_usage():
    for name, words, err in [
            ("no_verb", [], "want a verb: ps bt channels waits check events .*"),
            ("bad_verb", ["top", "1"], "no verb 'top': want ps .*"),
            ("no_source", ["ps"], "ps of what\\? Want a process id or a core .*"),
            ("bad_option", ["ps", "1", "--fast"], "cannot use '--fast' .*"),
            ("bad_letter", ["ps", "1", "-x"], "no option '-x' .*"),
            ("option_of_another_verb", ["ps", "1", "--group"], "ps has no --group .*"),
            ("short_option_of_another_verb", ["bt", "1", "-n", "3"], "bt has no --number .*"),
            ("filter_of_check", ["check", "1", "-F", "x"], "check has no --filter .*"),
            ("no_value", ["ps", "1", "--sort"], "--sort wants a value .*"),
            ("value_unwanted", ["ps", "1", "--json=yes"], "cannot use '--json=yes' .*"),
            ("bad_number", ["events", "1", "-n", "0"], "-n wants a number above 0, not '0'"),
            ("bad_number_2", ["events", "1", "-n", "-3"], "-n wants a number above 0, not '-3'"),
            ("bad_number_3", ["events", "1", "-n", "3x"], "-n wants a number above 0, not '3x'"),
            ("bad_delay", ["ps", "1", "-d", "soon"], "-d wants seconds above 0, not 'soon'"),
            ("bad_delay_2", ["ps", "1", "-d", "nan"], "-d wants seconds above 0, not 'nan'"),
            ("bad_long", ["waits", "1", "--long", "-1"], "--long wants seconds above 0, not '-1'"),
            ("bad_sort", ["ps", "1", "--sort", "colour"],
             "cannot sort by 'colour': want one of id .*"),
            ("bad_channel_sort", ["channels", "1", "--sort", "age"],
             "cannot sort by 'age': .* oldest .*"),
            ("bad_filter", ["ps", "1", "-F", "state:L agee>1s"],
             "filter 'state:L agee>1s', at character 9: no field 'agee': want one of id .*"),
            ("rates_want_a_delay", ["ps", "1", "-F", "run%>5"],
             "rates are known .* add -d SECONDS"),
            ("rates_want_a_delay_2", ["ps", "1", "--sort", "switch/s"], "rates are known .*"),
            ("rates_want_a_delay_3", ["channels", "1", "--sort", "send/s"], "rates are known .*"),
            ("rates_want_ps", ["bt", "1", "-F", "run%>5"],
             "run% and switch/s are for ps -d SECONDS"),
            ("one_too_many", ["ps", "1", "2"], "ps: one too many: '2' .*"),
            ("one_too_many_2", ["channels", "1", "a", "b"], "channels: one too many: 'b' .*"),
            ("one_too_many_3", ["check", "1", "2"], "check: one too many: '2' .*"),
    ]:
        usage(name, words, 2, f"tldump: {err}\n")


def test_help():
    whole = tldump("--help")
    check("help", whole.status == 0 and not whole.err and
          whole.out.startswith("usage: tldump VERB"))
    for verb in ["ps", "bt", "channels", "waits", "check", "events"]:
        check(f"help_names_{verb}", re.search(rf"^  {verb} SOURCE", whole.out, re.M))
        its = tldump(verb, "--help")
        check(f"help_of_{verb}", its.status == 0 and not its.err and
              its.out.startswith(f"usage: tldump {verb} SOURCE"))
        options = set(re.findall(r"--[a-z]+", its.out))
        check(f"help_of_{verb}_is_part", options <= set(re.findall(r"--[a-z]+", whole.out)),
              str(options))
    check("help_short", tldump("-h").out == whole.out)
    check("help_anywhere", tldump("ps", "1", "-h").out == tldump("ps", "--help").out)
    check("help_fits", all(len(line) <= 100 for line in whole.out.splitlines()))
    version = tldump("--version")
    check("version", version.status == 0 and
          re.fullmatch(r"tldump \d+\.\d+\.\d+\n", version.out), version.out)
    check("version_short", tldump("-V").out == version.out)


def test_sources():
    gone = subprocess.Popen(["true"])
    gone.wait()
    pattern = r"tldump: [^\n]+\n"
    usage("no_such_process", ["ps", gone.pid], 1, rf"tldump: {gone.pid}: [^\n]+\n")
    usage("no_such_file", ["ps", "/nonexistent/core"], 1,
          r"tldump: /nonexistent/core: [^\n]*No such file[^\n]*\n")
    usage("no_segment", ["ps", os.getpid()], 1,
          rf"tldump: {os.getpid()}: no tasklet segment "
          r"\(is the program linked with -ltasklet\?\)\n")
    usage("a_directory", ["ps", "/"], 1, pattern)
    usage("a_device", ["ps", "/dev/null"], 1, pattern)
    usage("empty_word", ["ps", ""], 1, pattern)
    usage("pid_0", ["ps", "0"], 1, pattern)
    usage("huge_pid", ["ps", "99999999999999999999"], 1, pattern)
    usage("not_a_core", ["check", TLDUMP], 1, rf"tldump: {re.escape(TLDUMP)}: [^\n]+\n")
    with tempfile.NamedTemporaryFile() as file:
        usage("an_empty_file", ["check", file.name], 1, pattern)


# ---- where output goes ----

def test_outputs():
    with Scene("many") as target:
        # a reader that leaves after one line
        for verb in (["ps"], ["ps", "--json"], ["bt"], ["waits"]):
            process = subprocess.Popen([TLDUMP, *verb, str(target.pid)], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, env=environment())
            process.stdout.readline()
            process.stdout.close()
            err = process.stderr.read()
            process.stderr.close()
            process.wait(DEADLINE_S)
            check(f"closed_pipe_{'_'.join(verb)}", process.returncode == 0 and not err,
                  f"{process.returncode} {err!r}")
        with open("/dev/full", "w", encoding="ascii") as full:
            for words in (["ps", target.pid], ["events", target.pid], ["--help"], ["--version"]):
                done = subprocess.run([TLDUMP, *map(str, words)], stdout=full,
                                      stderr=subprocess.PIPE, env=environment(),
                                      timeout=DEADLINE_S, check=False)
                check(f"full_disk_{words[0]}", done.returncode == 1 and
                      done.stderr == b"tldump: cannot write: No space left on device\n",
                      f"{done.returncode} {done.stderr!r}")
        done = subprocess.run(f"'{TLDUMP}' ps {target.pid} >&-", shell=True, stderr=subprocess.PIPE,
                              env=environment(), timeout=DEADLINE_S, check=False)
        check("closed_output", done.returncode == 1 and
              done.stderr.startswith(b"tldump: cannot write: "),
              f"{done.returncode} {done.stderr!r}")


def test_many():
    with Scene("many") as target:
        rows = tldump("ps", "--json", target.pid).lines()
        check("many_ps", len(rows) == 100000 and len({row["id"] for row in rows}) == 100000)
        rows = tldump("bt", "--json", target.pid, "sender").lines()
        check("many_of_a_name", [row["name"] for row in rows] == ["sender"] * 7, str(rows)[:300])
        groups = tldump("bt", "--group", "--json", target.pid).lines()
        check("many_groups", sum(group["count"] for group in groups) == 100000)
        sizes = [group["count"] for group in groups]
        check("many_groups_largest_first", sizes == sorted(sizes, reverse=True))
        verdicts = tldump("check", "--json", target.pid).lines()
        check("many_orphans", [v["verdict"] for v in verdicts] == ["maybe"] * 7 and
              sum(len(v["members"]) for v in verdicts) == 100000 - 7)
        text = tldump("check", target.pid)
        lines = len(text.out.splitlines())
        check("many_orphans_are_few_lines", lines < 200, f"{lines} lines")


def test_progress():
    """Nothing for two seconds, then how far it is; on a terminal only."""
    with Scene("many") as target:
        ours, its = pty.openpty()
        started = time.monotonic()
        process = subprocess.Popen([TLDUMP, "bt", str(target.pid)], stdout=subprocess.PIPE,
                                   stderr=its, env=environment())
        os.close(its)
        # time is what is tested here: its own two seconds begin after `started`
        spoke, _, _ = select.select([ours], [], [], max(0, started + 1.9 - time.monotonic()))
        check("progress_is_patient", not spoke, "it spoke within two seconds")
        # They are over two seconds after its first output, at the latest; nobody reads that, so
        # that most of its work is still to be done then.
        select.select([process.stdout], [], [], DEADLINE_S)
        time.sleep(2.2)
        said, open_ends = b"", [ours, process.stdout.fileno()]
        while open_ends:
            ready, _, _ = select.select(open_ends, [], [], DEADLINE_S)
            if not ready:
                break
            for end in ready:
                try:
                    got = os.read(end, 1 << 20)
                except OSError:  # a terminal whose other end is closed
                    got = b""
                if not got:
                    open_ends.remove(end)
                elif end == ours:
                    said += got
        process.wait(DEADLINE_S)
        check("progress", re.match(rb"\rbacktraces: \d+ of 100000", said), said[:200])
        check("progress_goes_away", said.endswith(b"\r\x1b[K"), said[-50:])
        os.close(ours)
        process.stdout.close()


# ---- real programs ----

class Program:
    """An example that runs, while in a `with`; `ready`: when it can be looked at."""

    def __init__(self, words, ready, cwd=None, more=None):
        self.words, self.ready, self.cwd, self.more = words.split(), ready, cwd, more or {}

    def __enter__(self):
        path = os.path.join(EXAMPLES, self.words[0])

        def allow_cores():
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        self.process = subprocess.Popen([path, *self.words[1:]], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        cwd=self.cwd, env=environment(**self.more, **DUMPS_CORE),
                                        preexec_fn=allow_cores)
        self.pid = self.process.pid
        self.is_ready = until(" ".join(self.words), self.try_it)
        return self

    def try_it(self):
        got = tldump("ps", "--json", self.pid)
        return got.status == 0 and self.ready(got.lines())

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()


# a sanitizer forbids cores unless it is asked not to
DUMPS_CORE = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":disable_coredump=0"}


def all_wait(kind, count):
    """`count` tasklets wait in this way."""
    return lambda rows: sum(row["wait"] == kind for row in rows) == count


PHILOSOPHERS = {
    "certain": ("philosophers --guests 2", all_wait("lock", 7)),
    "likely": ("philosophers --channels --guests 2", all_wait("receive", 7)),
}


def check_philosophers(name, verdict, source, *words):
    got = tldump("check", "--json", source, *words)
    if got.status != 3:
        report(name, f"exit status {got.status}; {got.err}")
        return
    rows = got.lines()
    check(f"{name}_one", len(rows) == 1 and rows[0]["verdict"] == verdict, str(rows)[:300])
    members, behind = rows[0]["members"], rows[0]["behind"]
    check(f"{name}_members",
          [m["name"] for m in members] == [f"philosopher/{i}" for i in range(1, 6)])
    check(f"{name}_behind", sorted(b["name"] for b in behind) == ["guest/1", "guest/2"])
    for at, member in enumerate(members):
        follower = members[(at + 1) % 5]["name"]
        wakers = [waker["name"] for waker in member["waits_for"]["could_wake"]]
        check(f"{name}_edge_{at}", wakers == [follower], str(wakers))
        functions = [frame["function"] for frame in member["frames"]]
        check(f"{name}_frames_{at}", member["backtrace"] == "complete" and
              "philosopher_main" in functions and functions[-1] == "tl_entry", str(functions))
        ours = [frame for frame in member["frames"] if frame["function"] == "philosopher_main"]
        check(f"{name}_line_{at}", ours and ours[0]["file"].endswith("philosophers.c") and
              ours[0]["line"] > 1)
    text = tldump("check", source, *words)
    check(f"{name}_text", text.status == 3 and
          text.out.startswith(f"DEADLOCK ({verdict}): 5 wait for each other") and
          "+---- back to 2" in text.out, text.out[:300])


def test_philosophers_live():
    for verdict, (words, ready) in PHILOSOPHERS.items():
        with Program(words, ready) as program:
            if program.is_ready:
                check_philosophers(f"philosophers_{verdict}", verdict, program.pid)


def core_pattern():
    with open("/proc/sys/kernel/core_pattern", encoding="ascii") as file:
        return file.read().strip()


def kernel_makes_cores():
    """Not where they go to a program of the system, or are limited."""
    return (not core_pattern().startswith("|") and
            resource.getrlimit(resource.RLIMIT_CORE)[1] == resource.RLIM_INFINITY)


# gdb writes nothing of a mapping that has a page of another sort of guard in it
FOR_GDB = {"TASKLET_GUARD": "protect"}


def make_core(program, folder):
    """A core of what runs: the kernel's, or else gdb's."""
    if kernel_makes_cores():
        program.process.send_signal(signal.SIGABRT)
        program.process.wait(DEADLINE_S)
        return find_core(folder, program.pid)
    core = os.path.join(folder, "core")
    subprocess.run(["gdb", "-nx", "-batch", "-p", str(program.pid), "-ex",
                    f"generate-core-file {core}"], stdin=subprocess.DEVNULL, capture_output=True,
                   env=environment(), timeout=DEADLINE_S, check=False)
    return core if os.path.exists(core) else None


def find_core(folder, pid):
    """Where core_pattern puts it."""
    pattern = core_pattern()
    folder = os.path.dirname(pattern) if pattern.startswith("/") else folder
    for name in sorted(os.listdir(folder)):
        if name == "core" or (name.startswith("core") and str(pid) in name):
            return os.path.join(folder, name)
    return None


def test_philosophers_core():
    for verdict, (words, ready) in PHILOSOPHERS.items():
        name = f"philosophers_core_{verdict}"
        more = {} if kernel_makes_cores() else FOR_GDB
        with tempfile.TemporaryDirectory() as folder, \
                Program(words, ready, folder, more) as program:
            if not program.is_ready:
                continue
            core = make_core(program, folder)
            check(f"{name}_is_made", core, "no core is where core_pattern says, nor made by gdb")
            if not core:
                continue
            check_philosophers(name, verdict, core)
            check_core_verbs(core)
            check_bad_cores(core, folder)


def check_core_verbs(core):
    rows = tldump("ps", "--json", core).lines()
    check("core_ps", {row["name"] for row in rows} >= {"main", "philosopher/1", "guest/2"})
    main = [row for row in rows if row["main"]]
    check("core_main", len(main) == 1 and main[0]["wait"] == "sleep", str(main))
    group = tldump("bt", "--group", core)
    heads = re.findall(r"^(\d+) tasklets? (\S+): [\d ]+$", group.out, re.M)
    check("core_groups", group.status == 0 and sum(int(count) for count, _ in heads) == 8 and
          "philosopher/*" in [name for _, name in heads] and heads[-1][0] == "1", str(heads))
    events = tldump("events", "--json", core).lines()
    check("core_events",
          any(e["event"] == "spawn" and e["tasklet"]["name"] == "guest/1" for e in events))
    check("core_channels", tldump("channels", core).status == 0)
    check("core_waits", "philosopher/1" in tldump("waits", core).out)
    program = os.path.join(EXAMPLES, "philosophers")
    check("core_executable", tldump("bt", core, "--executable", program).status == 0)
    bad = tldump("bt", core, "--executable", "/nonexistent")
    check("core_bad_executable",
          bad.status == 1 and re.fullmatch(r"tldump: [^\n]+\n", bad.err), bad.err)
    once = tldump("ps", "-d", "0.01", core)
    check("core_has_no_rates",
          once.status == 1 and re.fullmatch(r"tldump: [^\n]+\n", once.err), once.err)


def check_bad_cores(core, folder):
    """Cut short, it is an error of one line or the part that is left, never a crash."""
    size = os.path.getsize(core)
    cut = os.path.join(folder, "cut")
    for part in (10, 64, 1000, size // 50, size // 4, size // 2, size - 4096):
        with open(core, "rb") as whole, open(cut, "wb") as file:
            file.write(whole.read(part))
        for verb in ("ps", "check", "bt", "events"):
            got = tldump(verb, cut)
            check(f"cut_core_{verb}_{part}", got.status in (0, 1, 3) and
                  (got.status != 1 or re.fullmatch(r"(tldump: [^\n]+\n)+", got.err)),
                  f"{got.status} {got.err!r}")


def test_no_deadlock():
    words = "simulation --headless --actors 300 --seconds 600"
    with Program(words, lambda rows: len(rows) >= 300) as program:
        if not program.is_ready:
            return
        got = tldump("check", program.pid)
        check("simulation_check", got.status == 0 and got.out.endswith("tasklets\n"),
              got.out[-200:])
        rows = tldump("ps", "--json", "-d", "0.2", program.pid).lines()
        check("simulation_rates",
              all("run_percent" in row and "switches_per_s" in row for row in rows))
        check("simulation_moves", any((row["switches_per_s"] or 0) > 0 for row in rows))
        rows = tldump("bt", "--json", program.pid).lines()
        good = ("complete", "running", "hot", "not started")
        bad = [row for row in rows if row["backtrace"] not in good]
        check("simulation_bt", rows and not bad, str(bad)[:300])
        rows = tldump("ps", "--json", program.pid).lines()
        site = [row["spawned_at"] for row in rows if row["spawned_at"]]
        check("simulation_sites", site and all(s["file"].endswith("simulation.c") for s in site))
        got = tldump("ps", program.pid, "-F", "spawn:simulation.c is:main")
        check("simulation_filter", got.status == 0 and len(got.out.splitlines()) == 1, got.out)
        got = tldump("channels", "-d", "0.2", "--sort", "recv/s", program.pid)
        check("simulation_channels", got.status == 0 and "RECV/S" in got.out, got.out[:200])


def link(path):
    """Where it leads; "": it is gone."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


def links(folder):
    try:
        return [link(os.path.join(folder, name)) for name in os.listdir(folder)]
    except OSError:
        return []


def test_gone_meanwhile():
    """It ends, or becomes another program, while what was seen of it is printed: that is told."""
    for name, leave, told in [
            ("killed", lambda scene: (scene.process.kill(), scene.process.wait()),
             "it has ended; this was its state shortly before"),
            ("exec", lambda scene: (scene.process.stdin.write(b"x"), scene.process.stdin.flush(),
                                    scene.process.stdout.readline()),
             "another program has its place by now; this was its state shortly before")]:
        with Scene("many") as scene:
            looking = subprocess.Popen([TLDUMP, "ps", str(scene.pid)], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, env=environment())
            # far more than a pipe holds: it waits for its reader
            select.select([looking.stdout], [], [], DEADLINE_S)
            leave(scene)
            out, err = looking.communicate(timeout=DEADLINE_S)
            check(f"{name}_is_told", err.decode() == f"tldump: {scene.pid}: {told}\n", repr(err))
            check(f"{name}_is_shown", looking.returncode == 0 and out.count(b"\n") == 100001)


def test_ended():
    """Killed while it is looked at: its last state, or an error of one line; never a crash."""
    with Program("philosophers", all_wait("lock", 5)) as program:
        if not program.is_ready:
            return
        looking = subprocess.Popen([TLDUMP, "ps", "-d", "5", str(program.pid)],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=environment())
        fd = f"/proc/{looking.pid}/fd"
        until("ended_opened", lambda: any("memfd:tasklet" in where for where in links(fd)))
        program.process.kill()
        program.process.wait()
        out, err = looking.communicate(timeout=DEADLINE_S)
        check("ended_is_told",
              b"it has ended; this is its last state" in err or b"no time passes" in err,
              f"{looking.returncode} {err!r}")
        check("ended_status", looking.returncode == 1 or
              (looking.returncode == 0 and b"philosopher/1" in out))
        got = tldump("ps", program.pid)
        check("ended_then_gone",
              got.status == 1 and re.fullmatch(r"tldump: [^\n]+\n", got.err), got.err)


def main():
    tests = [test_golden, test_usage, test_help, test_sources, test_outputs, test_many,
             test_progress, test_philosophers_live, test_philosophers_core, test_no_deadlock,
             test_gone_meanwhile, test_ended]
    for test in tests:
        if not ONLY or any(word in test.__name__ for word in ONLY):
            test()
    print(f"tldump: {passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
