/* SPDX-License-Identifier: ISC */
/*
 * What was said on a connection, in order, by whom, and whether inside TLS.  It
 * never holds a secret: a login is recorded by whoever does it, without.
 */
#ifndef CHECK_TAPE_H
#define CHECK_TAPE_H

#include <stdbool.h>
#include <stddef.h>

enum tape_who { TAPE_CLIENT, TAPE_SERVER, TAPE_NOTE };

struct tape_piece {
	enum tape_who who;
	bool inside; /* TLS */
	char *bytes; /* with a NUL behind */
	size_t count;
};

/* What is longer is cut off, and "full" tells. */
#define TAPE_ROOM ((size_t)256 * 1024)

struct tape {
	struct tape_piece *pieces;
	size_t count, bytes;
	bool full;
};

/* Consecutive bytes of one side become one piece. */
void tape_add(struct tape *, enum tape_who, bool inside, const void *bytes, size_t count);
void tape_note(struct tape *, bool inside, const char *text);
void tape_free(struct tape *);

/*
 * Lines of a piece for a person: what is not printable ASCII is escaped, so that
 * nobody can make a terminal do anything; a piece that is not text at all comes
 * in hex.  *at begins at 0; false when there is no more.
 */
bool tape_line(const struct tape_piece *, size_t *at, char *line, size_t size);

/* The same escaping for any text that a peer chose. */
void tape_escape(char *out, size_t size, const char *bytes, size_t count);

#endif
