/* SPDX-License-Identifier: ISC */
/* The words of PostgreSQL with SSLRequest, client role. */
#include <string.h>

#include "wire/machine.h"

/* PG-C-01: exactly one octet is read; there is no length and no type. */
static size_t take(struct stls_dialogue *d, const char *bytes, size_t count, enum cut *cut)
{
	(void)count;
	d->in[0] = bytes[0];
	d->in_length = 1;
	*cut = CUT_WHOLE;
	return 1;
}

/* PG-X-01: a length of 8, and 80877103.  It has NULs in it. */
static void say(struct stls_dialogue *d, enum step step)
{
	static const char request[] = {0, 0, 0, 8, 4, (char)210, 22, 47};

	if (step != STEP_ASK)
		return;
	memcpy(d->out, request, sizeof(request));
	d->out_length = sizeof(request);
}

/* PG-C-02: an error message at this point has not been authenticated by anybody
 * and is not shown. */
static enum heard hear(struct stls_dialogue *d, enum step step, struct unit unit)
{
	(void)d, (void)step;
	switch (unit.text[0]) {
	case 'S': return HEARD_YES;
	case 'N': return HEARD_NO;
	case 'E': return HEARD_BYE;
	default: return HEARD_NONSENSE;
	}
}

const struct vocabulary postgres_words = {
    .name = "postgres",
    .alpn = "postgresql",
    .port = 5432,
    .tls_port = 5432, /* direct: told apart by ALPN */
    .take = take,
    .terminator = "",
    .unit_size = 16,
    .say = say,
    .hear = hear,
};
