# SPDX-License-Identifier: MIT
"""The bench programs: how they are built, and one run of one of them.

Ours is linked with the shared library of the build.  A peer whose compiler or header is not there
is named, not fatal; one that is there but does not build is an error.
"""

import os
import shutil
import subprocess

SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")
INCLUDE = os.path.join(SOURCES, "..", "..", "..", "lib")

C_FLAGS = ["-std=gnu11", "-O2", "-g", "-Wall", "-Wextra"]
OURS = ["tasklet_main.c", "tasklet_yield.c", "tasklet_channel.c", "tasklet_spawn.c",
        "tasklet_memory.c", "measure.c"]
HEADERS = ["measure.h", "tasklet_workloads.h"]

# who: (sources, header that must be there, Debian package, libraries)
C_PEERS = {
    "st": (["peer_st.c", "measure.c"], "st.h", "libst-dev", ["-lst"]),
    "pth": (["peer_pth.c", "measure.c"], "pth.h", "libpth-dev", ["-lpth"]),
}
FIBER = (["peer_fiber.cpp"], "boost/fiber/all.hpp", "libboost-fiber-dev",
         ["-lboost_fiber", "-lboost_context"])

TIME_LIMIT_S = 180


class Failure(Exception):
    """A program that could not be built, or did not end as it should; the text says why."""


class Missing(Exception):
    """A peer that is not installed; the text says what to install."""


def _paths(names):
    return [os.path.join(SOURCES, name) for name in names]


def _is_fresh(output, inputs):
    if not os.path.exists(output):
        return False
    built = os.path.getmtime(output)
    return all(os.path.getmtime(path) <= built for path in inputs)


def _compile(command, environment=None):
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise Failure(f"{' '.join(command)}\n{done.stderr.strip()}")


def _has_header(compiler, language, header):
    probe = subprocess.run([compiler, "-x", language, "-E", "-"], input=f"#include <{header}>\n",
                           capture_output=True, text=True)
    return probe.returncode == 0


class Programs:
    """Builds into `folder`, with the library in `library`, and knows the path of each program."""

    def __init__(self, folder, library):
        self.folder = folder
        self.library = library
        self.cc = os.environ.get("CC", "cc")
        self.cxx = os.environ.get("CXX", "c++")
        os.makedirs(folder, exist_ok=True)

    def path(self, who):
        return os.path.join(self.folder, who)

    def build(self, who):
        if who == "tasklet":
            self._build_ours()
        elif who == "target":
            self._build_with_library(who, ["target.c"])
        elif who == "go":
            self._build_go()
        elif who == "boost.fiber":
            self._build_fiber()
        else:
            self._build_c_peer(who)
        return self.path(who)

    def _build_ours(self):
        self._build_with_library("tasklet", OURS)

    def _build_with_library(self, name, sources):
        library = os.path.join(self.library, "libtasklet.so")
        if not os.path.exists(library):
            raise Failure(f"{library} is not there: run make first")
        header = os.path.join(INCLUDE, "tasklet.h")
        output = self.path(name)
        if _is_fresh(output, _paths(sources + HEADERS) + [header]):
            return
        _compile([self.cc, *C_FLAGS, "-I", INCLUDE, "-o", output, *_paths(sources),
                  "-L", self.library, "-ltasklet",
                  f"-Wl,-rpath,{os.path.abspath(self.library)}"])

    def _build_go(self):
        if not shutil.which("go"):
            raise Missing("go is not installed (Debian package golang-go)")
        output, sources = self.path("go"), _paths(["peer_go.go"])
        if _is_fresh(output, sources):
            return
        cache = os.path.abspath(os.path.join(self.folder, "go-cache"))
        _compile(["go", "build", "-o", os.path.abspath(output), *sources],
                 dict(os.environ, GOCACHE=cache, GO111MODULE="off", GOFLAGS=""))

    def _build_fiber(self):
        names, header, package, libraries = FIBER
        if not shutil.which(self.cxx) or not _has_header(self.cxx, "c++", header):
            raise Missing(f"boost.fiber is not installed (Debian package {package})")
        output, measure = self.path("boost.fiber"), self.path("measure.o")
        if _is_fresh(output, _paths(names + ["measure.c", "measure.h"])):
            return
        _compile([self.cc, *C_FLAGS, "-c", "-o", measure, *_paths(["measure.c"])])
        _compile([self.cxx, "-std=c++17", "-O2", "-Wall", "-Wextra", "-o", output, *_paths(names),
                  measure, *libraries])

    def _build_c_peer(self, who):
        names, header, package, libraries = C_PEERS[who]
        if not _has_header(self.cc, "c", header):
            raise Missing(f"{who} is not installed (Debian package {package})")
        output = self.path(who)
        if _is_fresh(output, _paths(names + ["measure.h"])):
            return
        _compile([self.cc, *C_FLAGS, "-o", output, *_paths(names), *libraries])


def environment(trace, workload=None, library=None):
    """Nothing of the caller's TASKLET_ variables; room for skynet's 1.1 million tasklets."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TASKLET_")}
    clean["TASKLET_TRACE"] = trace
    if workload and workload.startswith("skynet"):
        clean["TASKLET_MAX"] = str(1 << 21)
    if library:
        clean["LD_LIBRARY_PATH"] = library
    return clean


def run_once(path, run, cpu, library=None):
    """One process, pinned to one CPU: {"figure": [...], "calibration": [...], "rdtsc": [...]}."""
    command = [path, run.workload, str(run.n), str(run.operations), str(run.repetitions)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT_S,
                              env=environment(run.trace, run.workload, library),
                              stdin=subprocess.DEVNULL,
                              preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
    except subprocess.TimeoutExpired:
        raise Failure(f"{' '.join(command)}: not done after {TIME_LIMIT_S} s") from None
    if done.returncode:
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"exit {done.returncode}"
        raise Failure(f"{' '.join(command)}: {how}: {done.stderr.strip()[:200]}")
    figures = parse(done.stdout)
    if len(figures["figure"]) != run.repetitions:
        raise Failure(f"{' '.join(command)}: {len(figures['figure'])} figures")
    return figures


def parse(output):
    figures = {"figure": [], "calibration": [], "rdtsc": []}
    for line in output.splitlines():
        what, _, value = line.partition(" ")
        figures[what].append(float(value))
    return figures
