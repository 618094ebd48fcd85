/* SPDX-License-Identifier: ISC */
/* What an XMPP client says and hears before TLS (RFC 6120 section 5). */
#include <string.h>

#include "wire/xmpp.h"

void xmpp_say(struct stls_dialogue *d, enum step step)
{
	if (step == STEP_ASK)
		dialogue_say(d, "<starttls xmlns='" XMPP_NS_TLS "'/>", NULL);
	if (step != STEP_LIST)
		return;
	dialogue_say(d, "<?xml version='1.0'?><stream:stream to='", d->spec.domain, NULL);
	if (d->spec.from != NULL)
		dialogue_say(d, "' from='", d->spec.from, NULL);
	dialogue_say(d, xmpp_content(d->spec.protocol),
	             "' version='1.0' xmlns:stream='" XMPP_NS_STREAMS "'>", NULL);
}

/* ---- features: one capability each, with what describes it ---- */

/* A word of a capability; what would not stay one word is left out. */
static void add_word(struct stls_dialogue *d, const char *word, size_t length)
{
	struct xmpp *xmpp = d->own;
	size_t space = xmpp->feature_length > 0;

	while (length > 0 && strchr(" \t\r\n", word[length - 1]) != NULL)
		length--;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)word[i] <= ' ' || word[i] == '&')
			return;
	if (length == 0)
		return;
	if (space + length > sizeof(xmpp->feature) - xmpp->feature_length) {
		dialogue_fail(d, STLS_FAULT_TOO_LONG);
		return;
	}
	memcpy(xmpp->feature + xmpp->feature_length, " ", space);
	memcpy(xmpp->feature + xmpp->feature_length + space, word, length);
	xmpp->feature_length += space + length;
}

/* Mechanisms (RFC 6120 section 6.3.3), <required/>, types of channel bindings
 * (XEP-0440). */
static void hear_description(struct stls_dialogue *d, struct unit unit, const struct tag *tag)
{
	size_t length;
	const char *type;

	if (tag->closes) {
		if (tag_is(tag, "mechanism"))
			add_word(d, unit.text, (size_t)(tag->at - unit.text));
	} else if (tag_is(tag, "required")) {
		add_word(d, tag->name, tag->name_length);
	} else if (tag_is(tag, "channel-binding")) {
		type = tag_attribute(tag, "type", &length);
		if (type != NULL)
			add_word(d, type, length);
	}
}

/* How deep the element of a tag is in the features; 1: a feature itself. */
static unsigned level(const struct xmpp *xmpp, const struct tag *tag)
{
	return xmpp->depth - 2 + (tag->empty || tag->closes);
}

static void hear_feature(struct stls_dialogue *d, struct unit unit, const struct tag *tag)
{
	struct xmpp *xmpp = d->own;

	if (level(xmpp, tag) == 2)
		hear_description(d, unit, tag);
	if (level(xmpp, tag) != 1)
		return;
	if (!tag->closes) {
		d->offered = d->offered || xmpp_is_tls(xmpp, tag, "starttls");
		xmpp->feature_length = 0;
		add_word(d, tag->name, tag->name_length);
	}
	if (tag->closes || tag->empty)
		dialogue_note(d, xmpp->feature, xmpp->feature_length);
}

/* RFC 6120 section 4.7.5: without a version there will be no features. */
static enum heard hear_header(struct xmpp *xmpp, const struct tag *tag)
{
	size_t length;

	xmpp->streams_by_default = tag->name == tag->at + 1;
	return tag_attribute(tag, "version", &length) != NULL ? HEARD_MORE : HEARD_YES;
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
		return HEARD_YES;
	}
	if (xmpp->depth == 1 && !tag->empty && xmpp_is_stream(xmpp, tag, "stream"))
		return hear_header(xmpp, tag);
	if (xmpp->depth == 0 || !xmpp_is_stream(xmpp, tag, "features"))
		return HEARD_NONSENSE;
	xmpp->features = !tag->empty;
	return tag->empty ? HEARD_YES : HEARD_MORE;
}

/* XMPP-X-02: <proceed/>, or <proceed></proceed>. */
static enum heard hear_answer(struct xmpp *xmpp, const struct tag *tag)
{
	if (xmpp->granted)
		return tag->closes ? HEARD_YES : HEARD_NONSENSE;
	if (xmpp_is_tls(xmpp, tag, "proceed")) {
		xmpp->granted = true;
		return tag->empty ? HEARD_YES : HEARD_MORE;
	}
	return xmpp_is_tls(xmpp, tag, "failure") ? HEARD_NO : HEARD_NONSENSE;
}

enum heard xmpp_hear(struct stls_dialogue *d, enum step step, struct unit unit)
{
	struct xmpp *xmpp = d->own;
	struct tag tag;

	if (!xmpp_read(d, unit, &tag))
		return HEARD_NONSENSE;
	if (tag_is_declaration(tag.at, tag.length))
		return HEARD_MORE;
	if (tag.closes && xmpp->depth == 0)
		return HEARD_BYE;
	if (!xmpp->features && !xmpp->granted && xmpp_is_stream(xmpp, &tag, "error"))
		return HEARD_BYE;
	return step == STEP_LIST ? hear_list(d, unit, &tag) : hear_answer(xmpp, &tag);
}
