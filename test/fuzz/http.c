/* SPDX-License-Identifier: ISC */
/*
 * Heads of HTTP requests: nothing that a stranger says makes the reader read past the
 * end, or change its mind when bytes come one by one, and what it finds lies in what
 * was said.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "wire/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void require(int truth)
{
	if (!truth)
		abort();
}

static void within(struct http_text text, const char *bytes, size_t count)
{
	require(!text.bytes || (text.bytes >= bytes && text.length <= count &&
	                        (size_t)(text.bytes - bytes) <= count - text.length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct http_request request;
	unsigned before = HTTP_PART, status = HTTP_PART;

	for (size_t part = size > 512 ? size : 0; part <= size; part++) {
		status = http_read(bytes, part, &request);
		require(before == HTTP_PART || status == before);
		before = status;
	}
	within(request.method, bytes, size);
	within(request.path, bytes, size);
	within(request.accept, bytes, size);
	require(status != HTTP_WHOLE || (request.method.length > 0 && *request.path.bytes == '/'));
	return 0;
}
