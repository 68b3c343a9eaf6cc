#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare the manual pages with what they describe.

    man.py [BUILD]       run in the project's root; BUILD (default build) has bin, lib and examples

Options: each program's --help and its page name the same ones.  Keys, filters and themes: the
tables in inspector/ and the lists in tltop(1) say the same.  JSON: what tldump prints has the
fields of tldump(1).  The library reads exactly the variables of tasklet(7), gdb has exactly its
commands, the functions that it mentions exist, and its example compiles and runs.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
PAGES = {name: f"docs/man/{name}" for name in ("tasklet.7", "tltop.1", "tldump.1")}

passed, failed = 0, 0


def report(name, problem):
    global passed, failed
    if problem:
        failed += 1
        print(f"FAIL {name}: {problem}")
    else:
        passed += 1


def same(name, page, there):
    """Two sets: what the page has, and what there is."""
    problems = []
    if there - page:
        problems.append("not on the page: " + ", ".join(sorted(there - page)))
    if page - there:
        problems.append("only on the page: " + ", ".join(sorted(page - there)))
    report(name, "; ".join(problems))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def run(*command, env=None):
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env=env)


# ---- the pages, as mdoc

def page(name):
    return read(PAGES[name])


def subsection(name, title):
    """The lines below `.Ss title`, up to the next section."""
    match = re.search(rf"^\.Ss {title}\n(.*?)^\.S[sh] ", page(name), re.DOTALL | re.MULTILINE)
    return match.group(1)


def items(text, macro):
    """[(head, body)] of the lines `.It macro head`."""
    parts = re.split(rf"(?m)^\.It {macro} ", text)[1:]
    return [tuple(re.split(r"(?m)^\.It ", part)[0].split("\n", 1)) for part in parts]


def words(text, macro):
    """All words of lines that begin with this macro."""
    lines = re.findall(rf"^\.(?:It )?{macro} (.*)$", text, re.MULTILINE)
    return {word for line in lines for word in line.split() if word not in ",.;"}


def check_lint():
    for name, path in PAGES.items():
        done = run("mandoc", "-Tlint", "-W", "warning", path)
        report(f"{name}: mandoc -Tlint", done.stdout.strip())


# ---- options

def check_options(program):
    name = f"{program}.1"
    path = os.path.join(BUILD, "bin", program)
    if not os.path.exists(path):
        report(f"{program} --help", f"there is no {path}")
        return
    done = run(path, "--help")
    works = done.returncode == 0 and done.stdout
    report(f"{program} --help", None if works else "does not work")
    ours = set()
    for head, _ in items(page(name), "Fl"):
        ours |= {"-" + word for word in head.split(" Ar ")[0].replace(",", " ").split()}
    option = re.compile(r"(?<![\w/-])(--[a-z][a-z-]*|-[A-Za-z])(?![\w-])")
    same(f"{name}: options", ours, set(option.findall(done.stdout)))
    synopsis = re.search(r"(?sm)^\.Sh SYNOPSIS\n(.*?)^\.Sh", page(name)).group(1)
    used = {"-" + word for word in re.findall(r"\bFl ([-\w]+)", synopsis)}
    report(f"{name}: synopsis", ", ".join(sorted(used - ours)))


# ---- keys

SCREENS = "01234"


def screen_masks(text, header):
    """{name: bits} of the ON_ names in keys.h and keys.c."""
    listed = re.search(r"(?s)enum screen_id \{(.*?), SCREEN_COUNT", header).group(1)
    every = [name.strip().removeprefix("SCREEN_") for name in listed.split(",")]
    masks = {f"ON_{name}": 1 << i for i, name in enumerate(every)}
    masks["ON_ALL"] = (1 << len(every)) - 1
    for name, value in re.findall(r"#define (ON_\w+) (\([A-Z_ |&~]+\))", text):
        masks[name] = eval(value, {}, masks)  # names, |, & and ~ only
    return masks


def keys_of_table():
    """{(keys, screens): text} from keys.c."""
    text, header = read("inspector/view/keys.c"), read("inspector/view/keys.h")
    names = dict(re.findall(r'X\((\w+), "([^"]+)"\)', header))
    masks = screen_masks(text, header)
    row = re.compile(r'\{ACTION_\w+, ([A-Z_ |&~]+), \{([^}]*)\},\s*(?:"[^"]*"|NULL),\s*'
                     r'"((?:[^"\\]|\\.)*)"\}')
    table = {}
    for mask, keys, help_text in row.findall(text):
        shown = [names.get(named) or (f"Ctrl-{control}" if control else plain[-1:])
                 for named, control, plain
                 in re.findall(r"K\((\w+)\)|CONTROL\('(.)'\)|'(\\.|.)'", keys)]
        on = eval(mask, {}, masks)
        screens = " ".join(digit for i, digit in enumerate(SCREENS) if on >> i & 1)
        table[" ".join(shown), screens] = help_text.replace('\\"', '"')
    count = len(re.findall(r"(?m)^\t\{ACTION_(?!NONE)", text))
    report("keys.c: rows", None if count == len(table) else f"read {len(table)} of {count}")
    return table


def keys_of_page():
    """The same from tltop(1), where the text ends with `On screens 1 and 2.`, `Not on screen 0.`"""
    table = {}
    for head, text in items(subsection("tltop.1", "Keys"), "Ic"):
        keys = head.replace(" ,", "").replace(r"\&", "").replace(r"\e", "\\").replace(r"\-", "-")
        text = re.sub(r"^\.(El|Pp)$", "", text, flags=re.MULTILINE)
        text = re.sub(r"^\.Ev (\w+)(?: ([.,:;]))?$", r"$\1\2", text, flags=re.MULTILINE)
        text = " ".join(text.split())
        match = re.fullmatch(r"(.*?)\.?(?: (On|Not on) screens? ([\d, and]+)\.)?", text)
        screens = set(re.findall(r"\d", match[3] or SCREENS))
        if match[2] == "Not on":
            screens = set(SCREENS) - screens
        table[keys, " ".join(sorted(screens))] = match[1]
    return table


def check_keys():
    def shown(table):
        return {f"{keys} [{screens}] {text[0].lower() + text[1:]}"
                for (keys, screens), text in table.items()}

    same("tltop.1: keys", shown(keys_of_page()), shown(keys_of_table()))


def check_words():
    """Fields and properties of filters, and themes."""
    text = read("inspector/analysis/filter_term.h")
    there = re.findall(r'X\(\w+, "([^"]+)"', text[:text.index("enum filter_operator")])
    same("tltop.1: filters", words(subsection("tltop.1", "Filters"), "Cm"), set(there))
    themes = re.findall(r'^\t\{"([a-z-]+)", "', read("inspector/view/theme.c"), re.MULTILINE)
    listed = [words(body, "Cm") for head, body in items(page("tltop.1"), "Fl") if "-theme" in head]
    same("tltop.1: themes", listed[0], set(themes))


# ---- JSON

def fields_of_page():
    """[(what, always, all)] from tldump(1): with which command, which fields."""
    table = []
    for head, text in items(subsection("tldump.1", "JSON"), "Cm"):
        always = words(text.split("\nalso\n")[0], "Va")
        table.append((head.replace("Fl -", "--"), always, words(text.split(".El")[0], "Va")))
    return table


def fields_printed(*command):
    """Of lines that are no verdicts, and of those that are."""
    plain, verdicts = set(), set()
    for line in run(*command, "--json").stdout.splitlines():
        keys = set(json.loads(line)) - {"schema"}
        if "verdict" in keys:
            verdicts |= keys
        else:
            plain |= keys
    return plain, verdicts


def check_fields(tldump, pid):
    for what, always, every in fields_of_page():
        verb = what.split()
        plain, verdicts = fields_printed(tldump, *verb, pid)
        if verb[0] == "events":  # what is there depends on what happened
            written = set(re.findall(r'"(\w+)"', read("inspector/export/report_events.c")))
            wrong = (plain - every) | (every - written)
            report("tldump.1: JSON of events", ", ".join(sorted(wrong)))
            continue
        same(f"tldump.1: JSON of {what}", always, verdicts if verb[0] == "check" else plain)
        if every != always:
            plain, _ = fields_printed(tldump, *verb, "-d", "0.05", pid)
            same(f"tldump.1: JSON of {what} -d", every, plain)


def check_json():
    """Everything that tldump tells of a deadlock is on its page, and nothing else."""
    tldump = os.path.join(BUILD, "bin/tldump")
    target = os.path.join(BUILD, "examples/philosophers")
    if not os.path.exists(tldump) or not os.path.exists(target):
        report("tldump.1: JSON", f"there is no {tldump} or no {target}")
        return
    env = {name: value for name, value in os.environ.items() if not name.startswith("TASKLET_")}
    process = subprocess.Popen([target, "--channels", "--guests", "2"], stdout=subprocess.PIPE,
                               text=True, env=env)
    try:
        for line in process.stdout:
            if line.startswith("In "):  # all are stuck now
                break
        check_fields(tldump, str(process.pid))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


# ---- tasklet(7)

def check_environment():
    read_by = set()
    for folder, _, files in os.walk("lib"):
        for file in files:
            if file.endswith(".c"):
                text = read(os.path.join(folder, file))
                read_by |= set(re.findall(r'"(TASKLET_[A-Z_]+)"', text))
    listed = set(re.findall(r"^\.It Ev (TASKLET_\w+)$", page("tasklet.7"), re.MULTILINE))
    same("tasklet.7: environment", listed, read_by)


def check_functions():
    declared = set(re.findall(r"\b(tl_\w+)\(", read("lib/tasklet.h")))
    for name in PAGES:
        used = set(re.findall(r"\bFn (tl_\w+)", page(name)))
        report(f"{name}: functions", ", ".join(sorted(used - declared)))


def check_gdb():
    """The commands and their flags, against the usage lines in the commands' own help."""
    there = set()
    for file in os.listdir("gdb/tasklet"):
        text = read("gdb/tasklet/" + file) if file.endswith(".py") else ""
        for usage in re.findall(r'^Usage: ([a-z$].*?)"*$', text, re.MULTILINE):
            name = re.match(r"[$\w-]+(?: [a-z]+\b(?![|.])(?:-[a-z]+)*)*", usage).group(0)
            there.add(" ".join([name, *re.findall(r"(?<=\[)-[a-z]+", usage)]))
    there = {usage for usage in there if not usage.startswith("maintenance")}
    listed = set()
    for head, _ in items(subsection("tasklet.7", "In gdb"), "Ic"):
        flags = ["-" + flag for flag in re.findall(r"Fl (\w+)", head)]
        for name in re.split(r" [A-Z][a-z] ", head)[0].split(" , "):
            listed.add(" ".join([name.removesuffix("()"), *flags]))
    same("tasklet.7: gdb commands", listed, there)


def check_example():
    code = re.search(r"^\.Bd -literal.*?\n(#include.*?)^\.Ed", page("tasklet.7"),
                     re.DOTALL | re.MULTILINE).group(1)
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "example")
        with open(path + ".c", "w", encoding="utf-8") as file:
            file.write(code.replace(r"\e", "\\").replace(r"\&", ""))
        built = run(*os.environ.get("CC", "cc").split(), "-Wall", "-Wextra", "-Werror", "-Ilib",
                    path + ".c", os.path.join(BUILD, "lib/libtasklet.a"), "-o", path)
        report("tasklet.7: example compiles", built.stderr)
        if built.returncode == 0:
            done = run(path)
            report("tasklet.7: example runs",
                   None if (done.returncode, done.stdout) == (0, "hello\n")
                   else f"exit status {done.returncode}, {done.stdout!r}")


def main():
    check_lint()
    for program in ("tltop", "tldump"):
        check_options(program)
    check_keys()
    check_words()
    check_json()
    check_environment()
    check_functions()
    check_gdb()
    check_example()
    print(f"man: {passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
