/* SPDX-License-Identifier: ISC */
/* The words of MySQL and MariaDB with SSLRequest, client role. */
#include <string.h>

#include "wire/machine.h"

#define CLIENT_LONG_PASSWORD 0x00000001u
#define CLIENT_PROTOCOL_41 0x00000200u
#define CLIENT_SSL 0x00000800u
#define CLIENT_SECURE_CONNECTION 0x00008000u
#define CLIENT_PLUGIN_AUTH 0x00080000u
#define HEADER 4 /* MY-X-01: three octets of length, one of sequence */

struct mysql {
	unsigned flags; /* what the server says that it can do */
};

static size_t packet_length(const char *in)
{
	const unsigned char *at = (const unsigned char *)in;

	return (size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16;
}

static size_t take(struct stls_dialogue *d, const char *bytes, size_t count, enum cut *cut)
{
	size_t taken = 0;

	while (taken < count && *cut == CUT_PART) {
		d->in[d->in_length++] = bytes[taken++];
		if (d->in_length < HEADER)
			continue;
		if (packet_length(d->in) + HEADER + 1 > d->in_size)
			*cut = CUT_TOO_LONG;
		else if (d->in_length == packet_length(d->in) + HEADER)
			*cut = CUT_WHOLE;
	}
	return taken;
}

/* MY-C-01: 32 octets with sequence 1; TLS follows at once, without an answer.  Only
 * what the server can do is asked for. */
static void say(struct stls_dialogue *d, enum step step)
{
	const struct mysql *mysql = d->own;
	unsigned flags = mysql->flags & (CLIENT_LONG_PASSWORD | CLIENT_PROTOCOL_41 | CLIENT_SSL |
	                                 CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH);
	unsigned char *at = (unsigned char *)d->out;

	if (step != STEP_ASK)
		return;
	memset(at, 0, 36);
	at[0] = 32;
	at[3] = 1;
	for (int i = 0; i < 4; i++)
		at[4 + i] = (unsigned char)(flags >> (8 * i));
	at[11] = 1;  /* packets of at most 16 MiB */
	at[12] = 45; /* utf8mb4 */
	d->out_length = 36;
}

static unsigned two_octets(const char *at)
{
	return (unsigned char)at[0] | (unsigned)(unsigned char)at[1] << 8;
}

/* Protocol 10: version string, thread id, eight octets of salt, a filler, the
 * lower half of the capabilities, then character set, status and, unless the
 * server is very old, the upper half. */
static enum heard hear(struct stls_dialogue *d, enum step step, struct unit unit)
{
	struct mysql *mysql = d->own;
	const char *at = unit.text + HEADER, *end = unit.text + unit.length;

	(void)step;
	if (unit.length < HEADER + 1 || unit.text[3] != 0)
		return HEARD_NONSENSE;
	if ((unsigned char)*at == 0xff)
		return HEARD_UNWELCOME;
	if (*at != 10 || (at = memchr(at, '\0', (size_t)(end - at))) == NULL || end - at < 16)
		return HEARD_NONSENSE;
	mysql->flags = two_octets(at + 14);
	if (end - at >= 21)
		mysql->flags |= two_octets(at + 19) << 16;
	d->offered = (mysql->flags & CLIENT_SSL) != 0;
	return HEARD_YES;
}

const struct vocabulary mysql_words = {
    .name = "mysql",
    .port = 3306,
    .take = take,
    .terminator = "",
    .unit_size = 4096,
    .own_size = sizeof(struct mysql),
    .greets = true,
    .greeting_lists = true,
    .silent_ask = true,
    .say = say,
    .hear = hear,
};
