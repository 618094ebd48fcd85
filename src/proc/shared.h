/* SPDX-License-Identifier: ISC */
/* Memory that this process and all that it forks later have in common. */
#ifndef PROC_SHARED_H
#define PROC_SHARED_H

#include <stddef.h>

/* Zeroed; NULL with errno when there is none.  A core file has nothing of it. */
void *proc_shared(size_t size);

/* For this process alone; the others keep it.  The size is the one that was asked
 * for; NULL is nothing. */
void proc_shared_free(void *, size_t size);

#endif
