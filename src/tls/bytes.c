/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "tls/internal.h"

/* From little to large in one step: then it will be more still. */
#define FIRST 1024
#define LITTLE 4096

size_t tls_bytes_count(const struct tls_bytes *bytes)
{
	return bytes->end - bytes->start;
}

static bool make_room(struct tls_bytes *bytes, size_t count)
{
	size_t held = tls_bytes_count(bytes), size = bytes->size ? bytes->size : FIRST;
	char *data;

	if (bytes->start > 0) {
		memmove(bytes->data, bytes->data + bytes->start, held);
		bytes->start = 0;
		bytes->end = held;
	}
	if (size < TLS_BYTES_LARGE && size - held < count && held + count > LITTLE)
		size = TLS_BYTES_LARGE;
	while (size - held < count)
		size *= 2;
	if (size == bytes->size)
		return true;
	data = realloc(bytes->data, size);
	if (data == NULL)
		return false;
	bytes->data = data;
	bytes->size = size;
	return true;
}

bool tls_bytes_add(struct tls_bytes *bytes, const void *more, size_t count)
{
	if (count == 0)
		return true;
	if (bytes->size - bytes->end < count && !make_room(bytes, count))
		return false;
	memcpy(bytes->data + bytes->end, more, count);
	bytes->end += count;
	return true;
}

void tls_bytes_drop(struct tls_bytes *bytes, size_t count)
{
	bytes->start += count < tls_bytes_count(bytes) ? count : tls_bytes_count(bytes);
	if (bytes->start == bytes->end)
		tls_bytes_free(bytes);
}

size_t tls_bytes_take(struct tls_bytes *bytes, void *to, size_t count)
{
	size_t held = tls_bytes_count(bytes);

	if (count > held)
		count = held;
	if (count > 0)
		memcpy(to, bytes->data + bytes->start, count);
	tls_bytes_drop(bytes, count);
	return count;
}

void tls_bytes_free(struct tls_bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct tls_bytes){0};
}
