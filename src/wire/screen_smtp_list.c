/* SPDX-License-Identifier: ISC */
/*
 * The answer to EHLO and LHLO.  Lines are left out of it, and the last one that
 * stays must say that it is the last one (RFC 5321 section 4.2.1); which one that
 * is can only be told when all are there.
 */
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_lines.h"
#include "wire/screen_smtp.h"

#define CODE 4 /* "250-" */

/* "AUTH SCRAM-SHA-256-PLUS PLAIN", and the "AUTH=PLAIN" of old clients. */
static bool is_auth(const char *keyword)
{
	return text_begins(keyword, "AUTH") &&
	       (keyword[4] == ' ' || keyword[4] == '=' || keyword[4] == '\0');
}

/* CB-04: nothing but mechanisms with channel binding. */
static bool binds_only(const char *keyword)
{
	char kept[sizeof(struct screen_text)];
	size_t length = screen_mechanisms(kept, keyword, strlen(keyword));

	return length < strlen(keyword) && length <= 4;
}

/* CORE-19, XC-07, AUTH-04, RTLS-02 */
static bool is_dropped(const struct screen *screen, const char *bytes, size_t length)
{
	static const char *const always[] = {"STARTTLS", "XCLIENT", "XFORWARD", NULL};
	struct screen_text line;
	const char *rest, *keyword = line.text + CODE;

	screen_copy(&line, bytes, length);
	if (strlen(line.text) <= CODE)
		return false;
	if (word_one_of(keyword, always))
		return true;
	if (!screen->tls)
		return is_auth(keyword) || word_begins(keyword, "REQUIRETLS", &rest);
	return is_auth(keyword) && binds_only(keyword);
}

/* Whether a line that stays comes behind this one, within the reply. */
static bool more_stay(const struct screen *screen, const char *bytes, size_t count)
{
	size_t length;

	while (screen_service_line(bytes, count, &length) == LINE_WHOLE) {
		if (!is_dropped(screen, bytes, length))
			return true;
		if (bytes[3] != '-')
			break;
		bytes += length;
		count -= length;
	}
	return false;
}

/* Whether all lines of the reply at the front of the view are there. */
static bool is_complete(const char *bytes, size_t count)
{
	size_t length;

	while (screen_service_line(bytes, count, &length) == LINE_WHOLE) {
		if (length < CODE || bytes[3] != '-')
			return true;
		bytes += length;
		count -= length;
	}
	return false;
}

static struct screen_step write_line(struct screen *screen, const char *bytes, size_t length,
                                     bool last)
{
	size_t end = screen_chomp(bytes, length);
	size_t written = end > CODE ? end - CODE : 0;
	char *text = screen->with + CODE;

	memcpy(screen->with, last ? "250 " : "250-", CODE);
	memcpy(text, bytes + CODE, written);
	text[written] = '\0';
	if (is_auth(text))
		written = screen_mechanisms(text, bytes + CODE, written);
	memcpy(text + written, "\r\n", 2);
	return screen_replace(screen, length, CODE + written + 2);
}

static void note(struct smtp *smtp, const char *bytes, size_t length)
{
	struct screen_text line;
	const char *rest;

	screen_copy(&line, bytes, length);
	if (smtp->lines++ == 0)
		smtp->chunking = false;
	else if (strlen(line.text) > CODE && word_begins(line.text + CODE, "CHUNKING", &rest))
		smtp->chunking = true;
}

struct screen_step smtp_list_line(struct screen *screen, const char *bytes, size_t count,
                                  size_t length)
{
	struct smtp *smtp = screen->own;
	bool name = smtp->lines == 0; /* whatever it is called */

	if (!is_complete(bytes, count) && count < SCREEN_VIEW)
		return screen_hold();
	if (!is_complete(bytes, count) || length > SMTP_LIST_LINE - 8)
		return screen_shut(STLS_FAULT_TOO_LONG, "421 4.5.0 The list is too long\r\n");
	note(smtp, bytes, length);
	if (!name && is_dropped(screen, bytes, length))
		return screen_drop(length);
	return write_line(screen, bytes, length,
	                  bytes[3] != '-' || !more_stay(screen, bytes + length, count - length));
}
