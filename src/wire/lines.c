/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "wire/lines.h"

#define LITERAL_MAX 65536 /* before TLS nobody has more to say */

/* ---- framing ---- */

static bool ends_in_cr(const struct stls_dialogue *d)
{
	return d->in_length > 0 && d->in[d->in_length - 1] == '\r';
}

/* What does not fit is not kept, but for its last octet, which may begin the end. */
static enum cut skip_octet(struct stls_dialogue *d, char octet)
{
	if (d->spec.role != STLS_SERVER || d->words->too_long == NULL || d->skipped == SKIPPED_MAX)
		return CUT_TOO_LONG;
	d->skipped++;
	d->in[d->in_length - 1] = octet;
	return CUT_PART;
}

/* One octet of a line. */
static enum cut take_octet(struct stls_dialogue *d, char octet)
{
	if (octet == '\n') {
		if (!ends_in_cr(d))
			return CUT_NONSENSE;
		d->in_length--;
		return d->skipped > 0 ? CUT_SKIPPED : CUT_WHOLE;
	}
	if (octet == '\0' || ends_in_cr(d))
		return CUT_NONSENSE;
	if (d->in_length + 1 >= d->in_size)
		return skip_octet(d, octet);
	d->in[d->in_length++] = octet;
	return CUT_PART;
}

/* Where a protocol begins in plaintext, a TLS record is a client that has taken
 * the wrong port; nothing is said to it. */
static bool is_tls(struct stls_dialogue *d, char first)
{
	if (d->in_length > 0 || first != 22)
		return false;
	dialogue_end(d, STLS_FAILED, STLS_FAULT_TLS_UNASKED);
	return true;
}

size_t lines_take(struct stls_dialogue *d, const char *bytes, size_t count, enum cut *cut)
{
	size_t taken = 0;

	if (is_tls(d, bytes[0]))
		return count;
	while (taken < count && *cut == CUT_PART)
		*cut = take_octet(d, bytes[taken++]);
	return taken;
}

static size_t literal_limit(const struct stls_dialogue *d)
{
	return d->spec.literal_limit > 0 ? d->spec.literal_limit : LITERAL_MAX;
}

/* The "{n}" or "{n+}" that a line ends with: true and n if it is there.  However
 * many digits there are, it is one: what is not taken for a literal is taken for
 * a command. */
static bool literal_size(const struct stls_dialogue *d, size_t *size, bool *waits)
{
	const char *end = d->in + d->in_length, *at;

	if (d->in_length < 3 || *--end != '}')
		return false;
	*waits = end[-1] != '+';
	if (!*waits)
		end--;
	for (at = end; at > d->in && at[-1] >= '0' && at[-1] <= '9'; at--)
		;
	if (at == end || at == d->in || at[-1] != '{')
		return false;
	for (*size = 0; at < end && *size <= literal_limit(d); at++)
		*size = *size * 10 + (size_t)(*at - '0');
	return true;
}

/* A line is there; does it go on behind a literal? */
static enum cut take_literal(struct stls_dialogue *d)
{
	bool waits;
	size_t size;

	/* A server never says "{n+}" (RFC 9051 section 4.3, RFC 5804 section 4). */
	if (!literal_size(d, &size, &waits) || waits == (d->spec.role == STLS_SERVER))
		return CUT_WHOLE;
	if (size > literal_limit(d) || d->in_length + 1 >= d->in_size)
		return CUT_TOO_LONG;
	/* A mark, or what ends this line would also end the one behind. */
	d->in[d->in_length++] = ' ';
	d->literal = size;
	d->after_literal = true;
	return CUT_PART;
}

size_t literal_lines_take(struct stls_dialogue *d, const char *bytes, size_t count, enum cut *cut)
{
	size_t taken = 0;

	if (d->literal > 0) {
		taken = count < d->literal ? count : d->literal;
		d->literal -= taken;
		return taken;
	}
	taken = lines_take(d, bytes, count, cut);
	if (*cut == CUT_WHOLE)
		*cut = take_literal(d);
	return taken;
}

/* ---- words ---- */

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool word_is(const char *text, size_t length, const char *word)
{
	if (strlen(word) != length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (lower(text[i]) != lower(word[i]))
			return false;
	return true;
}

bool text_begins(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strnlen(text, length) == length && word_is(text, length, prefix);
}

size_t word_length(const char *text)
{
	return strcspn(text, " ");
}

bool word_begins(const char *text, const char *word, const char **rest)
{
	size_t length = word_length(text);

	if (!word_is(text, length, word))
		return false;
	text += length;
	*rest = text + strspn(text, " ");
	return true;
}

bool word_one_of(const char *text, const char *const *words)
{
	size_t length = word_length(text);

	for (; *words != NULL; words++)
		if (word_is(text, length, *words))
			return true;
	return false;
}

unsigned reply_code(const char *line, bool *last, const char **text)
{
	unsigned code = 0;

	for (int i = 0; i < 3; i++) {
		if (line[i] < '0' || line[i] > '9')
			return 0;
		code = code * 10 + (unsigned)(line[i] - '0');
	}
	if (line[3] != ' ' && line[3] != '-' && line[3] != '\0')
		return 0;
	*last = line[3] != '-';
	*text = line + (line[3] == '\0' ? 3 : 4);
	return code;
}
