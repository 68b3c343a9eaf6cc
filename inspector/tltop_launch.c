/* SPDX-License-Identifier: MIT */
/* tltop_launch.c: see tltop_launch.h. */
#define _GNU_SOURCE
#include "tltop_launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { POLITE_MILLISECONDS = 2000, STEP_MILLISECONDS = 20 };

static int open_log(struct launch *launch)
{
	const char *folder = getenv("TMPDIR");

	snprintf(launch->log, sizeof(launch->log), "%.120s/tltop-%s-XXXXXX.log",
		 folder && *folder ? folder : "/tmp", launch->program);
	return mkostemps(launch->log, 4, O_CLOEXEC | O_APPEND);
}

/* In the child.  Only what is safe after fork(). */
static void become(char **command, int log, int report)
{
	static const int signals[] = {SIGINT,  SIGTERM, SIGHUP,	 SIGQUIT,
				      SIGPIPE, SIGTSTP, SIGCONT, SIGWINCH};
	int nothing = open("/dev/null", O_RDONLY);

	setsid();
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(log, STDOUT_FILENO) >= 0 &&
	    dup2(log, STDERR_FILENO) >= 0)
		execvp(command[0], command);
	int error = errno;
	ssize_t written = write(report, &error, sizeof(error));
	_exit(written == (ssize_t)sizeof(error) ? 127 : 126);
}

/* 0, or the errno of an exec that failed: the pipe closes by itself when it succeeds. */
static int wait_for_exec(int report)
{
	int error = 0;
	ssize_t got;

	do
		got = read(report, &error, sizeof(error));
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)sizeof(error) ? error : 0;
}

int launch_start(struct launch *launch, char **command, struct problem *problem)
{
	const char *name = strrchr(command[0], '/');
	int report[2], error = 0;

	*launch = (struct launch){0};
	snprintf(launch->program, sizeof(launch->program), "%.60s",
		 name && name[1] ? name + 1 : command[0]);
	int log = open_log(launch);
	if (log < 0 || pipe2(report, O_CLOEXEC)) {
		error = errno;
		snprintf(problem->text, sizeof(problem->text), "cannot write %s: %s", launch->log,
			 strerror(error));
		if (log >= 0)
			close(log);
		return -error;
	}
	launch->pid = fork();
	if (launch->pid == 0)
		become(command, log, report[1]);
	if (launch->pid < 0)
		error = errno;
	close(log);
	close(report[1]);
	if (!error)
		error = wait_for_exec(report[0]);
	close(report[0]);
	if (!error)
		return 0;
	if (launch->pid > 0)
		waitpid(launch->pid, NULL, 0);
	unlink(launch->log);
	snprintf(problem->text, sizeof(problem->text), "cannot start %.200s: %s", command[0],
		 strerror(error));
	return -error;
}

bool launch_has_ended(struct launch *launch)
{
	if (!launch->has_ended && waitpid(launch->pid, &launch->status, WNOHANG) == launch->pid)
		launch->has_ended = true;
	return launch->has_ended;
}

/* The number of a group that has members is not given to a new process; once it is empty, it may
 * be, so we do not ask again. */
bool launch_is_gone(struct launch *launch)
{
	if (!launch->is_gone && launch_has_ended(launch))
		launch->is_gone = kill(-launch->pid, 0) != 0 && errno == ESRCH;
	return launch->is_gone;
}

void launch_end(struct launch *launch)
{
	const struct timespec step = {.tv_nsec = STEP_MILLISECONDS * 1000000L};

	if (launch_is_gone(launch))
		return;
	kill(-launch->pid, SIGTERM);
	for (int waited = 0; waited < POLITE_MILLISECONDS; waited += STEP_MILLISECONDS) {
		if (launch_is_gone(launch))
			return;
		nanosleep(&step, NULL);
	}
	kill(-launch->pid, SIGKILL);
	if (!launch->has_ended && waitpid(launch->pid, &launch->status, 0) == launch->pid)
		launch->has_ended = true;
}

const char *launch_status(const struct launch *launch, char *buffer, size_t bytes)
{
	if (WIFSIGNALED(launch->status))
		snprintf(buffer, bytes, "signal %d (%s)", WTERMSIG(launch->status),
			 strsignal(WTERMSIG(launch->status)));
	else
		snprintf(buffer, bytes, "status %d", WEXITSTATUS(launch->status));
	return buffer;
}

bool launch_keep_log(const struct launch *launch)
{
	struct stat about;

	if (stat(launch->log, &about) != 0)
		return false;
	if (about.st_size || !launch->has_ended)
		return true;
	unlink(launch->log);
	return false;
}

/* Scripts and wrappers start the program that is meant: it is in the same session. */
pid_t launch_target(struct launch *launch)
{
	struct source_process *processes = NULL;
	size_t count = source_list_processes(&processes);
	pid_t found = 0;

	for (size_t i = 0; i < count; i++)
		if (processes[i].pid == launch->pid ||
		    (!found && processes[i].readable && getsid(processes[i].pid) == launch->pid))
			found = processes[i].pid;
	free(processes);
	return found;
}
