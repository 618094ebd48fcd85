/* SPDX-License-Identifier: ISC */
/* The words of XMPP (RFC 6120 section 5), between clients and servers and between
 * servers. */
#include <string.h>

#include "wire/lines.h"
#include "wire/tags.h"

#define NS_TLS "urn:ietf:params:xml:ns:xmpp-tls"
#define NS_STREAMS "http://etherx.jabber.org/streams"
#define NS_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"

struct xmpp {
	unsigned depth;  /* open elements; 1: within the stream */
	bool opened;     /* server: our stream header is said */
	bool features;   /* within <stream:features/> */
	bool granted;    /* within <proceed> */
	bool asked;      /* server: within <starttls> */
	bool mechanisms; /* within <mechanisms> */
	char names[512]; /* ... their names, each behind a space */
	size_t names_length;
};

/* ---- framing ---- */

/* A unit is a tag and the text before it; white space between elements is
 * nothing (RFC 6120 section 4.6.1). */
static size_t take(struct stls_dialogue *d, const char *bytes, size_t count, enum cut *cut)
{
	for (size_t i = 0; i < count; i++) {
		char c = bytes[i];
		const char *tag;

		if (d->in_length == 0 && (c == ' ' || c == '\t' || c == '\r' || c == '\n'))
			continue;
		if (d->in_length == 0 && c == 22)
			dialogue_end(d, STLS_FAILED, STLS_FAULT_TLS_UNASKED);
		*cut = c == '\0' || d->next == STLS_FAILED ? CUT_NONSENSE
		       : d->in_length + 1 >= d->in_size    ? CUT_TOO_LONG
		                                           : CUT_PART;
		if (*cut != CUT_PART)
			return i + 1;
		d->in[d->in_length++] = c;
		tag = c == '>' ? memchr(d->in, '<', d->in_length) : NULL;
		if (tag != NULL && tag_length(tag, d->in_length - (size_t)(tag - d->in)) > 0) {
			*cut = CUT_WHOLE;
			return i + 1;
		}
	}
	return count;
}

/* Reads a unit's tag and keeps count of the depth. */
static bool read_unit(struct stls_dialogue *d, struct unit unit, struct tag *tag)
{
	struct xmpp *xmpp = d->own;
	const char *at = strchr(unit.text, '<');
	size_t count = at ? unit.length - (size_t)(at - unit.text) : 0;

	if (at == NULL || tag_is_forbidden(at, count) || !tag_read(at, count, tag))
		return false;
	/* Text is only in elements, never in the stream or before it. */
	if (at != unit.text && xmpp->depth < 2)
		return false;
	if (tag->closes && xmpp->depth == 0)
		return false;
	xmpp->depth = xmpp->depth - tag->closes +
	              (!tag->closes && !tag->empty && !tag_is_declaration(at, count));
	return tag->name_length > 0 || tag_is_declaration(at, count);
}

static bool is_declaration(const struct tag *tag)
{
	return tag_is_declaration(tag->at, tag->length);
}

/* RFC 6120 section 4.8.1: the prefix of the streams namespace is free, but the
 * namespace is not. */
static bool is_stream(const struct tag *tag)
{
	size_t prefix = (size_t)(tag->name - tag->at) - 1;
	char name[64] = "xmlns";

	if (!tag_is(tag, "stream") || tag->closes || tag->empty || prefix + 8 > sizeof(name))
		return false;
	if (prefix > 0) {
		name[5] = ':';
		memcpy(name + 6, tag->at + 1, prefix - 1);
		name[5 + prefix] = '\0';
	}
	return tag_attribute_is(tag, name, NS_STREAMS);
}

/* The element itself declares its namespace, or has a prefix that the stream
 * declared. */
static bool is_tls(const struct tag *tag, const char *name)
{
	size_t length;

	if (!tag_is(tag, name))
		return false;
	return tag->closes || tag->name[-1] == ':' ||
	       (tag_attribute(tag, "xmlns", &length) != NULL &&
	        tag_attribute_is(tag, "xmlns", NS_TLS));
}

/* ---- client ---- */

static const char *content_namespace(const struct stls_dialogue *d)
{
	return d->spec.protocol == STLS_XMPP_SERVER
	           ? "' xmlns='jabber:server' xmlns:db='jabber:server:dialback"
	           : "' xmlns='jabber:client";
}

static void say(struct stls_dialogue *d, enum step step)
{
	if (step == STEP_ASK)
		dialogue_say(d, "<starttls xmlns='" NS_TLS "'/>", NULL);
	if (step != STEP_LIST)
		return;
	dialogue_say(d, "<?xml version='1.0'?><stream:stream to='", d->spec.domain, NULL);
	if (d->spec.from != NULL)
		dialogue_say(d, "' from='", d->spec.from, NULL);
	dialogue_say(d, content_namespace(d), "' version='1.0' xmlns:stream='" NS_STREAMS "'>",
	             NULL);
}

static void note_mechanism(struct xmpp *xmpp, struct unit unit, const struct tag *tag)
{
	size_t length = (size_t)(tag->at - unit.text);

	if (length == 0 || xmpp->names_length + length + 1 > sizeof(xmpp->names))
		return;
	xmpp->names[xmpp->names_length++] = ' ';
	memcpy(xmpp->names + xmpp->names_length, unit.text, length);
	xmpp->names_length += length;
}

static void note_mechanisms(struct stls_dialogue *d)
{
	struct xmpp *xmpp = d->own;
	char line[16 + sizeof(xmpp->names)] = "mechanisms";

	memcpy(line + 10, xmpp->names, xmpp->names_length);
	dialogue_note(d, line, 10 + xmpp->names_length);
}

/* Within the features: depth 2 has them, what is deeper describes them. */
static void hear_feature(struct stls_dialogue *d, struct unit unit, const struct tag *tag)
{
	struct xmpp *xmpp = d->own;

	if (tag_is(tag, "mechanism") && tag->closes && xmpp->mechanisms)
		note_mechanism(xmpp, unit, tag);
	if (xmpp->depth != (tag->empty || tag->closes ? 2 : 3))
		return;
	if (tag_is(tag, "mechanisms")) {
		xmpp->mechanisms = !tag->closes;
		if (tag->closes)
			note_mechanisms(d);
	} else if (!tag->closes) {
		if (is_tls(tag, "starttls"))
			d->offered = true;
		dialogue_note(d, tag->name, tag->name_length);
	}
}

static enum heard hear_list(struct stls_dialogue *d, struct unit unit, const struct tag *tag)
{
	struct xmpp *xmpp = d->own;

	if (xmpp->features) {
		if (xmpp->depth > 1) {
			hear_feature(d, unit, tag);
			return HEARD_MORE;
		}
		xmpp->features = false;
		return tag_is(tag, "features") ? HEARD_YES : HEARD_NONSENSE;
	}
	if (is_stream(tag) && xmpp->depth == 1)
		return HEARD_MORE;
	if (!tag_is(tag, "features") || tag->closes)
		return HEARD_NONSENSE;
	xmpp->features = !tag->empty;
	return tag->empty ? HEARD_YES : HEARD_MORE;
}

static enum heard hear_answer(struct xmpp *xmpp, const struct tag *tag)
{
	if (is_tls(tag, "proceed")) {
		xmpp->granted = !tag->closes && !tag->empty;
		return xmpp->granted ? HEARD_MORE : HEARD_YES;
	}
	return is_tls(tag, "failure") ? HEARD_NO : HEARD_NONSENSE;
}

static enum heard hear(struct stls_dialogue *d, enum step step, struct unit unit)
{
	struct xmpp *xmpp = d->own;
	struct tag tag;

	if (!read_unit(d, unit, &tag))
		return HEARD_NONSENSE;
	if (is_declaration(&tag))
		return d->units == 1 && step == STEP_LIST ? HEARD_MORE : HEARD_NONSENSE;
	if (!xmpp->features && (tag_is(&tag, "error") || (tag.closes && xmpp->depth == 0)))
		return HEARD_BYE;
	return step == STEP_LIST ? hear_list(d, unit, &tag) : hear_answer(xmpp, &tag);
}

/* ---- server ---- */

static void greet(struct stls_dialogue *d)
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
static void say_header(struct stls_dialogue *d)
{
	struct xmpp *xmpp = d->own;

	dialogue_say(d, "<?xml version='1.0'?><stream:stream id='before-tls' from='", our_domain(d),
	             content_namespace(d), "' version='1.0' xmlns:stream='" NS_STREAMS "'>", NULL);
	xmpp->opened = true;
}

/* XMPP-S-01: when TLS is mandatory nothing else is offered. */
static void say_features(struct stls_dialogue *d)
{
	dialogue_say(d, "<stream:features><starttls xmlns='" NS_TLS "'>", NULL);
	if (d->spec.demand == STLS_REQUIRED)
		dialogue_say(d, "<required/>", NULL);
	dialogue_say(d, "</starttls>", NULL);
	if (d->spec.demand == STLS_OFFERED && d->spec.protocol == STLS_XMPP_SERVER)
		dialogue_say(d, "<dialback xmlns='urn:xmpp:features:dialback'/>", NULL);
	dialogue_say(d, "</stream:features>", NULL);
}

static enum asked open_stream(struct stls_dialogue *d, const struct tag *tag)
{
	size_t length;
	const char *to = tag_attribute(tag, "to", &length);

	if (!is_stream(tag))
		return ASKED_NONSENSE;
	if (to != NULL && length < NAME_SIZE && memchr(to, '&', length) == NULL)
		dialogue_note_helo(d, to, length);
	say_header(d);
	say_features(d);
	return ASKED_ANSWERED;
}

static enum asked upgrade(struct stls_dialogue *d)
{
	dialogue_say(d, "<proceed xmlns='" NS_TLS "'/>", NULL);
	return ASKED_UPGRADE;
}

/* XMPP-X-02: <starttls/>, or <starttls></starttls>. */
static enum asked ask(struct stls_dialogue *d, const struct tag *tag)
{
	struct xmpp *xmpp = d->own;

	if (xmpp->asked)
		return tag->closes && is_tls(tag, "starttls") ? upgrade(d) : ASKED_NONSENSE;
	if (tag->empty)
		return upgrade(d);
	xmpp->asked = true;
	return ASKED_ANSWERED;
}

static enum asked answer(struct stls_dialogue *d, struct unit unit)
{
	struct xmpp *xmpp = d->own;
	struct tag tag;

	if (!read_unit(d, unit, &tag))
		return ASKED_NONSENSE;
	if (!xmpp->opened)
		return is_declaration(&tag) ? ASKED_ANSWERED : open_stream(d, &tag);
	if (is_declaration(&tag))
		return ASKED_NONSENSE;
	if (tag.closes && xmpp->depth == 0) {
		dialogue_say(d, "</stream:stream>", NULL);
		return ASKED_LEAVE;
	}
	if (xmpp->asked || is_tls(&tag, "starttls"))
		return ask(d, &tag);
	if (tag_is(&tag, "auth") || tag_is(&tag, "authenticate"))
		return ASKED_SECRET;
	return ASKED_OTHER;
}

static const char *condition_of(enum stls_fault why)
{
	switch (why) {
	case STLS_FAULT_PLAINTEXT_REFUSED: return "policy-violation";
	case STLS_FAULT_TIMEOUT: return "connection-timeout";
	case STLS_FAULT_SHUTDOWN: return "system-shutdown";
	case STLS_FAULT_BUSY:
	case STLS_FAULT_MEMORY: return "resource-constraint";
	case STLS_FAULT_BACKEND: return "remote-connection-failed";
	case STLS_FAULT_SYNTAX: return "not-well-formed";
	case STLS_FAULT_TOO_LONG: return "policy-violation";
	default: return "internal-server-error";
	}
}

/* Nothing is said to whoever has not opened a stream. */
static void part(struct stls_dialogue *d, enum stls_fault why)
{
	const struct xmpp *xmpp = d->own;

	if (xmpp->opened)
		dialogue_say(d, "<stream:error><", condition_of(why), " xmlns='" NS_ERRORS "'/>",
		             "</stream:error></stream:stream>", NULL);
}

/* A stream error ends the stream: there is no second try. */
static void refuse(struct stls_dialogue *d, enum asked what, struct unit unit)
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

/* Inside TLS the stream is still to be opened (RFC 6120 section 4.9.1.2). */
static size_t farewell(enum stls_fault why, const char *name, char *buf, size_t size)
{
	const char *const words[] = {
	    "<?xml version='1.0'?><stream:stream id='error' from='", name,
	    "' xmlns='jabber:client' version='1.0' xmlns:stream='" NS_STREAMS "'><stream:error><",
	    condition_of(why), " xmlns='" NS_ERRORS "'/></stream:error></stream:stream>"};
	size_t at = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!append(buf, size, &at, words[i]))
			return 0;
	return at;
}

const struct vocabulary xmpp_client_words = {
    .name = "xmpp-client",
    .alpn = "xmpp-client",
    .port = 5222,
    .tls_port = 5223,
    .take = take,
    .terminator = "",
    .unit_size = 4096,
    .own_size = sizeof(struct xmpp),
    .lists = true,
    .undeterred = true, /* XMPP-C-01 */
    .fatal_refusal = true,
    .say = say,
    .hear = hear,
    .greet = greet,
    .answer = answer,
    .refuse = refuse,
    .farewell = farewell,
    .part = part,
};

const struct vocabulary xmpp_server_words = {
    .name = "xmpp-server",
    .alpn = "xmpp-server",
    .port = 5269,
    .tls_port = 5270,
    .take = take,
    .terminator = "",
    .unit_size = 4096,
    .own_size = sizeof(struct xmpp),
    .lists = true,
    .undeterred = true,
    .fatal_refusal = true,
    .say = say,
    .hear = hear,
    .greet = greet,
    .answer = answer,
    .refuse = refuse,
    .farewell = farewell,
    .part = part,
};
