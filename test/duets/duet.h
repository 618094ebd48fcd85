/* SPDX-License-Identifier: ISC */
/* A duet, as read from its file: see README.md for the notation. */
#ifndef DUETS_DUET_H
#define DUETS_DUET_H

#include <stdbool.h>
#include <stddef.h>

#include <starttls/dialogue.h>

/* Octets that grow. */
struct octets {
	char *bytes;
	size_t count, room;
};

void octets_add(struct octets *, const void *bytes, size_t count);
bool octets_same(const struct octets *, const void *bytes, size_t count);
void octets_free(struct octets *);

enum part_kind {
	PART_HEAR,   /* the peer says something */
	PART_SAY,    /* we do */
	PART_EOF,    /* the peer closes */
	PART_DISMISS /* we give up */
};

struct part {
	enum part_kind kind;
	struct octets text;
	struct octets glue; /* PART_HEAR: 1 for each octet that comes with the one before it */
	enum stls_fault fault;
};

#define DUET_PARTS 64
#define DUET_OFFERS 64
#define DUET_CHECKS 256

enum check_kind {
	CHECK_CAPABILITY,
	CHECK_REPLAY,
	CHECK_HELO,
	CHECK_DOMAIN,
	CHECK_LEFT,
	CHECK_REFUSALS
};

struct check {
	enum check_kind kind;
	struct octets text; /* with a NUL behind it, which does not count */
};

struct duet {
	char *path;
	char *file; /* what the strings of the spec point into */
	struct stls_spec spec;
	const char *offers[DUET_OFFERS + 1];
	size_t offer_count;
	struct part parts[DUET_PARTS];
	size_t part_count;
	struct octets unread;
	enum stls_need end; /* STLS_IN while it has not been read */
	enum stls_fault fault;
	struct check checks[DUET_CHECKS];
	size_t check_count;
	size_t heard; /* how many octets the peer says in all */
	int line;
};

/* NULL, and why on standard error, where the notation is not kept. */
struct duet *duet_read(const char *path);
void duet_free(struct duet *);

#endif
