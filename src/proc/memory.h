/* SPDX-License-Identifier: ISC */
/* How much memory this process has, and may have. */
#ifndef PROC_MEMORY_H
#define PROC_MEMORY_H

#include <stddef.h>

/* Bytes that were asked for and not given back; and what is kept from the system
 * although nobody asks for it now. */
struct proc_memory {
	size_t used, spare;
};
struct proc_memory proc_memory(void);

/* Spare memory goes back to the system. */
void proc_memory_trim(void);

/* The process gets no more than that for its data, whoever asks.  0, or -1 where
 * that cannot be (a process that has more already). */
int proc_memory_limit(size_t bytes);

/* The number of descriptors that it may have. */
size_t proc_files(void);

#endif
