/* SPDX-License-Identifier: ISC */
/* Structs that say how large they are: a caller that was built against an older or a
 * newer header has fewer or more members than we. */
#ifndef POLICY_SIZED_H
#define POLICY_SIZED_H

#include <stddef.h>
#include <string.h>

/* own is zeroed, but for what the caller has given. */
static inline void sized_in(void *own, size_t room, const void *given, size_t size)
{
	memset(own, 0, room);
	memcpy(own, given, size < room ? size : room);
}

/* What the caller has no room for is left out; its size stays as it is. */
static inline void sized_out(void *given, size_t size, const void *own, size_t room)
{
	const size_t skip = sizeof(size_t);

	if (size > skip)
		memcpy((char *)given + skip, (const char *)own + skip,
		       (size < room ? size : room) - skip);
}

#endif
