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
# gdb looks for scripts of libraries below its own data directory, under the library's full path
gdbautoload ?= /usr/share/gdb/auto-load

CC := gcc
V ?= 0
Q := $(if $(filter 1,$(V)),,@)

# One folder a flavour, so that they never mix: plain, asan, valgrind.
B ?= build
SANITIZE ?=
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(if $(CI),-Werror)
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(WARN) $(CFLAGS) $(SANITIZE) -MMD -MP
LIB_CFLAGS = $(ALL_CFLAGS) -fPIC -fvisibility=hidden -fno-plt -fno-tree-slp-vectorize \
	-fasynchronous-unwind-tables -DTASKLET_VERSION='"$(VERSION)"'

.PHONY: all deps demo check check-asan check-valgrind bench lint install clean help lib
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

$(LIB_SO).$(SOVERSION): $(LIB_OBJECTS) lib/tasklet.map
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -shared -Wl,-soname,libtasklet.so.$(SOVERSION) -Wl,-z,now \
		-Wl,--version-script=lib/tasklet.map -o $@ $(LIB_OBJECTS) -pthread

$(LIB_SO): $(LIB_SO).$(SOVERSION)
	$(Q)ln -sf $(<F) $@

$(LIB_A): $(LIB_OBJECTS)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs $@ $(LIB_OBJECTS)

-include $(LIB_OBJECTS:.o=.d)

all: lib
