/* SPDX-License-Identifier: ISC */
/*
 * The box that a process serves in once everything is open that it needs: no new
 * privileges, no capability, no core file, no file system, and no system call but
 * those that an event loop with sockets makes.
 *
 *	bare.c        no capability, and nothing of its memory for others
 *	landlock.c    no path can be opened
 *	empty_root.c  where there is no Landlock: there are no paths
 *	seccomp.c     which system calls there are
 */
#ifndef PROC_SANDBOX_H
#define PROC_SANDBOX_H

#include <stdbool.h>

struct proc_wish {
	bool unix_sockets; /* connects to Unix sockets, a log's or a backend's */
};

struct proc_report {
	char text[512]; /* what could not be done, a sentence; "": all was done */
};

/* What a process that looks names up and remembers has of the file system. Each list
 * ends with NULL; what is not there is passed over. */
struct proc_paths {
	const char *const *read;  /* files, and folders with all that is in them */
	const char *const *write; /* the same, and files can be made and removed there */
};

/*
 * A larger box: the files that were named, sockets of any kind, threads, and of the system
 * calls all but those that lead out of it or to other processes: no program, no process,
 * no signal, no trace, no mount, no namespace, no module, and no memory is executed that
 * was not at first.
 */
int proc_sandbox_with_files(const struct proc_paths *, struct proc_report *);

/*
 * Puts this process, all that it has of threads being the one that calls, in the box
 * for good.  As an ordinary user, too: nothing here needs a privilege.
 *
 * What goes on: reading, writing, connecting, accepting from sockets that listen.
 * What is answered EACCES: everything that has to do with paths but connect(2), as a
 * library that looks for an optional file must not die.  Sockets that are neither of
 * the internet's streams nor, if wished, Unix's: EAFNOSUPPORT.  What kills: all else,
 * bind(2), execve(2) and fork(2) among it.
 *
 * 0, or -1 when something could not be done; the rest is.
 */
int proc_sandbox(const struct proc_wish *, struct proc_report *);

/* Whether this kernel can take files away only from root, who then becomes the user
 * by proc_drop_to_empty_root() (proc/privileges.h), and is in the sandbox after that. */
bool proc_wants_empty_root(const struct proc_wish *);

#endif
