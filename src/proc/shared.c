/* SPDX-License-Identifier: ISC */
#include <sys/mman.h>

#include "proc/shared.h"

void *proc_shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	madvise(memory, size, MADV_DONTDUMP);
	return memory;
}

void proc_shared_free(void *memory, size_t size)
{
	if (memory)
		munmap(memory, size);
}
