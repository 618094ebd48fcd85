/* SPDX-License-Identifier: ISC */
/* What a service offers: a list that stays as it is while anybody holds it. */
#ifndef GATE_OFFERS_H
#define GATE_OFFERS_H

#include <stdbool.h>
#include <stddef.h>

#include <starttls/dialogue.h>

struct offers {
	unsigned holders;
	size_t count;
	const char *list[]; /* the last one NULL; as stls_spec.offers wants it */
};

/* These three are held by the caller; NULL when memory is out. */
struct offers *offers_copy(const char *const *list);
struct offers *offers_heard(const stls_dialogue *);
/* What both offer, in the same words: in the order of the first. */
struct offers *offers_common(const struct offers *, const struct offers *);

struct offers *offers_hold(struct offers *); /* NULL is fine in both */
void offers_drop(struct offers *);

#endif
