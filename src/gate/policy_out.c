/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "gate/policy_out.h"

#define KEPT 1024 /* octets of room that stay while there is nothing to send */

size_t out_left(const struct out *out)
{
	return out->said - out->sent;
}

void out_drop(struct out *out)
{
	free(out->bytes);
	*out = (struct out){0};
}

static bool make_room(struct out *out, size_t length)
{
	size_t room = (out->said + length) * 2;
	char *bytes;

	if (out->said + length <= out->room)
		return true;
	bytes = realloc(out->bytes, room);
	if (!bytes)
		return false;
	out->bytes = bytes;
	out->room = room;
	return true;
}

bool out_add(struct out *out, const char *bytes, size_t length)
{
	if (!make_room(out, length))
		return false;
	memcpy(out->bytes + out->said, bytes, length);
	out->said += length;
	return true;
}

bool out_flush(struct out *out, struct end *end)
{
	while (out_left(out)) {
		ptrdiff_t n = end_send(end, out->bytes + out->sent, out_left(out));

		if (n == END_WAIT)
			return true;
		if (n < 0)
			return false;
		out->sent += (size_t)n;
	}
	out->sent = out->said = 0;
	if (out->room > KEPT)
		out_drop(out);
	return true;
}
