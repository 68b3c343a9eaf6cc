#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tltop on a real terminal (tmux, a server of its own), on real processes.

    terminal.py TLTOP PHILOSOPHERS TARGET [CASE...]

Nothing sleeps: what is expected is waited for, with a deadline.
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

DEADLINE = 60
TLTOP, PHILOSOPHERS, TARGET = (os.path.abspath(path) for path in sys.argv[1:4])


class Failure(Exception):
    pass


def wait_until(what, check):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        value = check()
        if value:
            return value
        time.sleep(0.02)  # between two looks, not for something to have happened
    raise Failure(f"waited in vain for {what}")


class Program:
    """Something to look at, that has printed `word`."""

    def __init__(self, *command, word):
        self.output = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.output,
                                        stderr=self.output)
        self.pid = self.process.pid
        wait_until(f"'{word}' of {command[0]}", lambda: word in self.read())

    def read(self):
        return os.pread(self.output.fileno(), 1 << 16, 0).decode(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.output.close()


def philosophers(*arguments):
    return Program(PHILOSOPHERS, "--linger", "600", *arguments, word="tldump check")


def target(*arguments):
    return Program(TARGET, *arguments, word="ready")


class Terminal:
    """A pane of tmux with a shell in it, or with one command."""
    count = 0

    def __init__(self, folder, command="exec sh", columns=80, rows=24, **environment):
        Terminal.count += 1
        self.name = f"tltop-test-{os.getpid()}-{Terminal.count}"
        self.folder = folder
        variables = {"LC_ALL": "C.UTF-8", "PS1": "shell> ", **environment}
        settings = " ".join(f"{key}='{value}'" for key, value in variables.items())
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), "-c", folder,
                  f"export {settings}; {command}; echo status $?; exec cat")

    def tmux(self, *arguments):
        done = subprocess.run(["tmux", "-L", self.name, *arguments], capture_output=True, text=True)
        return done.stdout

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def text(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    def wait(self, pattern, *options):
        """Until the screen has it; the screen."""
        shown = ""

        def look():
            nonlocal shown
            shown = self.text(*options)
            return re.search(pattern, shown, re.MULTILINE)
        try:
            wait_until(pattern, look)
        except Failure as failure:
            raise Failure(f"{failure}; the screen:\n{shown}") from None
        return shown

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # What still runs in the pane ends first: the leak checker of a sanitized build does not survive a hangup.
        pane = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        for pid in descendants(int(pane)) if pane else []:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.tmux("kill-server")


def expect(condition, what):
    if not condition:
        raise Failure(what)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def descendants(pid):
    try:
        below = children(pid)
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [descendant for child in below for descendant in descendants(child) + [child]]


def run(*arguments, **environment):
    variables = {**os.environ, "LC_ALL": "C.UTF-8", **environment}
    return subprocess.run([TLTOP, *arguments], capture_output=True, text=True, timeout=DEADLINE, env=variables)


# ---- on a terminal


def case_screens(folder):
    """From screen to screen, on a deadlock."""
    with philosophers() as program, Terminal(folder, f"{TLTOP} {program.pid}") as terminal:
        terminal.wait(r"5 tasklets wait for each other.*certain")
        terminal.keys("4")
        terminal.wait(r"CYCLE 1 +certain +held")
        terminal.keys("w", "Enter")
        terminal.wait(r"\[2 Task\].*philosopher/")
        terminal.wait(r"(fork_take|philosopher_main) +.*philosophers\.c:\d+")
        terminal.wait(r"events, newest first")
        terminal.keys("Escape")
        terminal.wait(r"\[4 Waits\]")
        terminal.keys("3", "o")
        terminal.wait(r"fork/1 +lock")
        terminal.keys("0")
        terminal.wait(rf"{program.pid} philosophers")
        terminal.keys("Escape")
        terminal.wait(r"\[1 Tasks\]")
        terminal.keys("?")
        terminal.wait(r"Keys of screen 1")
        terminal.keys("x", "F10")
        terminal.wait(r"status 0")


def case_keys_of_terminal(folder):
    """Keys that a terminal sends as sequences of bytes."""
    with target("40") as program, Terminal(folder, f"{TLTOP} {program.pid}") as terminal:
        terminal.wait(r"^> ")
        terminal.keys("F6")
        terminal.wait(r"Sort by")
        terminal.keys("Escape")
        terminal.keys("End")
        terminal.wait(r"sort: ")
        terminal.keys("Home", "Down", "Up", "PageDown", "PageUp", "C-d", "C-u", "BTab")
        terminal.wait(r"\[4 Waits\]")
        terminal.keys("Tab")
        terminal.wait(r"\[1 Tasks\]")
        terminal.keys("/")
        terminal.wait(r"Search:")
        terminal.keys("-l", "boss")
        terminal.keys("BSpace")
        terminal.wait(r"Search: bos_|Search: bos.")
        terminal.keys("Enter", "Enter")
        terminal.wait(r"\[2 Task\].*boss")
        terminal.keys("C-c")
        terminal.wait(r"status 0")


def case_resize(folder):
    with philosophers() as program, Terminal(folder, f"{TLTOP} {program.pid}") as terminal:
        terminal.wait(r"\?Help")
        terminal.resize(10, 3)
        terminal.wait(r"^10x3 small")
        terminal.keys("Down", "4", "1")
        terminal.wait(r"^10x3 small")
        terminal.resize(132, 40)
        shown = terminal.wait(r"\[1 Tasks\][^\n]*1 warning")
        expect(len(shown.splitlines()[0]) > 100, "the first line does not use the width")
        terminal.keys("q")
        terminal.wait(r"status 0")


def case_killed(folder):
    """SIGKILL of the target: the last picture stays."""
    with philosophers() as program, Terminal(folder, f"{TLTOP} {program.pid}", columns=120) as terminal:
        terminal.wait(r"philosopher/3")
        terminal.wait(r"live ")
        program.process.kill()
        program.process.wait()
        terminal.wait(r"EXITED")
        expect("philosopher/3" in terminal.text(), "the picture is gone")
        terminal.keys("4")
        terminal.wait(r"CYCLE 1 +certain")
        terminal.keys("q", "q")
        terminal.wait(r"status 0")


def case_stopped(folder):
    with target() as program, Terminal(folder, f"{TLTOP} {program.pid}") as terminal:
        terminal.wait(r"live ")
        program.process.send_signal(signal.SIGSTOP)
        terminal.wait(r"STOPPED")
        program.process.send_signal(signal.SIGCONT)
        terminal.wait(r"live ")


def case_exec(folder):
    """The target becomes another program."""
    with target() as program, Terminal(folder, f"{TLTOP} {program.pid}") as terminal:
        terminal.wait(r"live ")
        program.process.send_signal(signal.SIGUSR1)
        terminal.wait(r"EXITED: another program has its place")
        expect("boss" in terminal.text(), "the picture is gone")


def case_fork(folder):
    """The child of a fork is a process of its own, and the parent stays what it was."""
    with target() as program, Terminal(folder, f"{TLTOP} {program.pid}") as terminal:
        terminal.wait(r"live ")
        program.process.send_signal(signal.SIGUSR2)
        child = wait_until("a child", lambda: children(program.pid))[0]
        try:
            terminal.keys("0")
            terminal.wait(rf"{child} target")
            terminal.wait(rf"{program.pid} target")
            terminal.keys("Escape")
            terminal.wait(r"live ")
        finally:
            os.kill(child, signal.SIGKILL)


def case_suspend(folder):
    """Ctrl-Z and fg; then the terminal is as it was."""
    with philosophers() as program, Terminal(folder, "exec bash --norc -i") as terminal:
        terminal.keys("-l", "stty -a > before; echo be''fore")
        terminal.keys("Enter")
        terminal.wait(r"^before")
        terminal.keys("-l", f"{TLTOP} {program.pid}")
        terminal.keys("Enter")
        terminal.wait(r"\?Help")
        terminal.keys("C-z")
        terminal.wait(r"Stopped")
        expect("?Help" not in terminal.text(), "the screen is still there")
        terminal.keys("-l", "fg")
        terminal.keys("Enter")
        terminal.wait(r"\?Help")
        terminal.wait(r"live ")
        terminal.keys("q")
        terminal.wait(r"^shell>\s*$")
        terminal.keys("-l", "stty -a > after; echo af''ter")
        terminal.keys("Enter")
        terminal.wait(r"^after")
        with open(f"{folder}/before", encoding="ascii") as before, open(f"{folder}/after", encoding="ascii") as after:
            expect(before.read() == after.read(), "stty has other settings now")


def case_terminated(folder):
    """SIGTERM: the terminal is given back."""
    with philosophers() as program, Terminal(folder, "exec bash --norc -i") as terminal:
        terminal.keys("-l", f"{TLTOP} {program.pid} & fg; echo st''atus $?")
        terminal.keys("Enter")
        terminal.wait(r"\?Help")
        shell = int(terminal.tmux("display-message", "-p", "#{pane_pid}"))
        viewer = [child for child in children(shell)][0]
        os.kill(viewer, signal.SIGTERM)
        shown = terminal.wait(r"^status \d+")
        expect("?Help" not in shown, "the screen is still there")
        terminal.keys("-l", "echo ec''ho")
        terminal.keys("Enter")
        terminal.wait(r"^echo$")


def case_hangup(folder):
    """The terminal goes away: so does tltop.  (Not the leak checker's day, see Terminal.__exit__.)"""
    with target() as program, Terminal(folder, f"{TLTOP} {program.pid}", ASAN_OPTIONS="detect_leaks=0") as terminal:
        terminal.wait(r"\?Help")
        pane = int(terminal.tmux("display-message", "-p", "#{pane_pid}"))
        viewer = [pid for pid in descendants(pane) if os.readlink(f"/proc/{pid}/exe") == TLTOP][0]
        terminal.tmux("kill-server")
        wait_until("the end of tltop", lambda: not os.path.exists(f"/proc/{viewer}"))


def case_mouse(folder):
    """A click on a tab, as xterm reports it; and none with --no-mouse."""
    click = ["1b", "5b", "4d", "20", f"{0x21 + 26:x}", f"{0x21 + 2:x}"]
    with philosophers() as program:
        with Terminal(folder, f"{TLTOP} {program.pid}", TERM="screen") as terminal:
            terminal.wait(r"\?Help")
            terminal.keys("-H", *click)
            terminal.wait(r"\[4 Waits\]")
        with Terminal(folder, f"{TLTOP} --no-mouse {program.pid}", TERM="screen") as terminal:
            terminal.wait(r"\?Help")
            expect(terminal.tmux("display-message", "-p", "#{mouse_any_flag}").strip() == "0", "the mouse is taken")


def case_theme(folder):
    """Colours; none with NO_COLOR, or with the mono theme; --theme beats NO_COLOR."""
    colour = r"\x1b\[(?:\d+;)*(?:[34][0-7]|[34]8;5;\d+|9[0-7])[;m]"
    with philosophers() as program:
        for options, variables, wanted in (("", {}, True), ("", {"NO_COLOR": "1"}, False), ("", {"NO_COLOR": ""}, True),
                                           ("--theme mono", {}, False), ("--theme contrast", {"NO_COLOR": "1"}, True),
                                           ("--theme blue-orange", {}, True)):
            with Terminal(folder, f"{TLTOP} {options} {program.pid}", **variables) as terminal:
                terminal.wait(r"\?Help")
                found = bool(re.search(colour, terminal.text("-e")))
                expect(found == wanted, f"{options} {variables}: {'has' if found else 'has no'} colours")


def case_ascii(folder):
    with philosophers() as program:
        for options, variables in (("--ascii", {}), ("", {"LC_ALL": "C"})):
            with Terminal(folder, f"{TLTOP} {options} {program.pid}", **variables) as terminal:
                terminal.wait(r"\?Help")
                expect(terminal.text().isascii(), "not only ASCII")


def case_editor(folder):
    """e: $EDITOR +LINE FILE, and back."""
    editor = f"{folder}/editor"
    with open(editor, "w", encoding="ascii") as file:
        file.write(f'#!/bin/sh\necho "$@" > {folder}/edited\n')
    os.chmod(editor, 0o755)
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with philosophers() as program, Terminal(root, f"{TLTOP} {program.pid}", EDITOR=editor, VISUAL="") as terminal:
        terminal.wait(r"\?Help")
        terminal.keys("e")
        line = wait_until("the editor", lambda: os.path.exists(f"{folder}/edited") and
                          open(f"{folder}/edited", encoding="utf-8").read() or
                          "cannot read" in terminal.text() and "no source")
        if line == "no source":  # the sources are not where the debug information says
            raise Failure(terminal.text())
        expect(re.match(r"\+\d+ .*philosophers\.c$", line), line)
        terminal.wait(r"\?Help")
        terminal.keys("q")
        terminal.wait(r"status 0")


def case_command(folder):
    """tltop -- COMMAND: its output goes to a log; asked at the end, and ended."""
    with Terminal(folder, f"{TLTOP} -- {PHILOSOPHERS} --linger 600", TMPDIR=folder) as terminal:
        terminal.wait(r"5 tasklets wait for each other")
        pid = int(re.search(r"philosophers (\d+)", terminal.text()).group(1))
        expect("stuck:" not in terminal.text(), "its output is on the screen")
        expect("its output goes to" in terminal.text(), "where its output goes is not said")
        terminal.keys("q")
        terminal.wait(rf"End philosophers {pid} too\?")
        terminal.keys("y")
        shown = terminal.wait(r"status 0")
        expect(not os.path.exists(f"/proc/{pid}"), "the command still runs")
        log = re.search(r"output of philosophers is in\s+(\S+(?:\n\S+\.log)?)", shown).group(1).replace("\n", "")
        with open(log, encoding="utf-8") as file:
            expect("stuck: 5 of 5" in file.read(), "the log has not what it printed")
    with Terminal(folder, f"{TLTOP} -- {PHILOSOPHERS} --linger 600", TMPDIR=folder) as terminal:
        terminal.wait(r"5 tasklets wait for each other")
        pid = int(re.search(r"philosophers (\d+)", terminal.text()).group(1))
        terminal.keys("q")
        terminal.wait(r"too\?")
        terminal.keys("n")
        terminal.wait(r"goes on as process")
        os.kill(pid, signal.SIGKILL)  # it was still there
    with Terminal(folder, f"{TLTOP} -- {PHILOSOPHERS} --linger 1", TMPDIR=folder) as terminal:
        terminal.wait(r"EXITED \(status 3\)")
        terminal.wait(r"its output is in")


def case_command_fails(folder):
    """A command that cannot be started, or has no tasklets."""
    with Terminal(folder, f"{TLTOP} -- ./no-such-program") as terminal:
        terminal.wait(r"cannot start ./no-such-program: No such file")
        terminal.wait(r"status 1")
    with Terminal(folder, f"{TLTOP} -- sh -c 'echo hello; exit 7'", TMPDIR=folder) as terminal:
        shown = terminal.wait(r"status 1")
        expect("sh ended (status 7) before it had a tasklet" in shown, shown)
        expect("output of sh is in" in shown, shown)


def case_no_terminal(folder):
    """TERM that is missing or useless: a clear word, which names -b."""
    with philosophers() as program:
        for term, word in (("", "TERM is not set"), ("no-such-terminal", "terminfo does not know"),
                           ("dumb", "cannot move the cursor")):
            with Terminal(folder, f"TERM='{term}' {TLTOP} {program.pid}") as terminal:
                shown = terminal.wait(r"status 1").replace("\n", " ")
                expect(word in shown and "-b" in shown, shown)
        with Terminal(folder, f"env -u TERM {TLTOP} {program.pid}") as terminal:
            shown = terminal.wait(r"status 1")
            expect("TERM is not set" in shown and "-b" in shown, shown)


def case_input(folder):
    """Standard input that no key can come from."""
    with philosophers() as program, Terminal(folder, f"{TLTOP} {program.pid} < /dev/null") as terminal:
        shown = terminal.wait(r"status 1")
        expect("standard input" in shown and "-b" in shown, shown)


# ---- without one


def case_batch(_):
    with philosophers() as program:
        for screen, words in (("tasks", ["philosopher/1", "WAITS FOR"]), ("waits", ["CYCLE 1   certain"]),
                              ("channels", ["FILL"]), ("task", ["backtrace", "events, newest first"])):
            done = run("-b", "-n", "1", "-d", "0.1", "--screen", screen, str(program.pid), COLUMNS="120")
            expect(done.returncode == 0 and not done.stderr, done.stderr)
            for word in words:
                expect(word in done.stdout, f"{screen}: no {word} in\n{done.stdout}")
            expect("\x1b" not in done.stdout and not done.stdout.endswith("\n\n"), "escapes, or padding")
        twice = run("-b", "-n", "2", "-d", "0.1", str(program.pid)).stdout
        expect(twice.count("tltop  philosophers") == 2, twice)
        piped = run(str(program.pid))  # standard output is no terminal
        expect(piped.returncode == 0 and piped.stdout.count("tltop  philosophers") == 1, piped.stdout)
        expect("philosophers" in run("-b", "-n", "1").stdout, "not in the list of processes")


def case_status(_):
    """Exit status 0, 1, 2, 3, and what is said."""
    with philosophers() as program, target() as fine:
        pid = str(program.pid)
        for arguments, status, word in (
                (["-b", "-n", "1", "-d", "0.05", "--check", pid], 3, ""),
                (["-b", "-n", "1", "-d", "0.05", "--check", str(fine.pid)], 0, ""),
                (["-b", "-n", "1", "-d", "0.05", pid], 0, ""),
                (["-b", "4194304999"], 1, "4194304999"),
                (["-b", str(os.getpid())], 1, "tasklet"),
                (["-b", "--screen", "nothing", pid], 2, "--screen nothing"),
                (["-b", "-F", "age>", pid], 2, "age"),
                (["-b", "-d", "banana", pid], 2, "-d banana"),
                (["-b", "-n", "0", pid], 2, "-n 0"),
                (["--theme", "pink", pid], 2, "default"),
                (["--no-such-option"], 2, "no-such-option"),
                ([pid, "1"], 2, "one process"),
                (["--"], 2, "command"),
                (["--help"], 0, ""), (["--version"], 0, "")):
            done = run(*arguments)
            expect(done.returncode == status and word in done.stderr,
                   f"{arguments}: {done.returncode}, {done.stderr!r}")
            expect(status == 0 or status == 3 or done.stderr.count("\n") <= 2, done.stderr)


def case_filter(_):
    with target() as program:
        shown = run("-b", "-n", "1", "-d", "0.05", "-F", "name~^worker/[01]$", str(program.pid)).stdout
        expect("worker/0" in shown and "worker/1" in shown, shown)
        expect("worker/2" not in shown and "boss" not in shown, shown)
    with philosophers("--guests", "2") as program:
        for words, expected in (("name:guest/1", True), ("name:main", False)):
            shown = run("-b", "-n", "1", "-d", "0.05", "--screen", "waits", "-F", words, str(program.pid)).stdout
            expect(("CYCLE 1" in shown) == expected, shown)


def case_json(_):
    with philosophers() as program:
        pid = str(program.pid)
        for screen in ("tasks", "task", "channels", "waits"):
            done = run("--json", "-n", "2", "-d", "0.05", "--screen", screen, pid)
            lines = [json.loads(line) for line in done.stdout.splitlines()]
            expect(all(line["schema"] == 1 for line in lines), "schema")
            looks = [line for line in lines if "look" in line]
            expect([look["look"] for look in looks] == [1, 2], f"{screen}: {looks}")
            expect(looks[0]["pid"] == program.pid and looks[0]["certain"] == 1, looks[0])
            expect(looks[0]["switches_per_s"] is not None, "the first line has no rates")
        lines = [json.loads(line) for line in run("--json", "-n", "1", "-d", "0.05", pid).stdout.splitlines()]
        names = {line.get("name") for line in lines}
        expect({"philosopher/1", "main"} <= names, names)
        expect(all(isinstance(line["age_ns"], int) for line in lines if "age_ns" in line), "times are not numbers")
        listed = [json.loads(line) for line in run("--json", "-n", "1", "-d", "0.05").stdout.splitlines()]
        expect(program.pid in [line["pid"] for line in listed], listed)


def case_batch_command(folder):
    """-b -- COMMAND shows it and ends it."""
    done = run("-b", "-n", "1", "-d", "0.3", "--", TARGET, TMPDIR=folder)
    expect(done.returncode == 0 and "boss" in done.stdout, done.stdout + done.stderr)
    pid = int(re.search(r"target (\d+)", done.stdout).group(1))
    expect(not os.path.exists(f"/proc/{pid}"), "it still runs")
    wrapped = run("-b", "-n", "1", "-d", "0.3", "--", "sh", "-c", f"{TARGET}; true", TMPDIR=folder)
    expect("boss" in wrapped.stdout, wrapped.stdout + wrapped.stderr)


def case_group(_):
    """--group KEY: equal tasklets in one row; a key that does not exist is bad usage."""
    with target("40") as program:
        for key, is_grouped in (("none", False), ("state", True), ("site", True), ("object", True), ("stack", True)):
            done = run("-b", "-n", "1", "-d", "0.05", "--group", key, str(program.pid))
            expect(done.returncode == 0 and not done.stderr, done.stderr)
            # by site: the boss, too, where the compiler leaves them one call of tl_spawn() to share
            grouped = re.search(r"^ *\+ +\d+x (worker/\*|\(several\))", done.stdout, re.MULTILINE)
            expect(bool(grouped) == is_grouped, f"{key}:\n{done.stdout}")
            expect(("worker/39 " in done.stdout) != is_grouped, f"{key}:\n{done.stdout}")
        bad = run("-b", "-n", "1", "--group", "colour", str(program.pid))
        expect(bad.returncode == 2 and not bad.stdout and "stack" in bad.stderr, f"{bad.returncode}: {bad.stderr}")


def command_of(tltop):
    """The pid of the target that this tltop has started, from its first picture."""
    return int(re.search(r"target (\d+)", tltop.stdout.readline()).group(1))


def expect_no_process(pid, word):
    wait_until(f"the end of the command after {word}", lambda: not os.path.exists(f"/proc/{pid}"))


def case_batch_command_ended(folder):
    """-b -- COMMAND that is told to end, or that nobody reads any more, takes the command along."""
    variables = {**os.environ, "LC_ALL": "C.UTF-8", "TMPDIR": folder}
    for word in ("SIGTERM", "SIGINT", "SIGHUP", "a closed pipe"):
        tltop = subprocess.Popen([TLTOP, "-b", "-d", "0.1", "--", TARGET], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, env=variables)
        pid = command_of(tltop)
        expect(os.path.exists(f"/proc/{pid}"), "the command has ended already")
        if word == "a closed pipe":
            tltop.stdout.close()
            said = tltop.stderr.read()
        else:
            tltop.send_signal(getattr(signal, word))
            said = tltop.communicate(timeout=DEADLINE)[1]
        status = tltop.wait(timeout=DEADLINE)
        expect(status == 0 and "cannot write" not in said, f"{word}: status {status}: {said}")
        expect_no_process(pid, word)


def case_batch_command_early(folder):
    """Told to end before the command has a tasklet."""
    mark = f"{folder}/started"
    tltop = subprocess.Popen([TLTOP, "-b", "--", "sh", "-c", f"echo $$ > {mark}.new; mv {mark}.new {mark}; exec cat {folder}/never"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             env={**os.environ, "TMPDIR": folder})
    os.mkfifo(f"{folder}/never")
    wait_until("the command", lambda: os.path.exists(mark))
    with open(mark, encoding="ascii") as file:
        pid = int(file.read())
    tltop.send_signal(signal.SIGTERM)
    said = tltop.communicate(timeout=DEADLINE)[1]
    expect(tltop.returncode == 1 and "told to end" in said, f"{tltop.returncode}: {said}")
    expect_no_process(pid, "SIGTERM")


def case_command_leaves(folder):
    """A shell that starts the program and ends: it is shown all the same, and ended with us."""
    shell = ["sh", "-c", f"{TARGET} & exit 0"]
    done = run("-b", "-n", "2", "-d", "0.2", "--", *shell, TMPDIR=folder)
    expect(done.returncode == 0 and "boss" in done.stdout, done.stdout + done.stderr)
    expect_no_process(int(re.search(r"target (\d+)", done.stdout).group(1)), "the last look")
    with Terminal(folder, f"{TLTOP} -- sh -c '{TARGET} & exit 0'", TMPDIR=folder) as terminal:
        pid = int(re.search(r"target (\d+)", terminal.wait(r"target \d+.*live ")).group(1))
        terminal.keys("q")
        terminal.wait(r"End sh \d+ too\?")
        terminal.keys("y")
        terminal.wait(r"status 0")
        expect_no_process(pid, "y")


def case_ends_meanwhile(_):
    """The process ends between two looks of batch mode: the last picture, and an end."""
    with target() as program:
        tltop = subprocess.Popen([TLTOP, "-b", "-d", "0.1", str(program.pid)], stdout=subprocess.PIPE, text=True)
        tltop.stdout.readline()
        program.process.kill()
        program.process.wait()
        rest, _ = tltop.communicate(timeout=DEADLINE)
        expect(tltop.returncode == 0 and "EXITED" in rest and "boss" in rest, rest)


def main():
    cases = {name[5:]: function for name, function in globals().items() if name.startswith("case_")}
    wanted = sys.argv[4:] or list(cases)
    passed = failed = 0
    for name in wanted:
        with tempfile.TemporaryDirectory() as folder:
            try:
                cases[name](folder)
                passed += 1
            except (Failure, subprocess.TimeoutExpired, ValueError, KeyError, AttributeError, OSError) as failure:
                failed += 1
                print(f"FAIL {name}: {type(failure).__name__}: {failure}")
    print(f"terminal: {passed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if failed else 0)


main()
