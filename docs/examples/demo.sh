#!/bin/sh
# demo.sh BUILD: start the simulation and look at it.  On a terminal: tltop, until `q`; else the screens as text.
build=${1:-build}
if [ -t 0 ] && [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; then
	exec "$build/bin/tltop" --group stack -- "$build/examples/simulation" --headless --actors 2000 --seconds 600
fi

"$build/examples/simulation" --headless --actors 2000 --seconds 60 >/dev/null &
simulation=$!
trap 'kill "$simulation" 2>/dev/null' EXIT INT TERM
status=0

# show TITLE COMMAND...: the first lines of what it prints
show() {
	printf '\n==== %s ====\n' "$1"
	shift
	if shown=$("$@"); then
		printf '%s\n' "$shown" | sed -n '1,24p'
	else
		status=1
	fi
}

show 'tltop, screen tasks' "$build/bin/tltop" -b -n 1 --group stack "$simulation"
show 'tltop, screen channels' "$build/bin/tltop" -b -n 1 --screen channels "$simulation"
show 'tltop, screen waits' "$build/bin/tltop" -b -n 1 --screen waits "$simulation"
show 'tldump bt --group' "$build/bin/tldump" bt --group "$simulation"
show 'tldump events -n 8' "$build/bin/tldump" events -n 8 "$simulation"
exit "$status"
