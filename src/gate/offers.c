/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gate/offers.h"

struct offers *offers_hold(struct offers *offers)
{
	if (offers)
		offers->holders++;
	return offers;
}

void offers_drop(struct offers *offers)
{
	if (offers && !--offers->holders)
		free(offers);
}

/* One block: the pointers, then the strings. */
struct offers *offers_copy(const char *const *list)
{
	size_t count = 0, bytes = 0;
	struct offers *offers;
	char *text;

	for (; list[count]; count++)
		bytes += strlen(list[count]) + 1;
	offers = malloc(sizeof(*offers) + (count + 1) * sizeof(char *) + bytes);
	if (!offers)
		return NULL;
	offers->holders = 1;
	offers->count = count;
	text = (char *)&offers->list[count + 1];
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(list[i]) + 1;

		offers->list[i] = memcpy(text, list[i], length);
		text += length;
	}
	offers->list[count] = NULL;
	return offers;
}

#define MOST 256 /* with the NULL at the end; what is beyond is not offered */

struct offers *offers_heard(const stls_dialogue *dialogue)
{
	const char *list[MOST];
	size_t count = 0;

	while (count < MOST - 1 && stls_capability(dialogue, count)) {
		list[count] = stls_capability(dialogue, count);
		count++;
	}
	list[count] = NULL;
	return offers_copy(list);
}

static bool has(const struct offers *offers, const char *one)
{
	for (size_t i = 0; i < offers->count; i++)
		if (!strcasecmp(offers->list[i], one))
			return true;
	return false;
}

struct offers *offers_common(const struct offers *first, const struct offers *other)
{
	const char *list[MOST];
	size_t count = 0;

	for (size_t i = 0; i < first->count && count < MOST - 1; i++)
		if (has(other, first->list[i]))
			list[count++] = first->list[i];
	list[count] = NULL;
	return offers_copy(list);
}
