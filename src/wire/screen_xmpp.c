/* SPDX-License-Identifier: ISC */
/*
 * XMPP through a gateway, until the login.  Elements are told by their tags:
 * restricted XML (RFC 6120 section 11.1) has no comments, no DTD and no
 * instructions behind which one could hide, and whoever uses them is shut out.
 */
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_kind.h"
#include "wire/tags.h"

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

/* ---- the two sides ---- */

static struct screen_step from_client(struct screen *screen, const struct tag *tag)
{
	static const char *const stanzas[] = {"iq", "message", "presence", "result", "verify"};

	if (tag_is(tag, "starttls"))
		return screen_shut(STLS_FAULT_SYNTAX, NO_TLS);
	if (!screen->tls && (tag_is(tag, "auth") || tag_is(tag, "authenticate")))
		return screen_shut(STLS_FAULT_PLAINTEXT_REFUSED, NO_SECRETS);
	for (size_t i = 0; i < sizeof(stanzas) / sizeof(stanzas[0]); i++)
		if (tag_is(tag, stanzas[i]))
			screen->over = true;
	return screen_pass(tag->length);
}

/* CORE-19, CB-04, XMPP-S-05 */
static bool is_dropped(const struct screen *screen, const struct tag *tag)
{
	return tag_is(tag, "starttls") || tag_is(tag, "sasl-channel-binding") ||
	       (!screen->tls && tag_is(tag, "mechanisms"));
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

	if (end == NULL || !tag_read(end, count - (size_t)(end - bytes), &closing))
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
	if (tag_is(tag, "mechanism") && !tag->closes && !tag->empty)
		return mechanism(bytes, count, tag);
	if (tag_is(tag, "success") && !tag->closes)
		xmpp->authenticated = true;
	if (xmpp->authenticated && tag_is(tag, "features") && (tag->closes || tag->empty))
		screen->over = true;
	return screen_pass(tag->length);
}

/* Inside an element that is left out: up to its end. */
static struct screen_step drop_element(struct xmpp *xmpp, const struct tag *tag)
{
	if (tag->closes && tag_is(tag, xmpp->dropping))
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
	if (tag_is_forbidden(bytes, count))
		return screen_shut(STLS_FAULT_SYNTAX, RESTRICTED);
	if (!tag_read(bytes, count, &tag))
		return count < SCREEN_LINE ? screen_hold()
		                           : screen_shut(STLS_FAULT_TOO_LONG, RESTRICTED);
	if (side == SCREEN_CLIENT)
		return from_client(screen, &tag);
	if (xmpp->dropping[0] != '\0')
		return drop_element(xmpp, &tag);
	return from_service(screen, bytes, count, &tag);
}

const struct screen_kind screen_xmpp = {.own_size = sizeof(struct xmpp), .next = next};
