/* SPDX-License-Identifier: ISC */
/*
 * Requests of mail servers: part of a good one is neither bad nor whole, a bad one
 * does not recover, and what was read can be written and read again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/netstring.h"
#include "wire/tcp_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MOST 10000

static void require(int truth)
{
	if (!truth)
		abort();
}

static void check_netstring(const char *bytes, size_t count)
{
	const char *body = NULL;
	size_t length = 0;
	ptrdiff_t whole = netstring_read(bytes, count, MOST, &body, &length), before = 0;
	char out[MOST + 16];

	for (size_t part = 0; part <= count; part++) {
		const char *other;
		size_t size;
		ptrdiff_t got = netstring_read(bytes, part, MOST, &other, &size);

		require(before == 0 || got == before);
		before = got;
	}
	require(before == whole);
	if (whole <= 0)
		return;
	require(length <= MOST && body >= bytes && body + length < bytes + count);
	require(netstring_write(out, sizeof(out), body, length) == (size_t)whole);
	require(memcmp(out, bytes, (size_t)whole) == 0);
}

static void check_tcp_table(const char *bytes, size_t count)
{
	char key[TCP_TABLE_LINE], again[TCP_TABLE_LINE], out[TCP_TABLE_LINE];
	size_t length = 0, written, size;
	ptrdiff_t whole = tcp_table_read(bytes, count, key, &length);

	if (whole <= 0)
		return;
	require((size_t)whole <= count && length < TCP_TABLE_LINE);
	require(!memchr(key, '\0', length) && !memchr(key, '\n', length));
	written = tcp_table_write(out, sizeof(out), 200, key, length);
	if (!written)
		return;
	memcpy(out, "get ", 4);
	require(tcp_table_read(out, written, again, &size) == (ptrdiff_t)written);
	require(size == length && memcmp(key, again, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t count)
{
	char *bytes = malloc(count + 1);

	if (!bytes)
		return 0;
	if (count > 0)
		memcpy(bytes, data, count);
	check_netstring(bytes, count);
	check_tcp_table(bytes, count);
	free(bytes);
	return 0;
}
