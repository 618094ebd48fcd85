/* SPDX-License-Identifier: ISC */
/* One line of a golden file, read: README.md has the notation. */
#ifndef GOLDEN_SCENE_H
#define GOLDEN_SCENE_H

#include <stdbool.h>

#include <starttls/policy.h>

#include "policy/postfix.h"

/* The time at which every scene plays. */
#define GOLDEN_NOW INT64_C(1800000000)

enum { WORDS = 64, CLAUSES = 48, PREPARED = 128, EVENTS = 16 };

/* A clause: words, of which those in double quotes are told apart. */
struct clause {
	const char *words[WORDS];
	bool quoted[WORDS];
	size_t count;
};

struct prepared {
	enum stls_question_kind kind;
	const char *name;
	struct stls_answer answer;
	bool asked;
};

enum event_kind { EVENT_GOOD, EVENT_VERIFIED, EVENT_GONE, EVENT_BROKEN, EVENT_WAIT };
struct event {
	enum event_kind kind;
	unsigned times;
	int64_t pause; /* after each */
};

struct scene {
	struct pool *pool; /* everything below lives in it */
	const char *wrong; /* why the line cannot be read, or NULL */
	struct clause clauses[CLAUSES];
	size_t clause_count;
	const char *expected;

	struct stls_case_spec spec;
	struct stls_override local;
	struct stls_sts_memory memory;
	struct prepared prepared[PREPARED];
	size_t prepared_count;
	bool give_up;

	const char *tried; /* the host of an attempt, or NULL */
	struct stls_attempt attempt;

	bool postfix;
	struct postfix_wish wish;
	const char *key; /* a key to be read, or NULL */

	bool ratchet;
	struct stls_ratchet_settings settings;
	struct stls_ratchet host;
	struct event events[EVENTS];
	size_t event_count;
};

struct pool;
void *pool_take(struct pool *, size_t);
const char *pool_text(struct pool *, const char *, size_t);
const char *pool_print(struct pool *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct pool *pool_new(void);
void pool_free(struct pool *);

/* False when the line is empty or a comment.  scene->wrong tells what is wrong. */
bool scene_read(struct scene *, const char *line);

/* The parts of reading: true when the clause was one of theirs. */
bool scene_read_answer(struct scene *, const struct clause *);
bool scene_read_demand(struct scene *, const struct clause *);
bool scene_read_attempt(struct scene *, const struct clause *);
bool scene_read_ratchet(struct scene *, const struct clause *);

bool clause_is(const struct clause *, const char *word);
/* "mx1" is "mx1.test". */
const char *scene_name(struct scene *, const char *);
/* "4d", "-2h", "30m", "5s", "never". */
int64_t scene_duration(struct scene *, const char *);
unsigned scene_number(struct scene *, const char *);
enum stls_fault scene_fault(struct scene *, const char *);

/* What came of it, as words; clauses are divided by " ; ". */
const char *render_plan(struct pool *, const struct stls_plan *);
const char *render_verdict(struct pool *, const struct stls_verdict *);
const char *render_duration(struct pool *, int64_t);
const char *render_name(struct pool *, const char *);

/* Every word that is expected was said, and everything that must be expected is. */
bool compare(const char *expected, const char *said, const char **missing);

#endif
