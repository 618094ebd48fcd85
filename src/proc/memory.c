/* SPDX-License-Identifier: ISC */
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "proc/memory.h"

struct proc_memory proc_memory(void)
{
	const struct mallinfo2 info = mallinfo2();

	return (struct proc_memory){info.uordblks + info.hblkhd, info.fordblks};
}

void proc_memory_trim(void)
{
	malloc_trim(0);
}

#define PROBE 1048576

/* Whether there is any room below the limit. */
static int has_room(void)
{
	void *probe = mmap(NULL, PROBE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (probe == MAP_FAILED)
		return 0;
	munmap(probe, PROBE);
	return 1;
}

int proc_memory_limit(size_t bytes)
{
	struct rlimit before, limit;

	if (getrlimit(RLIMIT_DATA, &before) < 0)
		return -1;
	limit = (struct rlimit){bytes, before.rlim_max};
	if (limit.rlim_cur > before.rlim_max)
		return 0; /* it is kept from more than that anyway */
	if (setrlimit(RLIMIT_DATA, &limit) < 0)
		return -1;
	if (has_room())
		return 0;
	setrlimit(RLIMIT_DATA, &before);
	return -1;
}

size_t proc_files(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? 0 : limit.rlim_cur;
}
