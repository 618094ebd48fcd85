/* SPDX-License-Identifier: ISC */
/* Where a store of a test lasts: a folder, or a Redis server of its own in one. */
#ifndef TEST_STORE_PLACE_H
#define TEST_STORE_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "store/store.h"

#define NOW INT64_C(1800000000)

struct place {
	const char *kind; /* "sqlite", "redis", "redis-password", "redis-tls" */
	char folder[128];
	char database[160]; /* the file, where it is one */
	char state[600];    /* what a store is opened with */
	char port[8];
	pid_t server; /* 0: it does not run */
};

/* False, and said so: there is no redis-server, and the test is to be skipped (77).  With
 * CI set it is begun, and fails. */
bool place_can(const char *kind);
void place_begin(struct place *, const char *kind);
void place_end(struct place *);

void place_start(struct place *); /* the server again */
void place_kill(struct place *);  /* SIGKILL */
/* A command to the server, its words, the last one NULL; true when it says no error. */
bool place_ask(const struct place *, const char *const words[]);
#define PLACE_ASK(place, ...) place_ask(place, (const char *const[]){__VA_ARGS__, NULL})

/* A store that must open, with defaults. */
struct store *place_open(const struct place *, int64_t now);
struct store *place_open_with(const struct place *, struct store_settings *, int64_t now);

/* Records with something in every field, made from a number. */
void sample_policy(struct store_policy *, int number);
void sample_host(struct store_host *, int number);
void sample_override(struct store_override *, int number);

/* Whether the store has it, and just so. */
bool has_policy(struct store *, int number, int64_t now);

/* All news at once, a line each. */
const char *all_news(struct store *);

#endif
