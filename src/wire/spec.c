/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "wire/machine.h"
#include "wire/spec.h"

/* What goes into a protocol line may not end that line. */
static bool is_clean(const char *text)
{
	if (text == NULL)
		return true;
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			return false;
	return true;
}

/* Names also go into XML attributes and EHLO arguments. */
static bool is_name(const char *text)
{
	return text == NULL || (text[0] != '\0' && strlen(text) < NAME_SIZE && is_clean(text) &&
	                        strpbrk(text, " <>&'\"") == NULL);
}

static bool offers_clean(const char *const *offers)
{
	for (; offers != NULL && *offers != NULL; offers++)
		if (**offers == '\0' || !is_clean(*offers))
			return false;
	return true;
}

static bool has_role(const struct stls_spec *spec, const struct vocabulary *words)
{
	switch (spec->role) {
	case STLS_CLIENT: return true;
	case STLS_SERVER: return words->greet != NULL && spec->goal == STLS_UPGRADE;
	}
	return false;
}

static bool has_layer(const struct stls_spec *spec)
{
	switch (spec->layer) {
	case STLS_PLAINTEXT: return true;
	case STLS_IMPLICIT: return spec->goal == STLS_UPGRADE;
	case STLS_AFTER_STARTTLS:
	case STLS_AFTER_IMPLICIT: return spec->role == STLS_CLIENT && spec->goal != STLS_UPGRADE;
	}
	return false;
}

static bool has_goal(const struct stls_spec *spec, const struct vocabulary *words)
{
	switch (spec->goal) {
	case STLS_UPGRADE:
	case STLS_GREET: return true;
	case STLS_LIST: return words->lists;
	case STLS_TELL:
		return words->tells && spec->client != NULL && spec->server != NULL &&
		       is_name(spec->client) && is_name(spec->server);
	}
	return false;
}

/* RFC 6120 section 4.7.1: a stream is opened to a domain. */
static bool has_domain(const struct stls_spec *spec)
{
	if (spec->protocol != STLS_XMPP_CLIENT && spec->protocol != STLS_XMPP_SERVER)
		return true;
	return spec->role == STLS_SERVER || spec->layer == STLS_IMPLICIT || spec->domain != NULL;
}

#define LIMIT_LEAST 64 /* less than that leaves nothing to be said */

static bool is_limit(size_t limit)
{
	return limit == 0 || (limit >= LIMIT_LEAST && limit <= STLS_LIMIT);
}

static bool has_limits(const struct stls_spec *spec)
{
	return is_limit(spec->line_limit) && is_limit(spec->literal_limit) &&
	       is_limit(spec->element_limit);
}

bool spec_read(struct stls_spec *spec, const struct stls_spec *given)
{
	const struct vocabulary *words;
	size_t size = given->size < sizeof(*spec) ? given->size : sizeof(*spec);

	memset(spec, 0, sizeof(*spec));
	memcpy(spec, given, size);
	words = vocabulary_of(spec->protocol);
	if (words == NULL || (spec->demand != STLS_MAY && spec->demand != STLS_MUST))
		return false;
	return has_role(spec, words) && has_layer(spec) && has_goal(spec, words) &&
	       has_domain(spec) && is_name(spec->name) && is_name(spec->domain) &&
	       is_name(spec->from) && offers_clean(spec->offers) && has_limits(spec);
}

size_t spec_unit(const struct stls_spec *spec, const struct vocabulary *words)
{
	size_t limit = words->elements ? spec->element_limit : spec->line_limit;

	return limit == 0 ? words->unit_size : limit + words->elements;
}

size_t spec_speech(const struct stls_spec *spec)
{
	size_t size = 1280; /* three names, and what there is around them */

	for (const char *const *offer = spec->offers; offer != NULL && *offer != NULL; offer++)
		size += strlen(*offer) + 8;
	return size;
}
