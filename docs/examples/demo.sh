#!/bin/sh
# demo.sh BUILD: start the simulation and look at it.  On a terminal: tltop, until `q`; else the screens as text.
build=${1:-build}
if [ -t 0 ] && [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; then
	exec "$build/bin/tltop" -- "$build/examples/simulation" --headless --actors 2000 --seconds 600
fi
"$build/examples/simulation" --headless --actors 2000 --seconds 60 >/dev/null &
simulation=$!
trap 'kill "$simulation" 2>/dev/null' EXIT INT TERM
status=0
for screen in tasks channels waits; do
	printf '\n==== tltop, screen %s ====\n' "$screen"
	"$build/bin/tltop" -b -n 2 -d 0.5 --screen "$screen" "$simulation" | sed -n '1,60p' || status=1
done
printf '\n==== tldump bt --group %s ====\n' "$simulation"
"$build/bin/tldump" bt --group "$simulation" | sed -n '1,60p' || status=1
exit "$status"
