/* SPDX-License-Identifier: ISC */
/*
 * What lasts, as memory sees it: a file or a server.  Both have the same rules:
 *
 * - Every change has a number, one more than the change before: the version of what it
 *   made.  What others have changed is found by asking for later versions.
 * - A thing is written only over the version that the writer knows: who did not know of
 *   another's change has to look first.
 * - What is forgotten stays as a mark for a while, so that others hear of it.
 * - It has a name that it was given by chance when it was made (the epoch): when there is
 *   another one, what memory holds has to be written again.
 */
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "store/kinds.h"

enum answer {
	ANSWER_OK,
	ANSWER_NOTHING, /* no such thing */
	ANSWER_TROUBLE, /* may pass */
	ANSWER_CORRUPT, /* is not what it was */
	ANSWER_REFUSED  /* does not pass by itself: somebody has to do something */
};

#define ROW_PURGE INT64_C(-1) /* gone: written as nothing at all */

/* A thing as it lasts. */
struct row {
	enum kind kind;
	uint64_t version;
	int64_t gone;        /* when it was forgotten, 0: it is there, ROW_PURGE */
	bool lost;           /* reading: it is there but cannot be read; only the key is good */
	bool conflict;       /* writing: it is of another version by now, and is left as it was */
	union record record; /* what is not fixed in size is borrowed until the next call */
};

/* What is there, all in all. */
struct sight {
	uint64_t epoch, change;
	uint64_t session; /* another one each time that it was opened anew */
};

struct backend;

struct backend_calls {
	/* Opens it if it is not open. */
	enum answer (*look)(struct backend *, struct sight *);
	/* Kind and key are set; NOTHING: it was never there. */
	enum answer (*get)(struct backend *, struct row *);
	/* The row of the kind (which is set) with the next version after that one. */
	enum answer (*after)(struct backend *, uint64_t version, struct row *);
	/* version: the one known, and then the new one.  OK: all that are not in conflict;
	 * else some of them may be written, or none. */
	enum answer (*put)(struct backend *, struct row *rows, size_t count);
	/* Whether it can be asked again after trouble, which is found out meanwhile: never
	 * waits.  NOTHING: nobody knows yet.  NULL: it can. */
	enum answer (*back)(struct backend *);
	/* Whether all of it is as it should be: it is opened anew and read.  NULL: is never
	 * corrupt. */
	enum answer (*check)(struct backend *);
	/* What can still be read where it is corrupt; *place is 0 at first.  NULL: is never
	 * corrupt. */
	enum answer (*rescue)(struct backend *, int64_t *place, struct row *);
	/* Puts it aside and begins another one; where it went is in the reason. */
	enum answer (*renew)(struct backend *, int64_t now);
	void (*close)(struct backend *);
};

/* The first member of each of them. */
struct backend {
	const struct backend_calls *calls;
	const int64_t *deadline; /* see deadline.h: of the call that is being made */
	char name[256];          /* for people, without passwords */
	char reason[400];        /* of the last answer but OK and NOTHING */
};

#define BACKEND_BATCH 128 /* rows in one put, at most */

struct store_error;

/* NULL: the text means nothing, or there is no memory. */
struct backend *backend_sqlite(const char *folder, const int64_t *deadline, struct store_error *);
struct backend *backend_redis(const char *address, const int64_t *deadline, struct store_error *);

#endif
