/* SPDX-License-Identifier: ISC */
/* What a server's lists say about logging in. */
#include <string.h>

#include "wire/lines.h"
#include "wire/sasl.h"

static bool is_mechanism_character(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* Whether the word is in the text, with nothing on either side that could be a
 * part of a mechanism's name: PLAIN is not in X-PLAIN, and SCRAM-SHA-256 not in
 * SCRAM-SHA-256-PLUS (RFC 4422 section 3.1). */
static bool has_word(const char *text, const char *word)
{
	for (const char *at = text; *at != '\0';) {
		const char *end = at;

		while (is_mechanism_character(*end))
			end++;
		if (word_is(at, (size_t)(end - at), word))
			return true;
		at = *end != '\0' ? end + 1 : end;
	}
	return false;
}

/* How a capability begins that lists mechanisms; "" where each is for itself. */
static const char *list_prefix(enum stls_protocol protocol)
{
	switch (protocol) {
	case STLS_SMTP:
	case STLS_LMTP: return "AUTH";
	case STLS_IMAP: return "AUTH=";
	case STLS_POP3:
	case STLS_NNTP: return "SASL ";
	case STLS_SIEVE: return "\"SASL\"";
	default: return "";
	}
}

bool sasl_offers(enum stls_protocol protocol, const char *capability, const char *mechanism)
{
	const char *prefix = list_prefix(protocol);

	return text_begins(capability, prefix) && has_word(capability + strlen(prefix), mechanism);
}

bool sasl_offers_initial(enum stls_protocol protocol, const char *capability)
{
	return protocol == STLS_IMAP && word_is(capability, strlen(capability), "SASL-IR");
}

/* ---- before TLS ---- */

/* Mechanisms that hand the password over to whoever listens. */
static bool hands_over(const char *text)
{
	return has_word(text, "PLAIN") || has_word(text, "LOGIN");
}

static bool smtp_tempts(const char *line)
{
	return (text_begins(line, "250-AUTH") || text_begins(line, "250 AUTH")) &&
	       hands_over(line + strlen("250-AUTH"));
}

/* RFC 9051 section 6.1.1: LOGIN is there unless LOGINDISABLED says that it is not. */
static bool imap_tempts(const char *line)
{
	const char *list = strstr(line, "CAPABILITY ");

	return line[0] == '*' && list != NULL &&
	       (hands_over(list) || !has_word(list, "LOGINDISABLED"));
}

static bool pop3_tempts(const char *line)
{
	const char *rest;

	return (word_begins(line, "USER", &rest) && *rest == '\0') ||
	       (word_begins(line, "SASL", &rest) && hands_over(rest));
}

static bool nntp_tempts(const char *line)
{
	const char *rest;

	return (word_begins(line, "AUTHINFO", &rest) && has_word(rest, "USER")) ||
	       (word_begins(line, "SASL", &rest) && hands_over(rest));
}

static bool xmpp_tempts(const char *line)
{
	return strstr(line, "<mechanism>PLAIN</mechanism>") != NULL;
}

static bool line_tempts(enum stls_protocol protocol, const char *line)
{
	switch (protocol) {
	case STLS_SMTP:
	case STLS_LMTP: return smtp_tempts(line);
	case STLS_IMAP: return imap_tempts(line);
	case STLS_POP3: return pop3_tempts(line);
	case STLS_NNTP: return nntp_tempts(line);
	case STLS_SIEVE: return text_begins(line, "\"SASL\"") && hands_over(line);
	case STLS_XMPP_CLIENT: return xmpp_tempts(line);
	default: return false;
	}
}

bool sasl_tempts(enum stls_protocol protocol, const char *said, size_t count)
{
	char line[2048];

	while (count > 0) {
		const char *end = memchr(said, '\n', count);
		size_t length = end != NULL ? (size_t)(end - said) : count;
		size_t kept = length < sizeof(line) ? length : sizeof(line) - 1;

		memcpy(line, said, kept);
		while (kept > 0 && line[kept - 1] == '\r')
			kept--;
		line[kept] = '\0';
		if (line_tempts(protocol, line))
			return true;
		length += end != NULL;
		said += length;
		count -= length;
	}
	return false;
}
