/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wire/sasl_kind.h"

static const struct sasl_kind *kind_of(enum stls_protocol protocol)
{
	switch (protocol) {
	case STLS_SMTP: return &sasl_smtp;
	case STLS_IMAP: return &sasl_imap;
	case STLS_POP3: return &sasl_pop3;
	case STLS_XMPP_CLIENT: return &sasl_xmpp;
	default: return NULL;
	}
}

bool sasl_speaks(enum stls_protocol protocol)
{
	return kind_of(protocol) != NULL;
}

/* ---- for the protocols ---- */

void sasl_say(struct sasl *sasl, ...)
{
	va_list words;
	const char *word;

	va_start(words, sasl);
	while ((word = va_arg(words, const char *)) != NULL) {
		size_t length = strlen(word);

		if (length > sizeof(sasl->out) - sasl->out_length) {
			sasl->next = SASL_FAILED;
			sasl->out_length = 0;
			break;
		}
		memcpy(sasl->out + sasl->out_length, word, length);
		sasl->out_length += length;
	}
	va_end(words);
}

static bool fits(struct sasl *sasl, const char *base64)
{
	size_t length = strlen(base64);

	if (length >= sizeof(sasl->challenge)) {
		sasl->next = SASL_FAILED;
		return false;
	}
	memcpy(sasl->challenge, base64, length + 1);
	return true;
}

void sasl_challenged(struct sasl *sasl, const char *base64)
{
	sasl->next = SASL_STEP;
	if (!fits(sasl, base64))
		return;
	if (sasl->holds) { /* this one only asks for the initial response */
		sasl->holds = false;
		sasl_respond(sasl, sasl->held);
	}
}

void sasl_granted(struct sasl *sasl, const char *base64)
{
	sasl->next = SASL_YES;
	fits(sasl, base64);
}

void sasl_denied(struct sasl *sasl, const char *reason)
{
	sasl->next = SASL_NO;
	snprintf(sasl->reason, sizeof(sasl->reason), "%s", reason);
}

/* ---- for the owner ---- */

void sasl_begin(struct sasl *sasl, enum stls_protocol protocol, const char *mechanism,
                const char *initial, bool in_command)
{
	const struct sasl_kind *kind = kind_of(protocol);

	memset(sasl, 0, sizeof(*sasl));
	sasl->protocol = protocol;
	sasl->next = SASL_IN;
	if (initial != NULL && (!in_command || strlen(initial) > kind->initial_limit)) {
		sasl->holds = true;
		if (snprintf(sasl->held, sizeof(sasl->held), "%s", initial) >=
		    (int)sizeof(sasl->held)) {
			sasl->next = SASL_FAILED;
			return;
		}
		initial = NULL;
	}
	kind->begin(sasl, mechanism, initial);
}

enum sasl_need sasl_need(const struct sasl *sasl)
{
	return sasl->out_sent < sasl->out_length ? SASL_OUT : sasl->next;
}

size_t sasl_feed(struct sasl *sasl, const char *bytes, size_t count)
{
	if (sasl_need(sasl) != SASL_IN)
		return 0;
	return kind_of(sasl->protocol)->feed(sasl, bytes, count);
}

void sasl_respond(struct sasl *sasl, const char *response)
{
	sasl->out_length = sasl->out_sent = 0;
	sasl->next = SASL_IN;
	if (response != NULL)
		kind_of(sasl->protocol)->respond(sasl, response);
	else
		kind_of(sasl->protocol)->give_up(sasl);
}

void sasl_wipe(struct sasl *sasl)
{
	explicit_bzero(sasl, sizeof(*sasl));
}

const char *sasl_goodbye(enum stls_protocol protocol)
{
	switch (protocol) {
	case STLS_SMTP:
	case STLS_LMTP:
	case STLS_POP3:
	case STLS_NNTP:
	case STLS_FTP: return "QUIT\r\n";
	case STLS_IMAP: return "z LOGOUT\r\n";
	case STLS_SIEVE: return "LOGOUT\r\n";
	case STLS_IRC: return "QUIT\r\n";
	case STLS_XMPP_CLIENT:
	case STLS_XMPP_SERVER: return "</stream:stream>";
	case STLS_LDAP:
	case STLS_POSTGRES:
	case STLS_MYSQL: break;
	}
	return "";
}
