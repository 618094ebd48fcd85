/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stddef.h>

#include "proc/filter.h"

/* Calls of another architecture's (32-bit ones on a 64-bit machine, say) kill, too.
 * errno is to be the kernel's. */
static int prepare(scmp_filter_ctx filter)
{
	int wrong = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	return wrong ? wrong : seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
}

scmp_filter_ctx filter_open(uint32_t otherwise)
{
	scmp_filter_ctx filter = seccomp_init(otherwise);
	int wrong;

	/* An architecture or a kernel that cannot. */
	if (!filter) {
		errno = ENOSYS;
		return NULL;
	}
	wrong = prepare(filter);
	if (!wrong)
		return filter;
	seccomp_release(filter);
	errno = -wrong;
	return NULL;
}

int filter_load(scmp_filter_ctx filter, int wrong)
{
	if (!wrong)
		wrong = seccomp_load(filter);
	seccomp_release(filter);
	if (!wrong)
		return 0;
	errno = -wrong;
	return -1;
}
