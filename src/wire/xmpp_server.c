/* SPDX-License-Identifier: ISC */
/* What an XMPP server says and hears before TLS (RFC 6120 section 5). */
#include <string.h>

#include "wire/xmpp.h"

void xmpp_greet(struct stls_dialogue *d)
{
	(void)d; /* the client speaks first */
}

static const char *our_domain(const struct stls_dialogue *d)
{
	if (d->helo[0] != '\0')
		return d->helo;
	return d->spec.domain != NULL ? d->spec.domain : dialogue_name(d);
}

/*
 * RFC 6120 section 4.7.3 wants an id that nobody can guess.  This stream ends
 * with STARTTLS or is replaced by the service's own, and nothing is ever bound
 * to its id, so it may be the same for all.
 */
static void say_header(struct stls_dialogue *d, const char *to)
{
	struct xmpp *xmpp = d->own;

	dialogue_say(d, "<?xml version='1.0'?><stream:stream id='before-tls' from='", our_domain(d),
	             NULL);
	if (to[0] != '\0')
		dialogue_say(d, "' to='", to, NULL);
	dialogue_say(d, xmpp_content(d->spec.protocol),
	             "' version='1.0' xmlns:stream='" XMPP_NS_STREAMS "'>", NULL);
	xmpp->opened = true;
}

/* XMPP-S-01: when TLS is mandatory nothing else is offered. */
static void say_features(struct stls_dialogue *d)
{
	dialogue_say(d, "<stream:features><starttls xmlns='" XMPP_NS_TLS "'>", NULL);
	if (d->spec.demand == STLS_REQUIRED)
		dialogue_say(d, "<required/>", NULL);
	dialogue_say(d, "</starttls>", NULL);
	if (d->spec.demand == STLS_OFFERED && d->spec.protocol == STLS_XMPP_SERVER)
		dialogue_say(d, "<dialback xmlns='urn:xmpp:features:dialback'/>", NULL);
	dialogue_say(d, "</stream:features>", NULL);
}

/* An address of the header, "" where there is none; false: it is no address.
 * It goes into our own header, so nothing in it may end an attribute there. */
static bool read_address(const struct tag *tag, const char *name, char address[NAME_SIZE])
{
	size_t length;
	const char *found = tag_attribute(tag, name, &length);

	address[0] = '\0';
	if (found == NULL)
		return true;
	if (length >= NAME_SIZE)
		return false;
	memcpy(address, found, length);
	address[length] = '\0';
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)address[i] <= ' ' || strchr("<>&'\"\177", address[i]) != NULL)
			return false;
	return true;
}

static enum asked nonsense(struct xmpp *xmpp, const char *condition)
{
	xmpp->condition = condition;
	return ASKED_NONSENSE;
}

static enum asked open_stream(struct stls_dialogue *d, const struct tag *tag)
{
	struct xmpp *xmpp = d->own;
	char to[NAME_SIZE], from[NAME_SIZE];

	if (!tag_is(tag, "stream") || tag->empty)
		return nonsense(xmpp, "bad-format");
	if (!xmpp_is_stream(xmpp, tag, "stream"))
		return nonsense(xmpp, "invalid-namespace");
	if (!read_address(tag, "to", to))
		return nonsense(xmpp, "improper-addressing");
	if (!read_address(tag, "from", from))
		return nonsense(xmpp, "invalid-from");
	dialogue_note_helo(d, to, strlen(to));
	say_header(d, from);
	say_features(d);
	return ASKED_ANSWERED;
}

static enum asked upgrade(struct stls_dialogue *d)
{
	dialogue_say(d, "<proceed xmlns='" XMPP_NS_TLS "'/>", NULL);
	return ASKED_UPGRADE;
}

/* XMPP-X-02: <starttls/>, or <starttls></starttls>.  XMPP-S-02: another is told so,
 * and that is the end. */
static enum asked ask(struct stls_dialogue *d, const struct tag *tag)
{
	struct xmpp *xmpp = d->own;

	if (xmpp->asked ? tag->closes : tag->empty)
		return upgrade(d);
	if (!xmpp->asked) {
		xmpp->asked = true;
		return ASKED_ANSWERED;
	}
	dialogue_say(d, "<failure xmlns='" XMPP_NS_TLS "'/></stream:stream>", NULL);
	xmpp->closed = true;
	return ASKED_NONSENSE;
}

enum asked xmpp_answer(struct stls_dialogue *d, struct unit unit)
{
	struct xmpp *xmpp = d->own;
	struct tag tag;

	if (!xmpp_read(d, unit, &tag))
		return ASKED_NONSENSE;
	if (tag_is_declaration(tag.at, tag.length))
		return ASKED_ANSWERED;
	if (!xmpp->opened)
		return open_stream(d, &tag);
	if (tag.closes && xmpp->depth == 0) {
		dialogue_say(d, "</stream:stream>", NULL);
		return ASKED_LEAVE;
	}
	if (xmpp->asked || xmpp_is_tls(xmpp, &tag, "starttls"))
		return ask(d, &tag);
	if (tag_is(&tag, "auth") || tag_is(&tag, "authenticate"))
		return ASKED_SECRET;
	return ASKED_OTHER;
}

/* ---- stream errors (RFC 6120 section 4.9.3) ---- */

static const char *condition_of(enum stls_fault why)
{
	switch (why) {
	case STLS_FAULT_PLAINTEXT_REFUSED:
	case STLS_FAULT_NAMES:
	case STLS_FAULT_TOO_MANY:
	case STLS_FAULT_TOO_LONG: return "policy-violation";
	case STLS_FAULT_TIMEOUT: return "connection-timeout";
	case STLS_FAULT_SHUTDOWN: return "system-shutdown";
	case STLS_FAULT_BUSY:
	case STLS_FAULT_MEMORY: return "resource-constraint";
	case STLS_FAULT_BACKEND: return "remote-connection-failed";
	case STLS_FAULT_ROUTE: return "host-unknown";
	case STLS_FAULT_SYNTAX: return "not-well-formed";
	default: return "internal-server-error";
	}
}

/* RFC 6120 section 4.9.1.2: the error is in a stream, opened for it if need be. */
void xmpp_part(struct stls_dialogue *d, enum stls_fault why)
{
	const struct xmpp *xmpp = d->own;

	if (xmpp->closed)
		return;
	if (!xmpp->opened)
		say_header(d, "");
	dialogue_say(d, "<stream:error><",
	             xmpp->condition != NULL ? xmpp->condition : condition_of(why),
	             " xmlns='" XMPP_NS_ERRORS "'/></stream:error></stream:stream>", NULL);
}

/* A stream error ends the stream: there is no second try. */
void xmpp_refuse(struct stls_dialogue *d, enum asked what, struct unit unit)
{
	(void)what, (void)unit;
	dialogue_fail(d, STLS_FAULT_PLAINTEXT_REFUSED);
}

static bool append(char *buf, size_t size, size_t *at, const char *text)
{
	size_t length = strlen(text);

	if (length > size - *at)
		return false;
	memcpy(buf + *at, text, length);
	*at += length;
	return true;
}

/* Inside TLS the stream is still to be opened. */
static size_t farewell(enum stls_protocol protocol, enum stls_fault why, const char *name,
                       char *buf, size_t size)
{
	const char *const words[] = {
	    "<?xml version='1.0'?><stream:stream id='error' from='",
	    name,
	    xmpp_content(protocol),
	    "' version='1.0' xmlns:stream='" XMPP_NS_STREAMS "'><stream:error><",
	    condition_of(why),
	    " xmlns='" XMPP_NS_ERRORS "'/></stream:error></stream:stream>"};
	size_t at = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!append(buf, size, &at, words[i]))
			return 0;
	return at;
}

size_t xmpp_client_farewell(enum stls_fault why, const char *name, char *buf, size_t size)
{
	return farewell(STLS_XMPP_CLIENT, why, name, buf, size);
}

size_t xmpp_server_farewell(enum stls_fault why, const char *name, char *buf, size_t size)
{
	return farewell(STLS_XMPP_SERVER, why, name, buf, size);
}
