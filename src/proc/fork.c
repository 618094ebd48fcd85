/* SPDX-License-Identifier: ISC */
/* For strsignal(). */
#define _GNU_SOURCE

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/fork.h"

pid_t proc_fork(void)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid != 0)
		sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

void proc_hear_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

bool proc_reap(struct proc_end *end)
{
	do
		end->pid = waitpid(-1, &end->status, WNOHANG);
	while (end->pid < 0 && errno == EINTR);
	return end->pid > 0;
}

bool proc_ended_well(const struct proc_end *end)
{
	return WIFEXITED(end->status) && WEXITSTATUS(end->status) == EXIT_SUCCESS;
}

char *proc_ended(char out[PROC_ENDED], const struct proc_end *end)
{
	int number = WIFSIGNALED(end->status) ? WTERMSIG(end->status) : 0;

	if (number == SIGSYS)
		snprintf(out, PROC_ENDED,
		         "was killed because it made a system call that its sandbox forbids");
	else if (number)
		snprintf(out, PROC_ENDED, "was killed by signal %d (%s)", number,
		         strsignal(number));
	else
		snprintf(out, PROC_ENDED, "exited with status %d", WEXITSTATUS(end->status));
	return out;
}

void proc_kill(pid_t pid)
{
	if (pid > 0)
		kill(pid, SIGKILL);
}
