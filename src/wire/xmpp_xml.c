/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "wire/xmpp.h"

#define STRAY 9 /* octets that are enough to know an HTTP verb: "OPTIONS /" */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* ---- framing ---- */

/* Text where none may be: as much of it as tells what it is, at once, so that
 * nobody waits for a tag that will not come. */
static enum cut take_stray(const struct stls_dialogue *d, char octet)
{
	return octet == '\n' || octet == '<' || d->in_length >= STRAY ? CUT_WHOLE : CUT_PART;
}

static enum cut take_tag(const struct stls_dialogue *d, struct xmpp *xmpp, char octet)
{
	const char *tag = d->in + xmpp->tag - 1;
	size_t length = d->in_length - (xmpp->tag - 1);

	if (tag_is_forbidden(tag, length)) {
		xmpp->condition = "restricted-xml";
		return CUT_NONSENSE;
	}
	return octet == '>' && tag_length(tag, length) > 0 ? CUT_WHOLE : CUT_PART;
}

/* White space between elements is nothing (RFC 6120 section 4.6.1); no other
 * control character is XML. */
static enum cut take_octet(struct stls_dialogue *d, char octet)
{
	struct xmpp *xmpp = d->own;

	if (d->in_length == 0)
		xmpp->tag = 0;
	if (d->in_length == 0 && is_space(octet))
		return CUT_PART;
	if (d->in_length == 0 && octet == 22) {
		/* TLS on the port of plaintext: nothing is said to it. */
		dialogue_end(d, STLS_FAILED, STLS_FAULT_TLS_UNASKED);
		return CUT_PART;
	}
	if ((unsigned char)octet < ' ' && !is_space(octet))
		return CUT_NONSENSE;
	if (d->in_length + 1 >= d->in_size)
		return CUT_TOO_LONG;
	d->in[d->in_length++] = octet;
	if (xmpp->tag > 0)
		return take_tag(d, xmpp, octet);
	if (xmpp->depth < 2 && d->in[0] != '<')
		return take_stray(d, octet);
	if (octet == '<')
		xmpp->tag = d->in_length;
	return CUT_PART;
}

size_t xmpp_take(struct stls_dialogue *d, const char *bytes, size_t count, enum cut *cut)
{
	size_t taken = 0;

	while (taken < count && *cut == CUT_PART && d->next != STLS_FAILED)
		*cut = take_octet(d, bytes[taken++]);
	return taken;
}

/* ---- restricted XML ---- */

static const char *skip_space(const char *at, const char *end)
{
	while (at < end && is_space(*at))
		at++;
	return at;
}

/* &#10; or &#xA; behind the "#". */
static bool is_number(const char *at, const char *end)
{
	bool hex = at < end && *at == 'x';
	const char *digits = at + hex;

	for (at = digits; at < end && *at != ';'; at++)
		if ((*at < '0' || *at > '9') && !(hex && strchr("abcdefABCDEF", *at) != NULL))
			return false;
	return at < end && at > digits;
}

/* RFC 6120 section 11.1: no entities but the five that XML itself has. */
static bool is_reference(const char *at, const char *end)
{
	static const char *const known[] = {"amp;", "lt;", "gt;", "apos;", "quot;"};

	if (at < end && *at == '#')
		return is_number(at + 1, end);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t length = strlen(known[i]);

		if (length <= (size_t)(end - at) && memcmp(at, known[i], length) == 0)
			return true;
	}
	return false;
}

static bool is_text(const char *at, const char *end)
{
	while ((at = memchr(at, '&', (size_t)(end - at))) != NULL)
		if (!is_reference(++at, end))
			return false;
	return true;
}

struct attribute {
	const char *name, *value;
	size_t name_length, value_length;
};

/* One attribute from at on, with the white space that must be before it; NULL:
 * it is none. */
static const char *read_attribute(const char *at, const char *end, struct attribute *attribute)
{
	const char *close;

	attribute->name = skip_space(at, end);
	if (attribute->name == at)
		return NULL;
	for (at = attribute->name; at < end && !is_space(*at) && strchr("='\"<&/", *at) == NULL;)
		at++;
	attribute->name_length = (size_t)(at - attribute->name);
	at = skip_space(at, end);
	if (attribute->name_length == 0 || at == end || *at != '=')
		return NULL;
	at = skip_space(at + 1, end);
	if (at == end || (*at != '"' && *at != '\''))
		return NULL;
	attribute->value = at + 1;
	close = memchr(attribute->value, *at, (size_t)(end - attribute->value));
	if (close == NULL)
		return NULL;
	attribute->value_length = (size_t)(close - attribute->value);
	if (memchr(attribute->value, '<', attribute->value_length) != NULL)
		return NULL;
	return is_text(attribute->value, close) ? close + 1 : NULL;
}

static bool is_value(const struct attribute *attribute, const char *value)
{
	return attribute->value_length == strlen(value) &&
	       memcmp(attribute->value, value, attribute->value_length) == 0;
}

/* A prefix is bound to a namespace, or to another one from now on. */
static void bind_prefix(char bound[XMPP_PREFIX], const struct attribute *attribute, const char *to)
{
	const char *prefix = attribute->name + 6;
	size_t length = attribute->name_length - 6;

	if (length >= XMPP_PREFIX)
		return;
	if (is_value(attribute, to)) {
		memcpy(bound, prefix, length);
		bound[length] = '\0';
	} else if (strlen(bound) == length && memcmp(bound, prefix, length) == 0) {
		bound[0] = '\0';
	}
}

static bool read_attributes(struct xmpp *xmpp, const struct tag *tag)
{
	bool declaration = tag_is_declaration(tag->at, tag->length);
	const char *at = tag->name + tag->name_length;
	const char *end = tag->at + tag->length - 1 - (tag->empty || declaration);
	struct attribute attribute;

	if (declaration && *end != '?')
		return false;
	while (skip_space(at, end) < end) {
		at = read_attribute(at, end, &attribute);
		if (at == NULL || tag->closes)
			return false;
		if (attribute.name_length > 6 && memcmp(attribute.name, "xmlns:", 6) == 0) {
			bind_prefix(xmpp->tls, &attribute, XMPP_NS_TLS);
			bind_prefix(xmpp->streams, &attribute, XMPP_NS_STREAMS);
		}
	}
	return true;
}

/* ---- what is open ---- */

static const char *full_name(const struct tag *tag, size_t *length)
{
	const char *name = tag->at + 1 + tag->closes;

	*length = tag->name_length + (size_t)(tag->name - name);
	return name;
}

/* Deeper than there is room for is nobody before TLS. */
static bool open_element(struct xmpp *xmpp, const struct tag *tag)
{
	size_t length;
	const char *name = full_name(tag, &length);

	if (length + 1 > sizeof(xmpp->open) - xmpp->open_length)
		return false;
	memcpy(xmpp->open + xmpp->open_length, name, length);
	xmpp->open[xmpp->open_length + length] = '\0';
	xmpp->open_length += length + 1;
	xmpp->depth++;
	return true;
}

static bool close_element(struct xmpp *xmpp, const struct tag *tag)
{
	size_t length;
	const char *name = full_name(tag, &length), *last;

	if (xmpp->depth == 0 || length + 1 > xmpp->open_length)
		return false;
	last = xmpp->open + xmpp->open_length - length - 1;
	if (memcmp(last, name, length) != 0 || (last > xmpp->open && last[-1] != '\0'))
		return false;
	xmpp->open_length -= length + 1;
	xmpp->depth--;
	return true;
}

static bool is_name(const struct tag *tag)
{
	size_t length;
	const char *name = full_name(tag, &length);

	for (size_t i = 0; i < length; i++)
		if (strchr("<&'\"=", name[i]) != NULL)
			return false;
	return tag->name_length > 0;
}

bool xmpp_read(struct stls_dialogue *d, struct unit unit, struct tag *tag)
{
	struct xmpp *xmpp = d->own;
	const char *at = memchr(unit.text, '<', unit.length);
	bool first = xmpp->depth == 0 && !xmpp->declared;

	if (at == NULL || !tag_read(at, unit.length - (size_t)(at - unit.text), tag))
		return false;
	/* Text is only in elements, never in the stream or before it. */
	if (at != unit.text && (xmpp->depth < 2 || !is_text(unit.text, at)))
		return false;
	if (!is_name(tag) || !read_attributes(xmpp, tag))
		return false;
	if (xmpp->depth == 0)
		xmpp->declared = true;
	if (tag_is_declaration(tag->at, tag->length))
		return first;
	if (tag->closes)
		return close_element(xmpp, tag);
	return tag->empty || open_element(xmpp, tag);
}

/* ---- namespaces ---- */

/* A closing tag is in the namespace of the opening one, whose name it has. */
static bool is_in(const struct tag *tag, const char *prefix, const char *space, bool by_default)
{
	size_t length = (size_t)(tag->name - tag->at) - 1 - tag->closes, ignored;

	if (length > 0) /* with the colon */
		return strlen(prefix) == length - 1 &&
		       memcmp(prefix, tag->name - length, length - 1) == 0;
	if (tag->closes)
		return true;
	if (tag_attribute(tag, "xmlns", &ignored) == NULL)
		return by_default;
	return tag_attribute_is(tag, "xmlns", space);
}

bool xmpp_is_stream(const struct xmpp *xmpp, const struct tag *tag, const char *name)
{
	return tag_is(tag, name) &&
	       is_in(tag, xmpp->streams, XMPP_NS_STREAMS, xmpp->streams_by_default);
}

bool xmpp_is_tls(const struct xmpp *xmpp, const struct tag *tag, const char *name)
{
	return tag_is(tag, name) && is_in(tag, xmpp->tls, XMPP_NS_TLS, false);
}

const char *xmpp_content(enum stls_protocol protocol)
{
	return protocol == STLS_XMPP_SERVER
	           ? "' xmlns='jabber:server' xmlns:db='jabber:server:dialback"
	           : "' xmlns='jabber:client";
}
