/* SPDX-License-Identifier: ISC */
/*
 * XMPP through a gateway, until the login.  Elements are told by their tags:
 * restricted XML (RFC 6120 section 11.1) has no comments, no DTD and no
 * instructions behind which one could hide, and whoever uses them is shut out.
 */
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_kind.h"

struct xmpp {
	char dropping[32];  /* the element that is being left out, with what is in it */
	bool authenticated; /* the service has said <success/> */
};

#define RESTRICTED                                                                                 \
	"<stream:error><restricted-xml xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"              \
	"</stream:error></stream:stream>"
#define NO_TLS "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>"
#define NO_SECRETS                                                                                 \
	"<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><encryption-required/></failure>"       \
	"</stream:stream>"

/* ---- tags ---- */

struct tag {
	size_t length;    /* from "<" to ">" */
	const char *name; /* without its prefix */
	size_t name_length;
	bool closes; /* </name> */
	bool empty;  /* <name/> */
};

/* The length of the tag at the front of the view, 0 if its end is not there. */
static size_t tag_length(const char *bytes, size_t count)
{
	char quote = '\0';

	for (size_t i = 1; i < count; i++) {
		if (quote != '\0')
			quote = bytes[i] == quote ? '\0' : quote;
		else if (bytes[i] == '"' || bytes[i] == '\'')
			quote = bytes[i];
		else if (bytes[i] == '>')
			return i + 1;
	}
	return 0;
}

static bool is_name_end(char c)
{
	return strchr(" \t\r\n/>", c) != NULL;
}

static bool read_tag(const char *bytes, size_t count, struct tag *tag)
{
	const char *end;

	tag->length = tag_length(bytes, count);
	if (tag->length == 0)
		return false;
	tag->closes = bytes[1] == '/';
	tag->empty = bytes[tag->length - 2] == '/';
	tag->name = bytes + 1 + tag->closes;
	for (end = tag->name; !is_name_end(*end); end++)
		if (*end == ':')
			tag->name = end + 1;
	tag->name_length = (size_t)(end - tag->name);
	return true;
}

static bool is(const struct tag *tag, const char *name)
{
	return strlen(name) == tag->name_length && memcmp(tag->name, name, tag->name_length) == 0;
}

/* RFC 6120 section 11.1; the declaration at the beginning of a stream is fine. */
static bool is_restricted(const char *bytes, size_t count)
{
	static const char declaration[] = "<?xml";

	if (count < 2 || (bytes[1] != '!' && bytes[1] != '?'))
		return false;
	return memcmp(bytes, declaration, count < 5 ? count : 5) != 0;
}

/* ---- the two sides ---- */

static struct screen_step from_client(struct screen *screen, const struct tag *tag)
{
	static const char *const stanzas[] = {"iq", "message", "presence", "result", "verify"};

	if (is(tag, "starttls"))
		return screen_shut(STLS_FAULT_SYNTAX, NO_TLS);
	if (!screen->tls && (is(tag, "auth") || is(tag, "authenticate")))
		return screen_shut(STLS_FAULT_PLAINTEXT_REFUSED, NO_SECRETS);
	for (size_t i = 0; i < sizeof(stanzas) / sizeof(stanzas[0]); i++)
		if (is(tag, stanzas[i]))
			screen->over = true;
	return screen_pass(tag->length);
}

/* CORE-19, CB-04, XMPP-S-05 */
static bool is_dropped(const struct screen *screen, const struct tag *tag)
{
	return is(tag, "starttls") || is(tag, "sasl-channel-binding") ||
	       (!screen->tls && is(tag, "mechanisms"));
}

static struct screen_step leave_out(struct xmpp *xmpp, const struct tag *tag)
{
	if (!tag->empty && !tag->closes) {
		memcpy(xmpp->dropping, tag->name, tag->name_length);
		xmpp->dropping[tag->name_length] = '\0';
	}
	return screen_drop(tag->length);
}

/* <mechanism>NAME-PLUS</mechanism> */
static struct screen_step mechanism(const char *bytes, size_t count, const struct tag *tag)
{
	const char *text = bytes + tag->length;
	const char *end = memchr(text, '<', count - tag->length);
	struct tag closing;
	size_t whole;

	if (end == NULL || !read_tag(end, count - (size_t)(end - bytes), &closing))
		return count < SCREEN_LINE ? screen_hold() : screen_shut(STLS_FAULT_TOO_LONG, "");
	whole = (size_t)(end - bytes) + closing.length;
	if (end - text >= 5 && word_is(end - 5, 5, "-PLUS"))
		return screen_drop(whole);
	return screen_pass(whole);
}

static struct screen_step from_service(struct screen *screen, const char *bytes, size_t count,
                                       const struct tag *tag)
{
	struct xmpp *xmpp = screen->own;

	if (is_dropped(screen, tag))
		return leave_out(xmpp, tag);
	if (is(tag, "mechanism") && !tag->closes && !tag->empty)
		return mechanism(bytes, count, tag);
	if (is(tag, "success") && !tag->closes)
		xmpp->authenticated = true;
	if (xmpp->authenticated && is(tag, "features") && (tag->closes || tag->empty))
		screen->over = true;
	return screen_pass(tag->length);
}

/* Inside an element that is left out: up to its end. */
static struct screen_step drop_element(struct xmpp *xmpp, const struct tag *tag)
{
	if (tag->closes && is(tag, xmpp->dropping))
		xmpp->dropping[0] = '\0';
	return screen_drop(tag->length);
}

static struct screen_step text(const struct xmpp *xmpp, enum screen_side side, const char *bytes,
                               size_t count)
{
	const char *tag = memchr(bytes, '<', count);
	size_t length = tag ? (size_t)(tag - bytes) : count;

	return side == SCREEN_SERVICE && xmpp->dropping[0] != '\0' ? screen_drop(length)
	                                                           : screen_pass(length);
}

static struct screen_step next(struct screen *screen, enum screen_side side, const char *bytes,
                               size_t count)
{
	struct xmpp *xmpp = screen->own;
	struct tag tag;

	if (bytes[0] != '<')
		return text(xmpp, side, bytes, count);
	if (is_restricted(bytes, count))
		return screen_shut(STLS_FAULT_SYNTAX, RESTRICTED);
	if (!read_tag(bytes, count, &tag))
		return count < SCREEN_LINE ? screen_hold()
		                           : screen_shut(STLS_FAULT_TOO_LONG, RESTRICTED);
	if (side == SCREEN_CLIENT)
		return from_client(screen, &tag);
	if (xmpp->dropping[0] != '\0')
		return drop_element(xmpp, &tag);
	return from_service(screen, bytes, count, &tag);
}

const struct screen_kind screen_xmpp = {.own_size = sizeof(struct xmpp), .next = next};
