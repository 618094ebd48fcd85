/* SPDX-License-Identifier: ISC */
/*
 * The kinds of things that are kept, as a table: memory, SQLite and Redis go by it, and
 * know none of the kinds by name.
 */
#ifndef STORE_KINDS_H
#define STORE_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/record.h"

enum kind { KIND_POLICY, KIND_HOST, KIND_OVERRIDE, KIND_TICKETS, KINDS };

/* Any of them. */
union record {
	struct store_policy policy;
	struct store_host host;
	struct store_override override;
	struct store_tickets tickets;
};

/* The first member of each. */
static inline const char *record_key(const union record *record)
{
	return (const char *)record;
}

enum field_type {
	FIELD_NUMBER, /* int64_t */
	FIELD_TEXT,   /* char[size], ends with a NUL */
	FIELD_OCTETS, /* unsigned char[size], all of them */
	FIELD_LONG    /* a pointer, and a size_t behind it: store_policy.text */
};

struct field {
	const char *name;
	enum field_type type;
	size_t offset, size;
};

/* How long something forgotten is remembered as that, so that others hear of it. */
#define KIND_GONE_FOR INT64_C(2592000)

struct kind_rules {
	const char *name;           /* "policies": a table, the beginning of keys */
	const struct field *fields; /* the first one is the key */
	size_t count;
	bool secret;    /* memory is wiped */
	bool droppable; /* may be left to what lasts when there is too much of it */
	/* When the newest thing in it came to be: what is newer counts. */
	int64_t (*moment)(const union record *);
	/* After which moment nobody needs it any more; keep_host: see store_settings. */
	int64_t (*until)(const union record *, int64_t keep_host);
	/* Two that were written without knowing of each other become one. */
	void (*merge)(union record *mine, const union record *theirs);
};

const struct kind_rules *kind_rules(enum kind);

/* Whether every text ends inside of its room, and the key is one. */
bool kind_is_sound(enum kind, const union record *);

#endif
