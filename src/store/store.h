/* SPDX-License-Identifier: ISC */
/*
 * What is kept over a restart: MTA-STS policies, the memory of the ratchet, the
 * operator's overrides, and ticket keys that several machines share.
 *
 * It is memory with something that lasts behind it: SQLite, or Redis where several
 * machines share it.  What is read comes from memory.  What is written is in memory at
 * once, and STORE_OK says that it lasts.  When what lasts is in trouble (full, corrupt,
 * gone), memory goes on with all it has, what could not be written is written later,
 * and store_news() tells of it once.
 *
 *	record.h	the things that are kept
 *	recall.h	a policy, as whoever decides takes it
 *	kinds.c		what there is to know of each of them
 *	memory.c	those that are in memory
 *	keep.c tend.c	how memory and what lasts are kept alike
 *	sqlite*.c	a file
 *	redis*.c	a server
 *
 * Calls block, but none longer than the time-out, but for a disk that hangs.  A server
 * that has not answered in time is not waited for again: it is asked after a pause, by a
 * thread, and calls ask it again only when it has answered that.  One that then answers
 * nothing else is asked less and less often.
 *
 * Time is an argument, in seconds since 1970.  A store belongs to one thread of one
 * process: it must not be taken over a fork.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/record.h"

/*
 * TROUBLE is never "not there".  Writing: what was to be written is in memory, but does
 * not last yet.  Reading: it is not in memory, and who may have it cannot be asked.
 * store_reason() says why.
 */
enum store_result { STORE_OK, STORE_NOT_THERE, STORE_TROUBLE };

struct store_error {
	char text[700]; /* a whole sentence, without passwords */
};

/* All of it zero but the state: the defaults. */
struct store_settings {
	/*
	 * "/var/lib/starttls"		a folder: starttls.db in it
	 * "redis://HOST:PORT/0"	a Redis server, the port and the database may be left out
	 * "redis://:PASSWORD@HOST", "redis://USER:PASSWORD@HOST"
	 * "rediss://HOST"		with TLS, verified for that name; "?ca=FILE",
	 *				"?cert=FILE&key=FILE" for a certificate of ours
	 * "redis+unix:/PATH"		"redis+unix://:PASSWORD@/PATH?db=0"
	 */
	const char *state;
	int timeout;       /* milliseconds that a call may take; 0: 2000, as opening and the end */
	int pause;         /* seconds for which what failed is not asked again; 0: 5 */
	int look;          /* seconds after which others' changes are looked for; 0: 10 */
	size_t memory;     /* octets; what is over it is left to what lasts; 0: 64 MiB */
	int64_t keep_host; /* seconds after which an unheard-of host is forgotten; 0: 120 days */
	/* What is put or forgotten is OK as soon as it is in memory, and lasts after
	 * store_write(): what comes together waits for the disk together. */
	bool gather;
};

struct store;

/* NULL where somebody has to change something first: a text that means nothing, a folder
 * that is none or not ours, a database of a newer version.  What may pass (a server that
 * does not answer, a full disk) is no reason: the store is open, and in trouble. */
struct store *store_open(const struct store_settings *, int64_t now, struct store_error *);
/* Writes what is left to write, if it can, and mends what is corrupt: what memory has is gone
 * with it.  store_news() tells what came of that. */
void store_finish(struct store *);
/* The same, if it was not done.  NULL is fine. */
void store_close(struct store *);

/* To be called every second or so: writes what could not be written, looks for what
 * others have written, forgets what is over. */
void store_tend(struct store *, int64_t now);

/* Everything that is in memory lasts: OK or TROUBLE. */
enum store_result store_write(struct store *, int64_t now);

/* Why the last call said STORE_TROUBLE. */
const char *store_reason(const struct store *);

struct store_health {
	bool trouble; /* what lasts could not be asked the last time */
	int64_t since;
	const char *reason; /* of it, or "" */
	size_t unwritten;   /* things that are in memory only */
	size_t records, octets;
	uint64_t failures; /* since the store was opened */
};
void store_health(const struct store *, struct store_health *);

/* What somebody should hear of, each thing once: trouble and its end, a database that was
 * corrupt and moved aside.  false: nothing new. */
enum store_news_kind { STORE_NEWS_TROUBLE = 1, STORE_NEWS_WELL, STORE_NEWS_CORRUPT };
struct store_news {
	enum store_news_kind kind;
	char text[512]; /* a sentence without a dot */
};
bool store_news(struct store *, struct store_news *);

/*
 * Every kind has the same four calls.  What out receives is borrowed until the next call
 * with the same store.
 *
 * get		OK, NOT_THERE, TROUBLE
 * put		OK: it lasts; TROUBLE: it is in memory.  Where another machine has written
 *		the same meanwhile, what is newer of both counts.
 * forget	OK, NOT_THERE, TROUBLE: it is forgotten in memory
 * next		the one with the next key after the given one ("": the first) of those in
 *		memory: OK or NOT_THERE.  TROUBLE: that may not be all of them.
 */
enum store_result store_policy_get(struct store *, const char *domain, int64_t now,
                                   struct store_policy *out);
enum store_result store_policy_put(struct store *, const struct store_policy *, int64_t now);
enum store_result store_policy_forget(struct store *, const char *domain, int64_t now);
enum store_result store_policy_next(struct store *, const char *after, struct store_policy *out);

enum store_result store_host_get(struct store *, const char *key, int64_t now,
                                 struct store_host *out);
enum store_result store_host_put(struct store *, const struct store_host *, int64_t now);
enum store_result store_host_forget(struct store *, const char *key, int64_t now);
enum store_result store_host_next(struct store *, const char *after, struct store_host *out);

enum store_result store_override_get(struct store *, const char *destination, int64_t now,
                                     struct store_override *out);
enum store_result store_override_put(struct store *, const struct store_override *, int64_t now);
enum store_result store_override_forget(struct store *, const char *destination, int64_t now);
enum store_result store_override_next(struct store *, const char *after,
                                      struct store_override *out);

/*
 * Ticket keys: whoever comes first makes the next one.  turn adds a key if the newest one
 * is still that number (0: there is none), and out receives what there is then, ours or
 * another machine's: OK.  TROUBLE: out is what was before, and nothing is kept.
 */
enum store_result store_tickets_get(struct store *, const char *front, int64_t now,
                                    struct store_tickets *out);
enum store_result store_tickets_turn(struct store *, const char *front, int64_t newest,
                                     const unsigned char key[STORE_TICKET_SIZE], int64_t now,
                                     struct store_tickets *out);

#endif
