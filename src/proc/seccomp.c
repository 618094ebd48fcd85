/* SPDX-License-Identifier: ISC */
#include "proc/box.h"
#include "proc/calls.h"
#include "proc/filter.h"

static int fill(scmp_filter_ctx filter, const struct proc_wish *wish)
{
	int done = calls_allow(filter);

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
	scmp_filter_ctx filter = filter_open(SCMP_ACT_KILL_PROCESS);

	return filter ? filter_load(filter, fill(filter, wish)) : -1;
}
