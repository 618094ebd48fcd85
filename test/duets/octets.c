/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "duet.h"

void octets_add(struct octets *octets, const void *bytes, size_t count)
{
	if (octets->count + count + 1 > octets->room) {
		octets->room = (octets->count + count + 1) * 2;
		octets->bytes = realloc(octets->bytes, octets->room);
		if (octets->bytes == NULL)
			abort();
	}
	if (count > 0)
		memcpy(octets->bytes + octets->count, bytes, count);
	octets->count += count;
	octets->bytes[octets->count] = '\0';
}

bool octets_same(const struct octets *octets, const void *bytes, size_t count)
{
	return octets->count == count && (count == 0 || memcmp(octets->bytes, bytes, count) == 0);
}

void octets_free(struct octets *octets)
{
	free(octets->bytes);
	*octets = (struct octets){0};
}
