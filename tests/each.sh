#!/bin/sh
# each.sh DIRECTORY [WRAPPER...]: run every test program of a folder; one that ends without its count has failed.
# EXCEPT: names of programs that are left out.
folder=$1
shift
status=0
for program in "$folder"/*; do
	[ -x "$program" ] || continue
	name=$(basename "$program")
	case " $EXCEPT " in *" $name "*) continue ;; esac
	output=$("$@" "$program" 2>&1) || status=1
	printf '%s\n' "$output"
	printf '%s\n' "$output" | grep -q "^$name: [0-9]* passed, [0-9]* failed, [0-9]* skipped\$" || {
		echo "$name: 0 passed, 1 failed, 0 skipped"
		status=1
	}
done
exit $status
