/* SPDX-License-Identifier: ISC */
/*
 * What is kept over a restart, as plain structs.  They are the store's own: whoever
 * decides has others (<starttls/sts.h>, <starttls/ratchet.h>), and recall.h turns a
 * policy that is kept into theirs.  All moments are in seconds since 1970, 0: never.
 * Words that another version may know more of (modes, levels, faults) are kept as words.
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define STORE_TEXT_LONGEST 65536 /* octets of a policy (RFC 8461 section 3.3) */

/* An MTA-STS policy, and what came of looking for it. */
struct store_policy {
	char domain[254]; /* the key */
	const char *text; /* as it was fetched; NULL: none is known */
	size_t length;
	char id[33];      /* of the record under which it was fetched */
	char mode[16];    /* "enforce", "testing", "none" */
	int64_t fetched;  /* when that was, the last time with success */
	int64_t expires;  /* fetched and max_age */
	int64_t looked;   /* when the record was last looked at */
	int64_t wanted;   /* when somebody last asked for the domain */
	int64_t failed;   /* when fetching failed last */
	int64_t failures; /* how often in a row */
	char failed_id[33];
	char failure[64]; /* how it failed last: the name of the fault */
};

/* What the ratchet remembers of a host. */
struct store_host {
	char key[300]; /* the MX name and the block of its address: stls_ratchet_key() */
	int64_t first_seen, last_seen; /* with good TLS */
	int64_t occasions, days;
	int64_t vanished; /* occasions without, since the last good one */
	int64_t lost;     /* when the last one of these was */
	int64_t authenticated, authenticated_days;
	int64_t held_since, hold_until; /* 0: mail is not held back */
	int64_t pinned;                 /* STLS_PIN_* */
	int64_t set;                    /* when the operator changed pin or note last */
	char note[200];                 /* the operator's */
};

/* What the operator has decided for a destination. */
struct store_override {
	char destination[260]; /* the key */
	char level[16];        /* stls_level_name() */
	char names[1024];      /* with a space between them; "": none */
	char reason[256];
	int64_t set, expires; /* expires: 0 is never */
};

/* The keys that a front's session tickets are sealed with, newest first. */
#define STORE_TICKET_KEYS 3
#define STORE_TICKET_SIZE 80
struct store_tickets {
	char front[128]; /* the key */
	int64_t number;  /* of the newest; 0: there is none */
	int64_t count;
	int64_t made[STORE_TICKET_KEYS];
	unsigned char keys[STORE_TICKET_KEYS][STORE_TICKET_SIZE];
};

#endif
