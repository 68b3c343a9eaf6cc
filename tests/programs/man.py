#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare the manual pages with what they describe.

    man.py [BUILD]                 run in the project's root; BUILD (default build) has bin/ and lib/

Options: each program's --help and its page name the same ones.  Keys: the table of inspector/view/keys.c
and the list in tltop(1) say the same, key by key.  Environment: the library reads exactly the variables of
tasklet(7).  The functions that are mentioned exist, and the example compiles and runs.
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


def same(name, page, other):
    """Two sets: what the page has, what is there."""
    problems = []
    if other - page:
        problems.append("not on the page: " + ", ".join(sorted(other - page)))
    if page - other:
        problems.append("only on the page: " + ", ".join(sorted(page - other)))
    report(name, "; ".join(problems))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def source(name):
    return read(PAGES[name])


def rendered(name):
    """As a reader sees it, without emphasis, on lines that are never broken."""
    text = subprocess.run(["mandoc", "-Tutf8", "-Owidth=400", PAGES[name]], capture_output=True,
                          text=True, check=True).stdout
    return re.sub(".\b", "", text)


def section(text, title):
    """Of a rendered page; `title` may name a subsection."""
    match = re.search(rf"^ *{re.escape(title)}\n(.*?)(?=^\S|^   \S|\Z)", text, re.DOTALL | re.MULTILINE)
    return match.group(1) if match else ""


def check_lint():
    for name, path in PAGES.items():
        done = subprocess.run(["mandoc", "-Tlint", "-W", "warning", path], capture_output=True, text=True)
        report(f"{name}: mandoc -Tlint", done.stdout.strip())


# ---- options

OPTION = re.compile(r"(?<![\w/-])(--[a-z][a-z-]*|-[A-Za-z])(?![\w-])")


def check_options(program):
    page = f"{program}.1"
    path = os.path.join(BUILD, "bin", program)
    if not os.path.exists(path):
        report(f"{program} --help", f"there is no {path}")
        return
    done = subprocess.run([path, "--help"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    report(f"{program} --help", None if done.returncode == 0 and done.stdout else "does not work")
    listed = re.findall(r"^\.It Fl (.*)$", source(page), re.MULTILINE)
    ours = set()
    for line in listed:
        for word in re.sub(r"\b(Ar|Oo|Oc|Op|Ns)\b.*", "", line).replace(",", " ").split():
            ours.add(f"-{word}" if word.startswith("-") or len(word) == 1 else f"-{word}")
    same(f"{page}: options", ours, set(OPTION.findall(done.stdout)))
    synopsis = set(OPTION.findall(section(rendered(page), "SYNOPSIS")))
    report(f"{page}: synopsis", ", ".join(sorted(synopsis - ours)))


# ---- keys

def keys_of_table():
    """{(keys, screens): text} from keys.c."""
    text = read("inspector/view/keys.c")
    header = read("inspector/view/keys.h")
    names = dict(re.findall(r'X\((\w+), "([^"]+)"\)', header))
    screens = re.search(r"enum screen_id \{(.*?)SCREEN_COUNT", header, re.DOTALL).group(1)
    every = [name.strip().removeprefix("SCREEN_") for name in screens.split(",") if name.strip()]
    masks = {f"ON_{name}": 1 << i for i, name in enumerate(every)}
    masks["ON_ALL"] = (1 << len(every)) - 1
    masks |= {name: eval(value, {}, masks)  # names of masks, |, & and ~ only
              for name, value in re.findall(r"#define (ON_\w+) (\([A-Z_ |&~]+\))", text)}
    table = {}
    for mask, keys, help_text in re.findall(
            r'\{ACTION_\w+, ([A-Z_ |&~]+), \{([^}]*)\},\s*(?:"[^"]*"|NULL),\s*"((?:[^"\\]|\\.)*)"\}', text):
        shown = []
        for key in re.findall(r"K\((\w+)\)|CONTROL\('(.)'\)|'(\\.|.)'", keys):
            shown.append(names[key[0]] if key[0] else f"Ctrl-{key[1]}" if key[1] else key[2][-1])
        on = eval(mask, {}, masks)
        digits = [str(i) for i in range(len(every)) if on >> i & 1]
        table[" ".join(shown), " ".join(digits)] = help_text.replace('\\"', '"')
    count = len(re.findall(r"^\t\{ACTION_(?!NONE)", text, re.MULTILINE))
    report("keys.c: every row understood", None if count == len(table) else f"{len(table)} of {count}")
    return table


def keys_of_page():
    """The same from tltop(1), where the text ends with `On screens 1 and 2.` or `Not on screen 0.`"""
    body = re.search(r"^\.Ss Keys\n(.*?)^\.S[sh]", source("tltop.1"), re.DOTALL | re.MULTILINE).group(1)
    table = {}
    for item in re.split(r"^\.It ", body, flags=re.MULTILINE)[1:]:
        head, text = item.split("\n", 1)
        keys = head.removeprefix("Ic ").replace(" ,", "")
        keys = keys.replace(r"\&", "").replace(r"\e", "\\").replace(r"\-", "-")
        text = re.sub(r"^\.(El|Pp)$", "", text, flags=re.MULTILINE)
        text = re.sub(r"^\.(Ev) (\w+)( [.,:;])?$", lambda m: "$" + m[2] + (m[3] or "").strip(), text,
                      flags=re.MULTILINE)
        text = re.sub(r"^\.\w+ ", "", text, flags=re.MULTILINE)
        text = " ".join(text.split())
        match = re.fullmatch(r"(.*?)\.?(?: (On|Not on) screens? ([\d, and]+)\.)?", text)
        screens = set(re.findall(r"\d", match[3] or "01234"))
        if match[2] == "Not on":
            screens = set("01234") - screens
        table[keys, " ".join(sorted(screens))] = match[1]
    return table


def check_keys():
    there, page = keys_of_table(), keys_of_page()
    show = lambda table: {f"{keys} [{screens}] {text[0].lower() + text[1:]}"
                          for (keys, screens), text in table.items()}
    same("tltop.1: keys", show(page), show(there))


def check_words():
    """Fields and properties of filters, and themes."""
    body = re.search(r"^\.Ss Filters\n(.*?)^\.S[sh]", source("tltop.1"), re.DOTALL | re.MULTILINE).group(1)
    listed = set()
    for line in re.findall(r"^\.(?:It )?Cm (.*)$", body, re.MULTILINE):
        listed |= {word for word in line.split() if word not in ",."}
    text = read("inspector/analysis/filter_term.h")
    there = set(re.findall(r'X\(\w+, "([^"]+)"', text[:text.index("enum filter_operator")]))
    same("tltop.1: filters", listed, there)
    item = re.search(r"^\.It Fl -theme.*\n((?:(?!\.It).*\n)*)", source("tltop.1"), re.MULTILINE).group(1)
    themes = set(re.findall(r'^\t\{"([a-z-]+)", "', read("inspector/view/theme.c"), re.MULTILINE))
    same("tltop.1: themes", set(re.findall(r"^\.Cm ([a-z-]+)", item, re.MULTILINE)), themes)


# ---- JSON

def fields_of_page():
    """{what: [fields of the first list, fields of all]} from tldump(1)."""
    body = re.search(r"^\.Ss JSON\n(.*?)^\.El", source("tldump.1"), re.DOTALL | re.MULTILINE).group(1)
    table = {}
    for item in re.split(r"^\.It Cm ", body, flags=re.MULTILINE)[1:]:
        head, text = item.split("\n", 1)
        lines = re.findall(r"^\.Va (.*)$", text.split("\nalso\n")[0], re.MULTILINE)
        all_lines = re.findall(r"^\.Va (.*)$", text, re.MULTILINE)
        words = lambda found: {word for line in found for word in line.split() if word not in ",;"}
        table[head.replace("Fl -", "--")] = words(lines), words(all_lines)
    return table


def check_json():
    """Everything that tldump prints about a deadlock is on its page, and nothing else."""
    page = fields_of_page()
    tldump = os.path.join(BUILD, "bin/tldump")
    target = os.path.join(BUILD, "examples/philosophers")
    if not os.path.exists(tldump) or not os.path.exists(target):
        report("tldump.1: JSON", f"there is no {tldump} or no {target}")
        return
    env = {name: value for name, value in os.environ.items() if not name.startswith("TASKLET_")}
    process = subprocess.Popen([target, "--channels", "--guests", "2"], stdout=subprocess.PIPE, text=True,
                               env=env)
    for line in process.stdout:
        if line.startswith("In "):
            break
    try:
        for what, (first, every) in page.items():
            for more in ([], ["-d", "0.05"]) if every != first and what != "events" else ([],):
                command = [tldump, *what.split(), *more, "--json", str(process.pid)]
                out = subprocess.run(command, capture_output=True, text=True).stdout
                keys = [set(json.loads(line)) - {"schema"} for line in out.splitlines()]
                if what == "waits":  # verdicts follow; `check` has them
                    keys = [some for some in keys if "verdict" not in some]
                seen = set().union(*keys)
                if what == "events":
                    written = set(re.findall(r'"(\w+)"', read("inspector/export/report_events.c")))
                    report("tldump.1: JSON of events", ", ".join(sorted(seen - every | every - written)))
                else:
                    same(f"tldump.1: JSON of {what} {' '.join(more)}", every if more else first, seen)
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
                read_by |= set(re.findall(r'"(TASKLET_[A-Z_]+)"', read(os.path.join(folder, file))))
    listed = set(re.findall(r"^\.It Ev (TASKLET_\w+)$", source("tasklet.7"), re.MULTILINE))
    same("tasklet.7: environment", listed, read_by)


def check_functions():
    declared = set(re.findall(r"\b(tl_\w+)\(", read("lib/tasklet.h")))
    for name in PAGES:
        used = set(re.findall(r"\bFn (tl_\w+)", source(name)))
        report(f"{name}: functions", ", ".join(sorted(used - declared)))


def check_example():
    code = re.search(r"^\.Bd -literal.*?\n(#include.*?)^\.Ed", source("tasklet.7"), re.DOTALL | re.MULTILINE)
    code = code.group(1).replace(r"\e", "\\").replace(r"\&", "")
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "example")
        with open(path + ".c", "w", encoding="utf-8") as file:
            file.write(code)
        library = os.path.join(BUILD, "lib/libtasklet.a")
        built = subprocess.run([*os.environ.get("CC", "cc").split(), "-Wall", "-Wextra", "-Werror", "-Ilib",
                                path + ".c", library, "-o", path], capture_output=True, text=True)
        report("tasklet.7: example compiles", built.stderr)
        if built.returncode == 0:
            done = subprocess.run([path], capture_output=True, text=True)
            report("tasklet.7: example runs", None if (done.returncode, done.stdout) == (0, "hello\n")
                   else f"exit status {done.returncode}, {done.stdout!r}")


def main():
    check_lint()
    check_environment()
    check_functions()
    check_keys()
    check_words()
    check_example()
    check_json()
    for program in ("tltop", "tldump"):
        check_options(program)
    print(f"man: {passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
