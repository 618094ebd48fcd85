/* SPDX-License-Identifier: ISC */
/*
 * SASL in XMPP (RFC 6120 section 6.4): one element a step, inside of a stream
 * whose header was heard before.  Elements of this namespace are flat, apart from
 * <failure/>, of which only the condition matters.
 */
#include <stdio.h>
#include <string.h>

#include "wire/sasl_kind.h"
#include "wire/tags.h"

#define NAMESPACE "urn:ietf:params:xml:ns:xmpp-sasl"

static void begin(struct sasl *sasl, const char *mechanism, const char *initial)
{
	sasl_say(sasl, "<auth xmlns='" NAMESPACE "' mechanism='", mechanism, "'>", NULL);
	if (initial != NULL)
		sasl_say(sasl, *initial != '\0' ? initial : "=", NULL);
	sasl_say(sasl, "</auth>", NULL);
}

static void respond(struct sasl *sasl, const char *response)
{
	sasl_say(sasl, "<response xmlns='" NAMESPACE "'>", response, "</response>", NULL);
}

static void give_up(struct sasl *sasl)
{
	sasl_say(sasl, "<abort xmlns='" NAMESPACE "'/>", NULL);
}

/* ---- hearing ---- */

struct element {
	struct tag first;
	const char *text; /* what is between its tags */
	size_t length;
};

/* Finds the tag that closes the element; false if it is not there. */
static bool find_end(const char *bytes, size_t count, struct element *element)
{
	size_t at = element->first.length;

	element->text = bytes + at;
	element->length = 0;
	if (element->first.empty)
		return true;
	while (at < count) {
		const char *open = memchr(bytes + at, '<', count - at);
		struct tag tag;

		if (open == NULL)
			return false;
		element->length = (size_t)(open - element->text);
		at = (size_t)(open - bytes);
		if (!tag_read(open, count - at, &tag))
			return false;
		if (tag.closes && tag.name_length == element->first.name_length &&
		    memcmp(tag.name, element->first.name, tag.name_length) == 0)
			return true;
		at += tag.length;
	}
	return false;
}

static void hear_failure(struct sasl *sasl, const struct element *element)
{
	const char *open = memchr(element->text, '<', element->length);
	struct tag tag;
	char condition[64] = "failure";

	if (open != NULL && tag_read(open, element->length - (size_t)(open - element->text), &tag))
		snprintf(condition, sizeof(condition), "%.*s", (int)tag.name_length, tag.name);
	sasl_denied(sasl, condition);
}

static void hear(struct sasl *sasl, const struct element *element)
{
	char text[SASL_LINE];

	memcpy(text, element->text, element->length);
	text[element->length] = '\0';
	/* RFC 6120 section 6.4.2: nothing may be written "=". */
	if (strcmp(text, "=") == 0)
		text[0] = '\0';
	if (!tag_attribute_is(&element->first, "xmlns", NAMESPACE))
		sasl->next = SASL_FAILED;
	else if (tag_is(&element->first, "failure"))
		hear_failure(sasl, element);
	else if (strchr(text, '<') != NULL)
		sasl->next = SASL_FAILED;
	else if (tag_is(&element->first, "challenge"))
		sasl_challenged(sasl, text);
	else if (tag_is(&element->first, "success"))
		sasl_granted(sasl, text);
	else
		sasl->next = SASL_FAILED;
}

/* Whether what was heard so far ends the waiting. */
static bool is_over(struct sasl *sasl)
{
	struct element element;

	if (sasl->line[0] != '<' || tag_is_forbidden(sasl->line, sasl->line_length)) {
		sasl->next = SASL_FAILED;
		return true;
	}
	if (!tag_read(sasl->line, sasl->line_length, &element.first))
		return false;
	if (element.first.closes) {
		sasl->next = SASL_FAILED;
		return true;
	}
	if (!find_end(sasl->line, sasl->line_length, &element))
		return false;
	hear(sasl, &element);
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static size_t feed(struct sasl *sasl, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (sasl->line_length == 0 && is_space(bytes[i]))
			continue; /* keep-alives: RFC 6120 section 4.6.1 */
		if (sasl->line_length == sizeof(sasl->line) - 1) {
			sasl->next = SASL_FAILED;
			return count;
		}
		sasl->line[sasl->line_length++] = bytes[i];
		if ((bytes[i] == '>' || sasl->line_length == 2) && is_over(sasl)) {
			sasl->line_length = 0;
			return i + 1;
		}
	}
	return count;
}

const struct sasl_kind sasl_xmpp = {
    .initial_limit = SASL_LINE / 2,
    .begin = begin,
    .respond = respond,
    .give_up = give_up,
    .feed = feed,
};
