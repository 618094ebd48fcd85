/* SPDX-License-Identifier: ISC */
/* The questions that are known, with their answers and those who wait for them. */
#ifndef NAMES_DNS_MEMORY_H
#define NAMES_DNS_MEMORY_H

#include <stdbool.h>

#include "names/dns.h"
#include "names/links.h"

struct dns_query {
	struct link place; /* among the askers of an entry */
	uint64_t turn;     /* of the loop, in which it was asked */
	void (*told)(void *owner, const struct dns_answer *);
	void *owner;
};

struct dns_entry {
	enum dns_type type;
	const char *name;
	struct dns *dns;
	struct link place; /* waiting, quick, ready, or idle: the longest unused comes first */
	struct link due;   /* being asked: by deadline */
	int64_t deadline, started;
	struct link askers;
	struct dns_answer *answer; /* NULL: none yet */
	int64_t expires;           /* ms */
	bool lone;                 /* of no use to others: not in the memory */
	bool running;              /* libunbound has it */
	bool late;                 /* and has had it for so long that others need not wait */
};

/* Octets of answers for each of the entries that there may be.  An answer may have 64 KiB
 * of message, which is for strangers to choose, and most of them have a hundredth of it. */
#define DNS_MEMORY_SHARE 2048

struct dns_memory {
	void *tree;
	struct link idle;
	unsigned count;
	size_t octets; /* of their answers */
};

void dns_memory_init(struct dns_memory *);

/* One is made if there is none.  NULL when memory is out. */
struct dns_entry *dns_memory_take(struct dns_memory *, const char *name, enum dns_type);
struct dns_entry *dns_entry_lone(const char *name, enum dns_type);

/* Takes the answer over, instead of the one before; either may be NULL. */
void dns_memory_answer(struct dns_memory *, struct dns_entry *, struct dns_answer *);

/* Nobody needs an entry now: it, or those that rest longest, are forgotten when there is
 * no room. */
void dns_memory_rest(struct dns_memory *, struct dns_entry *, unsigned most);

/* With those who wait. */
void dns_entry_free(struct dns_entry *);
void dns_memory_free(struct dns_memory *);

#endif
