/* SPDX-License-Identifier: ISC */
/* A store from inside: memory, what lasts, and how far they are alike. */
#ifndef STORE_KEEP_H
#define STORE_KEEP_H

#include "store/backend.h"
#include "store/memory.h"
#include "store/store.h"

#define NEWS_ROOM 8

struct store {
	struct memory memory;
	struct backend *backend;
	int64_t deadline; /* of the call that is being made */
	int timeout, pause, look;
	int64_t keep_host;
	bool gathers;
	bool finished;    /* nothing is asked any more */
	union record out; /* what callers receive is copied from here */

	/* trouble.c */
	bool trouble;  /* somebody was told, and it is not over */
	bool blocked;  /* the last answer was a bad one: not asked again for a while */
	int64_t since; /* of the trouble */
	int64_t tried; /* when the bad answer was */
	int64_t rest;  /* seconds from then on in which it is not asked */
	uint64_t failures;
	char reason[400];
	struct store_news news[NEWS_ROOM];
	size_t news_count;

	/* alike.c */
	struct sight seen;      /* up to where memory has heard of changes */
	struct sight sight;     /* what there is, as it was last looked at */
	uint64_t pulled[KINDS]; /* the version up to which a kind was read */
	uint32_t round;         /* a round reads all, from the first version on */
	bool in_round;
	bool loaded; /* a round was finished: what is not in memory is nowhere */
	int64_t looked_at, round_at;

	/* tend.c */
	int64_t tended, steady_since;
	enum kind sweep_kind;
	char sweep_key[512];

	struct row row; /* is large: not for the stack */
	struct row rows[BACKEND_BATCH];
};

/* ---- trouble.c: what lasts is asked only when it may answer ---- */

bool trouble_may_ask(struct store *, int64_t now);
/* Takes note of an answer.  True when it is a good one. */
bool trouble_judge(struct store *, enum answer, int64_t now);
/* Everything is as it should be: if it was not, tells so. */
void trouble_over(struct store *);
void trouble_reason(struct store *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void trouble_tell(struct store *, enum store_news_kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- alike.c: memory hears of what lasts ---- */

/* Looks for changes and reads them, until the moment (see deadline.h).  OK: all of them;
 * NOTHING: there is more to read. */
enum answer alike_pull(struct store *, int64_t now, int64_t until);
/* Whether there is nothing that memory does not have. */
bool alike_whole(const struct store *, enum kind);
/* What memory has, unwritten, and what lasts, written by somebody else, become one. */
void alike_meet(struct store *, struct item *, const struct row *);
/* A row as it was read, into memory. */
void alike_take(struct store *, const struct row *, int64_t now);
/* All that memory holds has to be written, whatever was there. */
void alike_all_unwritten(struct store *);

/* ---- mend.c: it is corrupt ---- */

/* Rescues what can be read, puts it aside and begins another one.  OK, or why not. */
enum answer mend(struct store *, int64_t now);

/* ---- keep.c: any kind ---- */

enum store_result keep_get(struct store *, enum kind, const char *key, int64_t now);
enum store_result keep_put(struct store *, enum kind, const union record *, int64_t now);
enum store_result keep_forget(struct store *, enum kind, const char *key, int64_t now);
enum store_result keep_next(struct store *, enum kind, const char *after);
/* Only if what lasts is still what memory knows; else memory hears of what it is: OK, too.
 * With TROUBLE nothing has changed. */
enum store_result keep_first(struct store *, enum kind, const union record *, int64_t now);
/* One unwritten thing is written. */
enum store_result keep_write(struct store *, struct item *, int64_t now);
void keep_fill(struct row *, const struct item *);

/* ---- tend.c ---- */

/* Writes what is unwritten, until the moment. */
bool tend_write(struct store *, int64_t now, int64_t until);
/* The clock has not jumped lately: only then something may be over. */
bool tend_steady(const struct store *, int64_t now);
bool tend_over(const struct store *, const struct row *, int64_t now);

#endif
