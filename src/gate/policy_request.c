/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <strings.h>

#include "gate/policy_request.h"
#include "wire/netstring.h"
#include "wire/tcp_table.h"

/* By the name of the map: "tlsrpt", "QUERYwithTLSRPT".  Postfix before 3.10 takes the
 * attributes for errors (MAP-10), so they are for those who ask for them. */
static enum desk_form form_of(const char *map, size_t length)
{
	static const char word[] = "tlsrpt";
	size_t size = sizeof(word) - 1;

	return length >= size && strncasecmp(map + length - size, word, size) == 0 ? DESK_TLSRPT
	                                                                           : DESK_PLAIN;
}

/* "NAME KEY" (MAP-01). */
static ptrdiff_t read_socketmap(const char *bytes, size_t count, struct request *request)
{
	const char *body, *space;
	size_t length;
	ptrdiff_t whole = netstring_read(bytes, count, REQUEST_LONGEST, &body, &length);

	if (whole <= 0)
		return whole;
	space = memchr(body, ' ', length);
	if (!space)
		return -1;
	request->form = form_of(body, (size_t)(space - body));
	request->key = space + 1;
	request->length = length - (size_t)(request->key - body);
	return whole;
}

static ptrdiff_t read_tcp_table(const char *bytes, size_t count, struct request *request)
{
	_Static_assert(sizeof(request->decoded) >= TCP_TABLE_LINE, "any key fits");
	request->form = DESK_PLAIN;
	request->key = request->decoded;
	return tcp_table_read(bytes, count, request->decoded, &request->length);
}

static ptrdiff_t read_line(const char *bytes, size_t count, struct request *request)
{
	const char *end = memchr(bytes, '\n', count);
	size_t length = end ? (size_t)(end - bytes) : 0;

	if (!end)
		return count < REQUEST_LONGEST ? 0 : -1;
	request->form = DESK_PLAIN;
	request->key = bytes;
	request->length = length && bytes[length - 1] == '\r' ? length - 1 : length;
	return (ptrdiff_t)length + 1;
}

ptrdiff_t request_read(enum config_policy_speaks speaks, const char *bytes, size_t count,
                       struct request *request)
{
	if (count == 0)
		return 0;
	switch (speaks) {
	case CONFIG_POLICY_SOCKETMAP: return read_socketmap(bytes, count, request);
	case CONFIG_POLICY_TCP_TABLE: return read_tcp_table(bytes, count, request);
	case CONFIG_POLICY_JSON: return read_line(bytes, count, request);
	}
	return -1;
}
