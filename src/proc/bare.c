/* SPDX-License-Identifier: ISC */
/* For syscall(). */
#define _GNU_SOURCE

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc/box.h"

/* Who was started as an ordinary user may still have been given some, to bind low
 * ports with.  An ambient one goes with its permission. */
static int give_up_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	return (int)syscall(SYS_capset, &header, none);
}

/* There are keys in the memory: ptrace(2) and /proc/PID/mem are of no use now. */
static int keep_memory_private(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return -1;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int box_bare(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || give_up_capabilities() < 0)
		return -1;
	return keep_memory_private();
}
