# tasklet: one Makefile, not recursive.  `make help` lists the targets.
VERSION := 0.1.0
SOVERSION := 0
prefix ?= /usr/local
DESTDIR ?=
libdir ?= $(prefix)/lib
bindir ?= $(prefix)/bin
includedir ?= $(prefix)/include
mandir ?= $(prefix)/share/man
datadir ?= $(prefix)/share
# gdb looks for scripts of libraries below its own data directory, under the library's full path; who may not write
# there gets them elsewhere, and says `add-auto-load-scripts-directory` in ~/.gdbinit
gdbautoload ?= $(if $(shell [ -w /usr/share ] && echo yes)$(DESTDIR),/usr/share/gdb/auto-load,$(datadir)/gdb/auto-load)

CC := gcc
V ?= 0
Q := $(if $(filter 1,$(V)),,@)

# One folder a flavour, so that they never mix: plain, asan, valgrind.
B ?= build
SANITIZE ?=
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(if $(CI),-Werror)
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(WARN) $(CFLAGS) $(SANITIZE) -MMD -MP
# UBSan's null check on a thread-local's address reads flags that the linker's relaxation of its access does not set.
LIB_CFLAGS = $(ALL_CFLAGS) $(if $(findstring undefined,$(SANITIZE)),-fno-sanitize=null) -fPIC -fvisibility=hidden -fno-plt -fno-tree-slp-vectorize \
	-fasynchronous-unwind-tables -DTASKLET_VERSION='"$(VERSION)"'

.PHONY: tests all deps demo check check-asan check-valgrind bench lint install uninstall clean help lib
.DEFAULT_GOAL := all

# ---- lib ----

LIB_SOURCES := \
	lib/arch/x86_64.S \
	lib/trace/clock.c lib/trace/segment.c lib/trace/strings.c \
	lib/core/channel.c lib/core/channel_api.c lib/core/channel_careful.c lib/core/cycle.c \
	lib/core/empty.c lib/core/end.c lib/core/environment.c lib/core/fork.c lib/core/format.c \
	lib/core/hooks.c lib/core/idle.c lib/core/info.c lib/core/join.c lib/core/mutex.c \
	lib/core/note.c lib/core/object.c lib/core/overflow.c lib/core/record.c lib/core/report.c \
	lib/core/ring.c lib/core/scheduler.c lib/core/site.c lib/core/stack.c lib/core/switch.c \
	lib/core/task.c lib/core/throw.c lib/core/timer.c lib/core/turn.c lib/core/wait.c
LIB_OBJECTS := $(patsubst %,$(B)/obj/%.o,$(basename $(LIB_SOURCES)))
LIB_SO := $(B)/lib/libtasklet.so
LIB_A := $(B)/lib/libtasklet.a

lib: $(LIB_SO) $(LIB_A)

$(B)/obj/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(LIB_CFLAGS) -c $< -o $@

$(B)/obj/lib/%.o: lib/%.S
	@mkdir -p $(@D)
	$(Q)$(CC) $(LIB_CFLAGS) -c $< -o $@

# One object: its internal names cannot meet those of a program (they become local), and all of its code lies in one
# section, so that tools can tell its frames from the program's, in a static program too.
LIB_OBJECT := $(B)/obj/lib/tasklet.o

$(LIB_OBJECT): $(LIB_OBJECTS) lib/tasklet.ld
	$(Q)ld -r -T lib/tasklet.ld -o $@ $(LIB_OBJECTS)
	$(Q)objcopy --localize-hidden $@

$(LIB_SO).$(SOVERSION): $(LIB_OBJECT) lib/tasklet.map
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -shared -Wl,-soname,libtasklet.so.$(SOVERSION) -Wl,-z,now \
		-Wl,--version-script=lib/tasklet.map -o $@ $(LIB_OBJECT) -pthread

$(LIB_SO): $(LIB_SO).$(SOVERSION)
	$(Q)ln -sf $(<F) $@

$(LIB_A): $(LIB_OBJECT)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs $@ $(LIB_OBJECT)

# ---- the tools ----

INSPECTOR_SOURCES := \
	inspector/analysis/filter.c inspector/analysis/filter_match.c inspector/analysis/groups.c \
	inspector/analysis/label.c inspector/analysis/rates.c inspector/analysis/sort.c \
	inspector/analysis/stacks.c inspector/analysis/wait_graph.c inspector/analysis/waits.c \
	inspector/analysis/waits_confirm.c inspector/analysis/waits_describe.c inspector/export/json.c \
	inspector/export/output.c inspector/export/progress.c inspector/export/report_backtraces.c \
	inspector/export/report_channels.c inspector/export/report_events.c \
	inspector/export/report_parts.c inspector/export/report_tasks.c \
	inspector/export/report_verdicts.c inspector/export/report_waits.c inspector/export/table.c \
	inspector/model/backtraces.c inspector/model/clock.c inspector/model/debug_file.c \
	inspector/model/demangle.c inspector/model/eh_frame.c inspector/model/history.c \
	inspector/model/layout.c inspector/model/lines.c inspector/model/lookup.c \
	inspector/model/model.c inspector/model/names.c inspector/model/objects.c \
	inspector/model/places.c inspector/model/record.c inspector/model/ring_reader.c \
	inspector/model/schedulers.c inspector/model/segment.c inspector/model/snapshot.c \
	inspector/model/stack_cache.c inspector/model/stacks.c inspector/model/symbols.c \
	inspector/model/tasks.c inspector/model/unwind.c inspector/model/waiters.c \
	inspector/source/core.c inspector/source/core_notes.c inspector/source/elf_file.c \
	inspector/source/list.c inspector/source/modules.c inspector/source/proc.c \
	inspector/source/process.c inspector/source/process_memory.c inspector/source/process_threads.c \
	inspector/source/source.c inspector/source/text.c
VIEW_SOURCES := \
	inspector/view/channel_waiters.c inspector/view/channels.c inspector/view/columns.c \
	inspector/view/dispatch.c inspector/view/event_text.c inspector/view/format.c \
	inspector/view/frame.c inspector/view/grid.c inspector/view/help.c inspector/view/idset.c \
	inspector/view/keys.c inspector/view/menu.c inspector/view/print.c inspector/view/processes.c \
	inspector/view/prompt.c inspector/view/sample.c inspector/view/task.c \
	inspector/view/task_cells.c inspector/view/task_rows.c inspector/view/tasks.c \
	inspector/view/terminal.c inspector/view/theme.c inspector/view/viewer.c \
	inspector/view/wait_lines.c inspector/view/waits_screen.c inspector/view/warnings.c
INSPECTOR_OBJECTS := $(INSPECTOR_SOURCES:%.c=$(B)/obj/%.o)
VIEW_OBJECTS := $(VIEW_SOURCES:%.c=$(B)/obj/%.o)
TLDUMP_OBJECTS := $(addprefix $(B)/obj/inspector/,tldump.o tldump_options.o)
TLTOP_OBJECTS := $(addprefix $(B)/obj/inspector/,tltop.o tltop_batch.o tltop_launch.o tltop_live.o tltop_options.o)
TOOL_LIBS := -lunwind-x86_64 -lunwind -ldw -lelf
TOOLS := $(B)/bin/tltop $(B)/bin/tldump

$(B)/obj/inspector/%.o: inspector/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -DTASKLET_VERSION='"$(VERSION)"' -c $< -o $@

$(B)/bin/tldump: $(TLDUMP_OBJECTS) $(INSPECTOR_OBJECTS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ $(TOOL_LIBS) -pthread

$(B)/bin/tltop: $(TLTOP_OBJECTS) $(VIEW_OBJECTS) $(INSPECTOR_OBJECTS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ $(TOOL_LIBS) -lncursesw -ltinfo -pthread

# ---- examples: with -Og, so that their own functions are in backtraces ----

EXAMPLES := $(addprefix $(B)/examples/,hello bossworker simulation philosophers)

$(B)/obj/docs/examples/%.o: docs/examples/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -Og -Ilib -c $< -o $@

$(B)/examples/simulation: $(B)/obj/docs/examples/simulation_screen.o
$(EXAMPLES): $(B)/examples/%: $(B)/obj/docs/examples/%.o $(LIB_A)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $(filter %.o,$^) $(LIB_A) -lncursesw -ltinfo -pthread

# ---- tests ----

HARNESS_OBJECTS := $(addprefix $(B)/obj/tests/harness/,expect.o runner.o tasklets.o)
# What random programs are compared with: the rules as a program of its own.
HARNESS_MODEL := $(addprefix $(B)/obj/tests/harness/,model.o model_program.o model_world.o)
CONFORMANCE := $(addprefix $(B)/tests/conformance/, \
	buffered_channels callbacks_that_act deadlines environment fairness fork_threads join \
	kept_tasklets limits misuse mutex names_and_info os_threads priorities random_programs \
	release_and_join section01_ring section02_states section03_run_switch section04_schedule_remove \
	section05_channels section06_preference section07_closing section08_sent_errors \
	section09_throw_kill section10_uncaught section11_deadlock section12_traps section14_nested_runs \
	section15_atomic section16_callbacks section18_hazards section19_idioms sleep thread_churn \
	value_and_errors)

$(B)/obj/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -fvisibility=hidden -Ilib -Itests/harness -c $< -o $@

$(B)/tests/conformance/random_programs: $(HARNESS_MODEL)
$(CONFORMANCE): $(B)/tests/conformance/%: $(B)/obj/tests/conformance/%.o $(HARNESS_OBJECTS) $(LIB_A)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -pthread

# The same, linked with the shared library: thread-locals and symbols work otherwise there.
CONFORMANCE_SHARED := $(CONFORMANCE:$(B)/tests/conformance/%=$(B)/tests/conformance_shared/%)

$(B)/tests/conformance_shared/random_programs: $(HARNESS_MODEL)
$(CONFORMANCE_SHARED): $(B)/tests/conformance_shared/%: $(B)/obj/tests/conformance/%.o $(HARNESS_OBJECTS) $(LIB_SO)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $(filter %.o,$^) -L$(B)/lib -ltasklet -Wl,-rpath,'$$ORIGIN/../../lib' -pthread

PROGRAMS := $(B)/tests/programs/accident

$(B)/tests/programs/accident: $(B)/obj/tests/programs/accident.o $(LIB_A)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -pthread

# Hand-made pictures stand in for the model and the source: of these only what the pictures do not define is linked.
INSPECTOR_A := $(B)/obj/inspector.a

$(INSPECTOR_A): $(INSPECTOR_OBJECTS)
	$(Q)rm -f $@ && ar rcs $@ $^

UNIT_COMMON := $(addprefix $(B)/obj/tests/unit/,looker.o segment_writer.o)
UNIT := $(addprefix $(B)/tests/unit/,analysis_lists analysis_waits model_history model_layout \
	model_objects model_tasks model_text source_core source_process \
	model_hostile model_oracle model_places waits_live export_writers export_reports)

PICTURED := $(addprefix $(B)/tests/unit/,analysis_lists analysis_waits export_writers export_reports)
$(PICTURED): UNIT_EXTRA = $(B)/obj/tests/unit/analysis_picture.o
$(PICTURED): $(B)/obj/tests/unit/analysis_picture.o
$(UNIT): $(B)/tests/unit/%: $(B)/obj/tests/unit/%.o $(UNIT_COMMON) $(HARNESS_OBJECTS) $(INSPECTOR_A) $(LIB_A)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $< $(if $(UNIT_EXTRA),$(UNIT_EXTRA),$(UNIT_COMMON) $(HARNESS_OBJECTS)) \
		$(INSPECTOR_A) $(if $(UNIT_EXTRA),,$(LIB_A)) $(TOOL_LIBS) -pthread

SCREENS := $(B)/tests/screens/screens
SCREEN_OBJECTS := $(addprefix $(B)/obj/tests/screens/,screens.o scenes.o scene.o) $(B)/obj/tests/unit/segment_writer.o

$(SCREENS): $(SCREEN_OBJECTS) $(VIEW_OBJECTS) $(INSPECTOR_A)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ $(TOOL_LIBS) -lncursesw -ltinfo -pthread

SCREEN_TARGET := $(B)/tests/screens/target

$(SCREEN_TARGET): $(B)/obj/tests/screens/target.o $(LIB_A)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -pthread

SCENES := $(B)/tests/cli/scenes

$(SCENES): $(B)/obj/tests/cli/scenes.o $(B)/obj/tests/unit/segment_writer.o
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -pthread

TESTS := $(CONFORMANCE) $(CONFORMANCE_SHARED) $(PROGRAMS) $(UNIT) $(SCREENS) $(SCREEN_TARGET) $(SCENES)

all: lib $(TOOLS) $(EXAMPLES)

tests: all $(TESTS)

# Everything that is installed to build and to test; Debian 12's names.
PACKAGES := gcc g++ make pkg-config python3 binutils gdb tmux mandoc valgrind libc6-dbg \
	libc6-dev libunwind-dev libelf-dev libdw-dev libncurses-dev
BENCH_PACKAGES := golang-go libboost-fiber-dev libst-dev libpth-dev

define install_packages
	@missing=; for p in $(1); do \
		dpkg-query -W -f '$${db:Status-Status}\n' $$p 2>/dev/null | grep -qx installed || missing="$$missing $$p"; \
	done; \
	[ -z "$$missing" ] && exit 0; \
	command -v apt-get >/dev/null || { echo "make deps: no apt-get here; install the like of:$$missing" >&2; exit 1; }; \
	[ "$$(id -u)" = 0 ] && sudo= || sudo=sudo; \
	echo "installing$$missing"; \
	$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null || \
		{ echo "make deps: could not install$$missing: run apt-get install$$missing as root, then try again" >&2; exit 1; }
endef

deps:
	$(call install_packages,$(PACKAGES))

check: deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) tests
	$(Q)python3 tests/check.py --build $(B) $(SUITES)

# The runtime and the tools under AddressSanitizer and UBSan, and under valgrind: builds of their own.
check-asan: deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) B=build/asan SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer' CFLAGS='-O1 -g' tests
	$(Q)python3 tests/check.py --build build/asan --suites tests/suites-asan $(SUITES)

check-valgrind: deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) B=build/valgrind SANITIZE=-DTASKLET_VALGRIND CFLAGS='-O1 -g' tests
	$(Q)python3 tests/check.py --build build/valgrind --suites tests/suites-valgrind --limit 3000 $(SUITES)

bench: deps
	$(call install_packages,$(BENCH_PACKAGES))
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all
	$(Q)python3 tests/bench/bench.py --build $(B) $(BENCH)

demo: deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all
	$(Q)sh docs/examples/demo.sh $(B)

LINT_PACKAGES := cppcheck pyflakes3

lint:
	$(call install_packages,$(LINT_PACKAGES))
	$(Q)cppcheck --quiet --enable=warning,portability --inline-suppr --suppress=objectIndex:inspector/analysis/waits.c --error-exitcode=1 -Ilib lib inspector
	$(Q)pyflakes3 gdb tests

install: all
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(libdir)/pkgconfig $(DESTDIR)$(includedir) \
		$(DESTDIR)$(mandir)/man1 $(DESTDIR)$(mandir)/man7 $(DESTDIR)$(datadir)/tasklet/gdb/tasklet \
		$(DESTDIR)$(gdbautoload)$(libdir)
	install -m 755 $(TOOLS) $(DESTDIR)$(bindir)
	install -m 644 lib/tasklet.h $(DESTDIR)$(includedir)
	install -m 644 $(LIB_A) $(DESTDIR)$(libdir)
	install -m 755 $(LIB_SO).$(SOVERSION) $(DESTDIR)$(libdir)
	ln -sf libtasklet.so.$(SOVERSION) $(DESTDIR)$(libdir)/libtasklet.so
	printf '%s\n' 'prefix=$(prefix)' 'libdir=$(patsubst $(prefix)/%,$${prefix}/%,$(libdir))' \
		'includedir=$(patsubst $(prefix)/%,$${prefix}/%,$(includedir))' '' \
		'Name: tasklet' 'Description: microthreads for C that can be seen' 'Version: $(VERSION)' \
		'Cflags: -I$${includedir}' 'Libs: -L$${libdir} -ltasklet' 'Libs.private: -pthread' \
		> $(DESTDIR)$(libdir)/pkgconfig/tasklet.pc
	install -m 644 docs/man/tltop.1 docs/man/tldump.1 $(DESTDIR)$(mandir)/man1
	install -m 644 docs/man/tasklet.7 $(DESTDIR)$(mandir)/man7
	install -m 644 gdb/tasklet-gdb.py $(DESTDIR)$(datadir)/tasklet/gdb
	install -m 644 gdb/tasklet/*.py $(DESTDIR)$(datadir)/tasklet/gdb/tasklet
	ln -sf $(datadir)/tasklet/gdb/tasklet-gdb.py $(DESTDIR)$(gdbautoload)$(libdir)/libtasklet.so.$(SOVERSION)-gdb.py
	[ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || ldconfig

uninstall:
	rm -f $(addprefix $(DESTDIR)$(bindir)/,tltop tldump) $(DESTDIR)$(includedir)/tasklet.h \
		$(addprefix $(DESTDIR)$(libdir)/,libtasklet.a libtasklet.so libtasklet.so.$(SOVERSION) pkgconfig/tasklet.pc) \
		$(addprefix $(DESTDIR)$(mandir)/,man1/tltop.1 man1/tldump.1 man7/tasklet.7) \
		$(DESTDIR)$(gdbautoload)$(libdir)/libtasklet.so.$(SOVERSION)-gdb.py
	rm -rf $(DESTDIR)$(datadir)/tasklet

clean:
	rm -rf build

help:
	@echo 'make              the library, the tools, the examples (in $(B)/)'
	@echo 'make demo         install what is missing, build, and look at a running simulation'
	@echo 'make check        install what is missing, build, run every test'
	@echo 'make check-asan   the same under AddressSanitizer and UBSan;  check-valgrind: under valgrind'
	@echo 'make bench        measure beside Go, Boost.Fiber, State Threads and GNU Pth'
	@echo 'make lint         cppcheck and pyflakes'
	@echo 'make install      DESTDIR=, prefix=$(prefix), gdbautoload=$(gdbautoload);  uninstall: the reverse'
	@echo 'make clean        remove build/'
	@echo 'variables: V=1 shows commands, B= another build folder, SUITES= only these, BENCH= options of bench.py'

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
