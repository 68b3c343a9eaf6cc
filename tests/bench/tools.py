# SPDX-License-Identifier: MIT
"""How the tools are measured: on a target of 100,000 tasklets that switches at full speed.

The target has a CPU of its own; the tools run on the others.  tltop runs in a terminal of its own
(a pty) at 2 Hz and is stopped and continued, so that windows with and without it alternate: what
it uses of a core, and by how much the target's switches per second drop.  All times leave out what
a process waited for a CPU, so that others do not count, while its sleeping would.
"""

import fcntl
import glob
import mmap
import os
import pty
import shutil
import signal
import statistics
import struct
import subprocess
import tempfile
import termios
import threading
import time
from fnmatch import fnmatchcase

from figures import Key, Sample
from programs import Failure, environment

TASKLETS, HOT = 100_000, 16
BENCHES = {"tltop_cpu": "%", "tltop_slowdown": "%", "tldump_ps": "s", "tldump_bt_group": "s",
           "gdb_info_tasklets": "s"}
WINDOW_S = 1.0     # two looks of tltop
SETTLE_S = 0.05
SHOWN_BYTES = 65536
TOOL_ROUNDS = 5
TIME_LIMIT_S = 60

GDB_LOADER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "gdb",
                          "tasklet-gdb.py")


def key(bench):
    return Key(bench, TASKLETS, "tasklet", "full")


def select(pattern):
    return [b for b in BENCHES if not pattern or fnmatchcase(b, pattern)]


def slowdown_percent(windows):
    """From [(rate with the tool, rate without), ...]: how much slower each pair is with it."""
    return [100 * (1 - on / off) for on, off in windows]


def _run_delay_ns(pid):
    """How long the process's first thread has waited for a CPU."""
    with open(f"/proc/{pid}/schedstat") as stat:
        return int(stat.read().split()[1])


def _cpu_s(pid):
    """CPU seconds of all threads of a process, at the resolution of the scheduler's own clock."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with open(path) as stat:
            total += int(stat.read().split()[0])
    return total / 1e9


class Target:
    """The process that is looked at; use it as a context."""

    def __init__(self, path, cpu):
        self.file = tempfile.NamedTemporaryFile(prefix="bench-target-")
        self.file.truncate(8)
        self.process = subprocess.Popen(
            [path, str(TASKLETS), str(HOT), self.file.name], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env=environment("full"),
            preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
        self.pid = self.process.pid
        self.switches = mmap.mmap(self.file.fileno(), 8)

    def __enter__(self):
        if self.process.stdout.readline() != b"ready\n":
            raise Failure("target: did not become ready")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.switches.close()
        self.file.close()

    def rate(self, seconds):
        """Switches per second, over a window, of the time that it was not kept from its CPU."""
        before = self._now()
        time.sleep(seconds)
        after = self._now()
        return (after[0] - before[0]) / (after[1] - before[1])

    def _now(self):
        count = struct.unpack("=Q", self.switches[:8])[0]
        return count, time.monotonic() - _run_delay_ns(self.pid) / 1e9


class Terminal:
    """A program in an 80x24 terminal whose output is read and counted; use it as a context."""

    def __init__(self, command, cpus):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.sched_setaffinity(0, cpus)
            os.environ["TERM"] = "xterm-256color"
            try:
                os.execv(command[0], command)
            finally:
                os._exit(127)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.bytes = 0
        self.shown = b""  # the first of it
        self.reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self):
        self.reader.start()
        return self

    def _read(self):
        try:
            while data := os.read(self.master, 65536):
                self.bytes += len(data)
                self.shown += data if len(self.shown) < SHOWN_BYTES else b""
        except OSError:
            pass  # its end is closed: the program has ended

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        os.kill(self.pid, signal.SIGCONT)
        os.waitpid(self.pid, 0)
        self.reader.join()
        os.close(self.master)


class Tools:
    def __init__(self, options, programs, results, progress):
        self.options = options
        self.programs = programs
        self.results = results
        self.progress = progress
        self.cpus = os.sched_getaffinity(0) - {options.cpu} or {options.cpu}

    def run(self, benches):
        path = self.programs.build("target")
        with Target(path, self.options.cpu) as target:
            for names, measure in ((("tldump_ps",), self.tldump_ps),
                                   (("tldump_bt_group",), self.tldump_bt),
                                   (("tltop_cpu", "tltop_slowdown"), self.tltop),
                                   (("gdb_info_tasklets",), self.gdb)):
                if not set(names) & set(benches):
                    continue
                try:
                    measure(target)
                except Failure as failure:
                    self.results.missing.append(str(failure))
                    self.progress(str(failure))

    def tool(self, name):
        path = os.path.join(self.options.build, "bin", name)
        if not os.access(path, os.X_OK):
            raise Failure(f"{path} is not there")
        return path

    def add(self, bench, values):
        for i, value in enumerate(values):
            self.results.add(key(bench), BENCHES[bench], Sample(i, (value,)))

    def timed(self, command, must_hold):
        """(seconds, output) of a command that must succeed, with output that must_hold.  The
        seconds are those in which it was not kept from a CPU; its output goes to a file, so that
        nobody competes with it by reading."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            started = time.monotonic()
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                       preexec_fn=lambda: os.sched_setaffinity(0, self.cpus))
            limit = threading.Timer(TIME_LIMIT_S, process.kill)
            limit.start()
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            seconds = time.monotonic() - started - _run_delay_ns(process.pid) / 1e9
            limit.cancel()
            status = process.wait()
            out.seek(0)
            err.seek(0)
            text, errors = out.read(), err.read().strip()
        if status or not must_hold(text):
            raise Failure(f"{' '.join(command)}: exit {status}, {len(text)} bytes: {errors[:200]}")
        return seconds, text

    def tldump_ps(self, target):
        command = [self.tool("tldump"), "ps", "--json", str(target.pid)]
        self.add("tldump_ps", [self.timed(command, lambda out: out.count('"id"') >= TASKLETS)[0]
                               for _ in range(TOOL_ROUNDS)])

    def tldump_bt(self, target):
        command = [self.tool("tldump"), "bt", "--group", str(target.pid)]
        self.add("tldump_bt_group", [self.timed(command, lambda out: "wait_below" in out)[0]
                                     for _ in range(TOOL_ROUNDS)])

    def tltop(self, target):
        pairs = self.options.pairs
        shares, windows = [], []
        with Terminal([self.tool("tltop"), "-d", "0.5", str(target.pid)], self.cpus) as terminal:
            time.sleep(2)  # its first look reads all there is
            if b"waiter" not in terminal.shown or b"100k" not in terminal.shown:
                raise Failure(f"tltop: does not show the target: {terminal.shown[:200]!r}")
            for i in range(pairs):
                order = (True, False) if i % 2 == 0 else (False, True)
                rates = {}
                for on in order:
                    os.kill(terminal.pid, signal.SIGCONT if on else signal.SIGSTOP)
                    time.sleep(SETTLE_S)
                    shown, used, started = terminal.bytes, _cpu_s(terminal.pid), time.monotonic()
                    rates[on] = target.rate(WINDOW_S)
                    if on:
                        used = _cpu_s(terminal.pid) - used
                        shares.append(100 * used / (time.monotonic() - started))
                        if terminal.bytes == shown:
                            raise Failure("tltop: showed nothing in a second")
                windows.append((rates[True], rates[False]))
        self.add("tltop_cpu", shares)
        self.add("tltop_slowdown", slowdown_percent(windows))
        speed = statistics.median(off for _, off in windows)
        self.progress(f"tltop: the target does {speed / 1e6:.1f} million switches/s without it")

    def gdb(self, target):
        if not shutil.which("gdb"):
            raise Failure("gdb is not installed (Debian package gdb)")
        now = "time.monotonic() - int(open('/proc/self/schedstat').read().split()[1]) / 1e9"
        timing = (f"python import time; start = {now}; "
                  "out = gdb.execute('info tasklets', to_string=True); "
                  f"print('took', {now} - start, out.count('\\n'))")
        command = ["gdb", "-batch", "-nx", "-iex", "set debuginfod enabled off",
                   "-p", str(target.pid), "-ex", f"source {GDB_LOADER}", "-ex", timing]
        seconds = []
        for _ in range(TOOL_ROUNDS - 2):
            _, out = self.timed(command, lambda out: "took " in out)
            took, rows = out.split("took ")[1].split()[:2]
            if int(rows) < TASKLETS:
                raise Failure(f"gdb: info tasklets shows {rows} lines")
            seconds.append(float(took))
        self.add("gdb_info_tasklets", seconds)
