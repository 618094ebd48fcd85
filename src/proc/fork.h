/* SPDX-License-Identifier: ISC */
/* Processes of our own: how they begin, and how they ended. */
#ifndef PROC_FORK_H
#define PROC_FORK_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * As fork(2).  The child begins deaf to signals, since their handlers are its
 * parent's still; it calls proc_hear_signals() when it has its own.
 */
pid_t proc_fork(void);
void proc_hear_signals(void);

struct proc_end {
	pid_t pid;
	int status; /* as wait(2) has it */
};

/* A child that has ended; false when there is none. */
bool proc_reap(struct proc_end *);

bool proc_ended_well(const struct proc_end *);

/* "exited with status 1", "was killed by signal 9 (Killed)". */
#define PROC_ENDED 128
char *proc_ended(char out[PROC_ENDED], const struct proc_end *);

/* Ends it, whatever it is doing. */
void proc_kill(pid_t);

#endif
