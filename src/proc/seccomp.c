/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include "proc/box.h"
#include "proc/calls.h"

/* Calls of another architecture's (32-bit ones on a 64-bit machine, say) kill, too.
 * errno is to be the kernel's. */
static int prepare(scmp_filter_ctx filter)
{
	int done = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	return done < 0 ? done : seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
}

static int fill(scmp_filter_ctx filter, const struct proc_wish *wish)
{
	int done = prepare(filter);

	if (done == 0)
		done = calls_allow(filter);
	if (done == 0)
		done = calls_narrow(filter);
	if (done == 0)
		done = calls_refuse(filter);
	if (done == 0)
		done = calls_socket(filter, wish);
	return done;
}

int box_seccomp(const struct proc_wish *wish)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int done;

	/* An architecture or a kernel that cannot. */
	if (!filter) {
		errno = ENOSYS;
		return -1;
	}
	done = fill(filter, wish);
	if (done == 0)
		done = seccomp_load(filter);
	seccomp_release(filter);
	if (done == 0)
		return 0;
	errno = -done;
	return -1;
}
