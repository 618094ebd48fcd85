/* SPDX-License-Identifier: ISC */
/*
 * XMPP through a gateway, until the login: SASL and the features behind it, or
 * a dialback that succeeds.  Elements are told by their tags: restricted XML (RFC
 * 6120 section 11.1) has no comments, no DTD and no instructions behind which one
 * could hide, and whoever uses them is shut out; so is CDATA, for which nothing
 * before a login has a use.
 */
#include <string.h>

#include "wire/lines.h"
#include "wire/screen_kind.h"
#include "wire/screen_lines.h"
#include "wire/tags.h"

struct xmpp {
	char dropping[32];  /* the element that is being left out, with what is in it */
	bool authenticated; /* the service has said <success/> */
};

#define STREAM_ERROR(condition)                                                                    \
	"<stream:error><" condition " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"               \
	"</stream:error></stream:stream>"
#define RESTRICTED STREAM_ERROR("restricted-xml")
#define POLICY STREAM_ERROR("policy-violation")
#define NO_TLS "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>"
#define NO_SECRETS                                                                                 \
	"<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><encryption-required/></failure>"       \
	"</stream:stream>"

static bool is_one_of(const struct tag *tag, const char *const *names)
{
	for (; *names != NULL; names++)
		if (tag_is(tag, *names))
			return true;
	return false;
}

/* ---- the two sides ---- */

static struct screen_step client_tag(const struct screen *screen, const struct tag *tag)
{
	static const char *const logins[] = {"auth", "authenticate", NULL};
	static const char *const stanzas[] = {"iq", "message", "presence", NULL};

	if (tag_is(tag, "starttls")) /* XMPP-S-02 */
		return screen_shut(STLS_FAULT_SYNTAX, NO_TLS);
	if (!screen->tls && is_one_of(tag, logins))
		return screen_shut(STLS_FAULT_PLAINTEXT_REFUSED, NO_SECRETS);
	/* Passwords of old are in <iq/> (XEP-0077, XEP-0078); a client that may not
	 * log in has no use for stanzas. */
	if (!screen->tls && screen->protocol == STLS_XMPP_CLIENT && is_one_of(tag, stanzas))
		return screen_shut(STLS_FAULT_PLAINTEXT_REFUSED, POLICY);
	return screen_pass(tag->length);
}

/* CORE-19, CB-04, XMPP-S-05 */
static bool is_dropped(const struct screen *screen, const struct tag *tag)
{
	static const char *const always[] = {"starttls", "sasl-channel-binding", NULL};
	static const char *const logins[] = {"mechanisms", "authentication", "auth", "register",
	                                     NULL};

	return is_one_of(tag, always) || (!screen->tls && is_one_of(tag, logins));
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
		return count < SCREEN_LINE ? screen_hold()
		                           : screen_shut(STLS_FAULT_TOO_LONG, POLICY);
	whole = (size_t)(end - bytes) + closing.length;
	return screen_binds(text, (size_t)(end - text)) ? screen_drop(whole) : screen_pass(whole);
}

/* What lets the screen go: logged in and told what to do with it; another server
 * that is who it says it is (XEP-0220 section 2.1.2); compression, behind which
 * nothing can be seen (XEP-0138). */
static void heed(struct screen *screen, const struct tag *tag)
{
	struct xmpp *xmpp = screen->own;

	if (tag_is(tag, "success") && !tag->closes)
		xmpp->authenticated = true;
	if (xmpp->authenticated && tag_is(tag, "features") && (tag->closes || tag->empty))
		screen->over = true;
	if (tag_is(tag, "compressed"))
		screen->over = true;
	if (screen->protocol == STLS_XMPP_SERVER && tag_is(tag, "result") &&
	    tag_attribute_is(tag, "type", "valid"))
		screen->over = true;
}

static struct screen_step service_tag(struct screen *screen, const char *bytes, size_t count,
                                      const struct tag *tag)
{
	if (is_dropped(screen, tag))
		return leave_out(screen->own, tag);
	if (tag_is(tag, "mechanism") && !tag->closes && !tag->empty)
		return mechanism(bytes, count, tag);
	heed(screen, tag);
	return screen_pass(tag->length);
}

/* Inside an element that is left out: up to its end. */
static struct screen_step drop_element(struct xmpp *xmpp, const struct tag *tag)
{
	if (tag->closes && tag_is(tag, xmpp->dropping))
		xmpp->dropping[0] = '\0';
	return screen_drop(tag->length);
}

static struct screen_step text(bool dropping, const char *bytes, size_t count)
{
	const char *tag = memchr(bytes, '<', count);
	size_t length = tag ? (size_t)(tag - bytes) : count;

	return dropping ? screen_drop(length) : screen_pass(length);
}

static struct screen_step next(struct screen *screen, enum screen_side side, const char *bytes,
                               size_t count)
{
	struct xmpp *xmpp = screen->own;
	bool dropping = side == SCREEN_SERVICE && xmpp->dropping[0] != '\0';
	struct tag tag;

	if (bytes[0] != '<')
		return text(dropping, bytes, count);
	if (tag_is_forbidden(bytes, count))
		return screen_shut(STLS_FAULT_SYNTAX, RESTRICTED);
	if (!tag_read(bytes, count, &tag))
		return count < SCREEN_LINE ? screen_hold()
		                           : screen_shut(STLS_FAULT_TOO_LONG, POLICY);
	if (side == SCREEN_CLIENT)
		return client_tag(screen, &tag);
	return dropping ? drop_element(xmpp, &tag) : service_tag(screen, bytes, count, &tag);
}

static struct screen_step from_client(struct screen *screen, const char *bytes, size_t count)
{
	return next(screen, SCREEN_CLIENT, bytes, count);
}

static struct screen_step from_service(struct screen *screen, const char *bytes, size_t count)
{
	return next(screen, SCREEN_SERVICE, bytes, count);
}

const struct screen_kind screen_xmpp = {
    .own_size = sizeof(struct xmpp), .from_client = from_client, .from_service = from_service};
