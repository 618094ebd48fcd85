/* SPDX-License-Identifier: ISC */
/*
 * Landlock without a single rule: what it handles is forbidden.  See landlock(7).
 *
 * The numbers are the kernel's; its header may be older than the kernel that this
 * runs on, and libc has no functions for it.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc/box.h"

#define GET_VERSION 1u

/* Execute, write, read, list, remove (folders, files), make (seven kinds of files). */
#define FILES_1 ((UINT64_C(1) << 13) - 1)
#define REFER (UINT64_C(1) << 13)     /* version 2 */
#define TRUNCATE (UINT64_C(1) << 14)  /* version 3 */
#define IOCTL_DEV (UINT64_C(1) << 15) /* version 5 */

#define BIND_TCP UINT64_C(1) /* version 4 */

/* Version 6: sockets without a path, and signals, of whoever is not in the box.
 * Paths are all that logs and backends have. */
#define ABSTRACT_SOCKETS UINT64_C(1)
#define SIGNALS UINT64_C(2)

/* An older kernel takes a longer struct if what it does not know is zero. */
struct handled {
	uint64_t files, network, scoped;
};

static struct handled handled_by(long version)
{
	struct handled all = {.files = FILES_1};

	if (version >= 2)
		all.files |= REFER;
	if (version >= 3)
		all.files |= TRUNCATE;
	if (version >= 4)
		all.network = BIND_TCP;
	if (version >= 5)
		all.files |= IOCTL_DEV;
	if (version >= 6)
		all.scoped = ABSTRACT_SOCKETS | SIGNALS;
	return all;
}

long box_landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, GET_VERSION);
}

int box_landlock_as(long version)
{
	const struct handled all = handled_by(version);
	int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	int done, error;

	if (rules < 0)
		return -1;
	done = (int)syscall(SYS_landlock_restrict_self, rules, 0);
	error = errno;
	close(rules);
	errno = error;
	return done;
}

int box_landlock(void)
{
	long version = box_landlock_version();

	return version < 0 ? -1 : box_landlock_as(version);
}
