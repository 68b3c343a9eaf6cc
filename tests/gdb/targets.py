# SPDX-License-Identifier: MIT
"""Programs under test: builds them, brings them to the moment at which they are looked at, alive
or as a core, and checks afterwards that nothing was disturbed."""

import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SECONDS = 120
_building = threading.Lock()    # tests run side by side; several share a program
_CORE_LIMIT = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (_CORE_LIMIT, _CORE_LIMIT))    # of those that we start


class TargetError(Exception):
    """The program under test could not be built, or did not come to where it should."""


def make(name, mode, directives, build, options):
    with _building:
        program = _build(directives['program'], build, options)
    folder = options.out / 'run' / ('%s-%s-%s' % (name, mode, build))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return {'live': Live, 'core': Core, 'attach': Attach, 'installed': Installed,
            'truncated': Truncated,
            'plain': Target}[mode](directives, program, folder)


def _build(source, build, options):
    """Compile once per run of the suite (when something is newer); the path of the program."""
    source = HERE / source
    link, level, *strip = build.split('-')
    program = options.out / build / source.stem
    library = options.library / ('libtasklet.so' if link == 'shared' else 'libtasklet.a')
    if not library.exists():
        raise TargetError('%s is not built' % library)
    newest = max(path.stat().st_mtime for path in [library, *source.parent.glob('*.[ch]')])
    if program.exists() and program.stat().st_mtime > newest:
        return program
    program.parent.mkdir(parents=True, exist_ok=True)
    command = [os.environ.get('CC', 'gcc'), '-std=gnu11', '-g', '-' + level, '-Wall', '-Wextra',
               '-I', str(ROOT / 'lib'), '-o', str(program), source.name, '-pthread']
    if link == 'shared':
        command += [str(library), '-Wl,-rpath,' + str(options.library.resolve())]
    else:
        command += ['-static', str(library)]
    result = subprocess.run(command, cwd=source.parent, stderr=subprocess.PIPE, text=True)
    if result.returncode or result.stderr:
        raise TargetError('%s\n%s' % (' '.join(command), result.stderr))
    if strip:
        subprocess.run(['strip', str(program)], check=True)
    return program


class Target:
    """The base, and mode `plain`: gdb opens the program and does not start it."""

    def __init__(self, directives, program, folder):
        self.directives, self.program, self.folder = directives, program, folder
        self.arguments = directives['arguments'].split()
        self.environment = dict(word.split('=', 1) for word in directives['environment'].split())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def loader_arguments(self):
        return ['-ex', 'source %s' % (ROOT / 'gdb' / 'tasklet-gdb.py')]

    def gdb_arguments(self):
        return [str(self.program)]

    def start_commands(self):
        return []

    def end_commands(self):
        return []

    def check_undisturbed(self):
        pass

    def _environment(self, look=None):
        environment = dict(os.environ, **self.environment)
        environment.pop('LOOK', None)
        if look and not self.directives['wait-for']:
            environment['LOOK'] = look
        return environment

    def _undisturbed(self):
        """(what it prints, its exit status) when nobody looks."""
        result = subprocess.run([str(self.program)] + self.arguments, env=self._environment(),
                                cwd=self.folder, stdin=subprocess.DEVNULL, timeout=SECONDS,
                                stdout=subprocess.PIPE)
        return result.stdout, result.returncode

    def _compare(self, output, status):
        alone, alone_status = self._undisturbed()
        if (_without_ids(output), status) != (_without_ids(alone), alone_status):
            raise TargetError('It was disturbed: it printed %r and ended with %d; alone %r and %d.'
                              % (output, status, alone, alone_status))


def _without_ids(output):
    """Some programs print their process id."""
    return re.sub(rb'\b\d{3,}\b', b'N', output)


class Live(Target):
    """Started by gdb, stopped by look.h or at a breakpoint; goes on afterwards."""

    def start_commands(self):
        commands = ['set environment %s %s' % pair for pair in self.environment.items()]
        if self.directives['break']:
            commands += ['tbreak ' + self.directives['break']]
        else:
            commands += ['set environment LOOK live']
        return commands + ['run %s < /dev/null > output' % ' '.join(self.arguments)]

    def end_commands(self):
        return ['continue', 'python print(gdb.parse_and_eval("$_exitcode"), end="", '
                'file=open("status", "w"))']

    def check_undisturbed(self):
        status = self.folder / 'status'
        if not status.exists() or not status.read_text().isdigit():
            raise TargetError('It did not go on to its end.')
        self._compare((self.folder / 'output').read_bytes(), int(status.read_text()))


class _Started(Target):
    """Started by us, and waited for."""
    look = None

    def __enter__(self):
        told, tell = os.pipe()
        listen, self.release = os.pipe()
        output = tell if self.directives['wait-for'] else (self.folder / 'output').open('wb')

        environment = self._environment('%s %d %d' % (self.look, tell, listen))
        self.process = subprocess.Popen(
            [str(self.program)] + self.arguments, env=environment, cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=output, pass_fds=(tell, listen))
        os.close(tell)
        os.close(listen)
        self.told = os.fdopen(told, 'rb')
        self._await()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.told.close()
        if self.release is not None:
            os.close(self.release)

    def _await(self):
        wanted = (self.directives['wait-for'] or 'ready').encode()
        for line in self.told:
            if wanted in line:
                break
        else:
            raise TargetError('It ended (%d) before it was ready.' % self.process.wait())
        # What it said is not yet what it does: it falls asleep.
        until = time.monotonic() + SECONDS
        stat = pathlib.Path('/proc/%d/stat' % self.process.pid)
        while stat.read_text().rpartition(')')[2].split()[0] != 'S':
            if time.monotonic() > until:
                raise TargetError('It does not fall asleep.')
            os.sched_yield()

    def _let_go(self):
        os.close(self.release)
        self.release = None


class Attach(_Started):
    """Running already; gdb attaches, and detaches at the end."""
    look = 'attach'

    def gdb_arguments(self):
        return ['-p', str(self.process.pid)]

    def end_commands(self):
        return ['detach']

    def check_undisturbed(self):
        if self.directives['wait-for']:
            if self.process.poll() is not None:
                raise TargetError('It ended (%d).' % self.process.returncode)
            return
        self._let_go()
        status = self.process.wait(SECONDS)
        self._compare((self.folder / 'output').read_bytes(), status)


class Core(_Started):
    """Ended with a core at the moment of the look.  Where the kernel's cores go to a program of
    the system, gdb writes it while the process waits."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        pattern = pathlib.Path('/proc/sys/kernel/core_pattern').read_text().strip()
        self.by_kernel = not pattern.startswith('|') and _CORE_LIMIT == resource.RLIM_INFINITY
        self.pattern = re.sub('%.', '*', pattern) + '*'
        self.look = 'core' if self.by_kernel else 'attach'
        if not self.by_kernel:      # gdb writes nothing of a stack with another sort of guard
            self.environment.setdefault('TASKLET_GUARD', 'protect')
        self.core = self.folder / 'core'

    def _await(self):
        if self.directives['wait-for'] or not self.by_kernel:
            super()._await()
        if not self.by_kernel:
            subprocess.run(['gdb', '-nx', '-batch', '-p', str(self.process.pid), '-ex',
                            'generate-core-file %s' % self.core], check=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            return
        if self.directives['wait-for']:
            self.process.send_signal(signal.SIGABRT)
        self.process.wait(SECONDS)
        found = sorted((self.folder / self.pattern).parent.glob(pathlib.Path(self.pattern).name),
                       key=lambda path: path.stat().st_mtime)
        if not found:
            raise TargetError('It left no core (ended with %d).' % self.process.returncode)
        self.core = found[-1]

    def gdb_arguments(self):
        return [str(self.program), str(self.core)]

    def __exit__(self, *error):
        super().__exit__(*error)
        self.core.unlink(missing_ok=True)       # they are large


class Truncated(Core):
    """A core of which only the first half came to the disk."""

    def __enter__(self):
        super().__enter__()
        os.truncate(self.core, self.core.stat().st_size // 2)
        return self


class Installed(Live):
    """As Live, but nothing is sourced: gdb finds the loader because of the library that the
    program uses, as `make install` puts both."""

    def __init__(self, directives, program, folder):
        super().__init__(directives, program, folder)
        ldd = subprocess.run(['ldd', str(program)], stdout=subprocess.PIPE, text=True, check=True)
        library = pathlib.Path(re.search(r'libtasklet\S* => (\S+)', ldd.stdout)[1]).resolve()
        self.scripts = folder / 'auto-load'
        self.package = folder / 'share' / 'tasklet' / 'gdb'
        shutil.copytree(ROOT / 'gdb', self.package, ignore=shutil.ignore_patterns('__pycache__'))
        place = self.scripts / str(library.parent)[1:]
        place.mkdir(parents=True)
        (place / (library.name + '-gdb.py')).symlink_to(self.package / 'tasklet-gdb.py')

    def loader_arguments(self):
        return ['-iex', 'set auto-load scripts-directory %s' % self.scripts,
                '-iex', 'set auto-load safe-path %s' % self.scripts]
