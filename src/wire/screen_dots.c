/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "wire/screen_dots.h"

void screen_dots_begin(struct screen_dots *dots)
{
	memcpy(dots->before, "\r\n", 2);
}

/* What some software takes for the end of a line, or does not see at all. */
static bool is_loose_end(char c)
{
	return c == '\r' || c == '\n' || c == '\0';
}

static char octet_before(const struct screen_dots *dots, const char *bytes, size_t at, size_t back)
{
	return (char)(at >= back ? bytes[at - back] : dots->before[2 + at - back]);
}

enum dot {
	DOT_TEXT,   /* an ordinary dot */
	DOT_END,    /* CR LF "." CR LF */
	DOT_FALSE,  /* an end only to those who take something else for a line end */
	DOT_UNKNOWN /* what is behind it is not there yet */
};

/* RFC 5321 section 4.1.1.4 knows one end of data.  Software that knows more of
 * them is how mail is smuggled (CVE-2023-51764), so none of those passes. */
static enum dot judge_dot(const struct screen_dots *dots, const char *bytes, size_t count,
                          size_t at)
{
	char before = octet_before(dots, bytes, at, 1);

	if (!is_loose_end(before))
		return DOT_TEXT;
	if (at + 1 == count)
		return DOT_UNKNOWN;
	if (!is_loose_end(bytes[at + 1]))
		return DOT_TEXT;
	if (bytes[at + 1] != '\r' || before != '\n' || octet_before(dots, bytes, at, 2) != '\r')
		return DOT_FALSE;
	if (at + 2 == count)
		return DOT_UNKNOWN;
	return bytes[at + 2] == '\n' ? DOT_END : DOT_FALSE;
}

static enum screen_end pass(struct screen_dots *dots, const char *bytes, size_t take)
{
	if (take > 0) {
		dots->before[0] = octet_before(dots, bytes, take, 2);
		dots->before[1] = bytes[take - 1];
	}
	return TEXT_GOES_ON;
}

enum screen_end screen_dots(struct screen_dots *dots, bool strictly, const char *bytes,
                            size_t count, size_t *take)
{
	for (const char *dot = bytes;; dot++) {
		enum dot is;

		dot = memchr(dot, '.', count - (size_t)(dot - bytes));
		*take = dot ? (size_t)(dot - bytes) : count;
		is = dot ? judge_dot(dots, bytes, count, *take) : DOT_UNKNOWN;
		if (is == DOT_UNKNOWN)
			return pass(dots, bytes, *take);
		if (is == DOT_END) {
			*take += 3;
			return TEXT_ENDS;
		}
		/* What is before it may pass first. */
		if (is == DOT_FALSE && strictly)
			return *take > 0 ? pass(dots, bytes, *take) : TEXT_SMUGGLES;
	}
}
