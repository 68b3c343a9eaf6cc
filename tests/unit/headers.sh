#!/bin/sh
# headers.sh: each header compiles alone; those that programs and other tools include, in C++ too.
passed=0 failed=0
cd "$(dirname "$0")/../.." || exit 1

# try COMPILER STANDARD LANGUAGE HEADER
try() {
	if "$1" -std="$2" -Wall -Wextra -Werror -fsyntax-only -x "$3" -DTASKLET_VERSION='""' -include "$4" /dev/null; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $4 as $2"
	fi
}

for header in $(find lib inspector -name '*.h' | sort); do
	try gcc gnu11 c "$header"
done
try gcc c99 c lib/tasklet.h
for standard in c++11 c++20; do
	try g++ "$standard" c++ lib/tasklet.h
done
echo "headers: $passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
