/* SPDX-License-Identifier: ISC */
/* The words of LDAP with StartTLS (RFC 4511 section 4.14), client role. */
#include <string.h>

#include "wire/machine.h"

#define OID "1.3.6.1.4.1.1466.20037"

/* ---- BER (RFC 4511 section 5.1): definite lengths, short or long, of any form ---- */

struct element {
	unsigned char tag;
	const unsigned char *value;
	size_t length;
};

/* The header at the front: 1 read, 0 there is more of it to come, -1 nonsense. */
static int read_header(const unsigned char *bytes, size_t count, size_t *header, size_t *length)
{
	size_t octets;

	if (count < 2)
		return 0;
	*header = 2;
	*length = bytes[1];
	if (bytes[1] < 0x80)
		return 1;
	octets = bytes[1] & 0x7f;
	if (octets == 0 || octets > 4)
		return -1;
	*header += octets;
	if (count < *header)
		return 0;
	*length = 0;
	for (size_t i = 0; i < octets; i++)
		*length = *length << 8 | bytes[2 + i];
	return 1;
}

/* The next element of a sequence, which is moved behind it. */
static bool next_element(struct element *sequence, struct element *element)
{
	size_t header, length;

	if (read_header(sequence->value, sequence->length, &header, &length) != 1 ||
	    length > sequence->length - header)
		return false;
	element->tag = sequence->value[0];
	element->value = sequence->value + header;
	element->length = length;
	sequence->value += header + length;
	sequence->length -= header + length;
	return true;
}

static size_t take(struct stls_dialogue *d, const char *bytes, size_t count, enum cut *cut)
{
	size_t taken = 0, header, length;

	while (taken < count && *cut == CUT_PART) {
		int read;

		if (d->in_length + 1 >= d->in_size) {
			*cut = CUT_TOO_LONG;
			break;
		}
		d->in[d->in_length++] = bytes[taken++];
		read = read_header((const unsigned char *)d->in, d->in_length, &header, &length);
		if (read < 0 || d->in[0] != 0x30)
			*cut = CUT_NONSENSE;
		else if (read > 0 && length >= d->in_size - header)
			*cut = CUT_TOO_LONG;
		else if (read > 0 && d->in_length == header + length)
			*cut = CUT_WHOLE;
	}
	return taken;
}

/* ---- the words ---- */

/* ExtendedRequest with message id 1 (LDAP-X-01). */
static void say(struct stls_dialogue *d, enum step step)
{
	if (step == STEP_ASK)
		dialogue_say(d, "\x30\x1d\x02\x01\x01\x77\x18\x80\x16" OID, NULL);
}

/* LDAP-S-01 */
static enum heard meaning(const struct element *code)
{
	if (code->tag != 0x0a || code->length != 1)
		return HEARD_NONSENSE;
	switch (code->value[0]) {
	case 0: return HEARD_YES;
	case 2: return HEARD_UNKNOWN;  /* protocolError */
	case 51:                       /* busy */
	case 52: return HEARD_NOT_NOW; /* unavailable */
	default: return HEARD_NO;
	}
}

/* What is behind the code (RFC 4511 section 4.12 and 4.14.2): two texts, which
 * are not shown, perhaps referrals, perhaps the name of what was asked for, and
 * no value. */
static bool is_answer(struct element rest)
{
	struct element part;

	for (int i = 0; i < 2; i++)
		if (!next_element(&rest, &part) || part.tag != 0x04)
			return false;
	while (rest.length > 0) {
		if (!next_element(&rest, &part))
			return false;
		if (part.tag == 0x8a &&
		    (part.length != strlen(OID) || memcmp(part.value, OID, part.length) != 0))
			return false;
		if (part.tag != 0x8a && part.tag != 0xa3)
			return false;
	}
	return true;
}

/* Controls, or nothing (RFC 4511 section 4.1.1). */
static bool is_end(struct element rest)
{
	struct element part;

	return rest.length == 0 ||
	       (next_element(&rest, &part) && part.tag == 0xa0 && rest.length == 0);
}

/* LDAP-C-04: our id, or it is no answer; id 0 is the notice of disconnection. */
static enum heard hear(struct stls_dialogue *d, enum step step, struct unit unit)
{
	struct element all = {.value = (const unsigned char *)unit.text, .length = unit.length};
	struct element message, id, response, code;

	(void)d, (void)step;
	if (!next_element(&all, &message) || !next_element(&message, &id) || id.tag != 0x02 ||
	    id.length == 0 || !next_element(&message, &response) || response.tag != 0x78 ||
	    !next_element(&response, &code) || !is_end(message))
		return HEARD_NONSENSE;
	for (size_t i = 0; i + 1 < id.length; i++)
		if (id.value[i] != 0)
			return HEARD_EARLY;
	if (id.value[id.length - 1] == 0)
		return HEARD_BYE;
	if (id.value[id.length - 1] != 1)
		return HEARD_EARLY;
	return is_answer(response) ? meaning(&code) : HEARD_NONSENSE;
}

const struct vocabulary ldap_words = {
    .name = "ldap",
    .port = 389,
    .tls_port = 636,
    .take = take,
    .terminator = "",
    .unit_size = 4096,
    .elements = true,
    .say = say,
    .hear = hear,
};
