/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/deadline.h"
#include "store/keep.h"

#define TIMEOUT 2000
#define PAUSE 5
#define LOOK 10
#define MEMORY ((size_t)64 << 20)
#define KEEP_HOST INT64_C(10368000)
/* Milliseconds, when the store is closed: later there is nothing left to mend it with. */
#define MEND_WITHIN 60000

static struct backend *open_backend(const char *state, const int64_t *deadline,
                                    struct store_error *error)
{
	if (state[0] == '/')
		return backend_sqlite(state, deadline, error);
	if (strncmp(state, "redis", 5) == 0)
		return backend_redis(state, deadline, error);
	snprintf(error->text, sizeof(error->text),
	         "state: \"%.80s\" is neither the path of a folder nor redis://, rediss:// or "
	         "redis+unix:",
	         state);
	return NULL;
}

/* At the beginning and at the end nobody else waits. */
static int64_t in_peace(const struct store *store)
{
	return deadline_in(store->timeout > TIMEOUT ? store->timeout : TIMEOUT);
}

static void adopt(struct store *store, const struct store_settings *settings, int64_t now)
{
	store->timeout = settings->timeout > 0 ? settings->timeout : TIMEOUT;
	store->pause = settings->pause > 0 ? settings->pause : PAUSE;
	store->look = settings->look > 0 ? settings->look : LOOK;
	store->keep_host = settings->keep_host > 0 ? settings->keep_host : KEEP_HOST;
	store->gathers = settings->gather;
	store->deadline = in_peace(store);
	store->tended = store->steady_since = now;
	memory_begin(&store->memory, settings->memory > 0 ? settings->memory : MEMORY);
}

/* The first look.  False: somebody has to do something before this can work. */
static bool begin(struct store *store, int64_t now)
{
	enum answer answer = alike_pull(store, now, store->deadline);

	if (answer == ANSWER_REFUSED)
		return false;
	if (answer == ANSWER_CORRUPT)
		answer = mend(store, now);
	if (trouble_judge(store, answer, now))
		tend_write(store, now, store->deadline);
	return true;
}

struct store *store_open(const struct store_settings *settings, int64_t now,
                         struct store_error *error)
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store) {
		snprintf(error->text, sizeof(error->text), "state: there is no memory");
		return NULL;
	}
	adopt(store, settings, now);
	store->backend = open_backend(settings->state, &store->deadline, error);
	if (!store->backend) {
		store_close(store);
		return NULL;
	}
	if (begin(store, now))
		return store;
	snprintf(error->text, sizeof(error->text), "state: %s: %s", store->backend->name,
	         store->backend->reason);
	store_close(store);
	return NULL;
}

/* What memory holds is gone after this: if what lasts is not as it should be, it is written
 * now. */
static void finish(struct store *store)
{
	const struct backend_calls *calls = store->backend->calls;
	int64_t now = store->tended;

	if (store->blocked || !tend_write(store, now, store->deadline))
		return;
	if (store->loaded && calls->check && calls->check(store->backend) == ANSWER_CORRUPT &&
	    mend(store, now) == ANSWER_OK)
		tend_write(store, now, deadline_in(MEND_WITHIN));
}

void store_finish(struct store *store)
{
	if (store->finished)
		return;
	store->finished = true;
	store->deadline = in_peace(store);
	finish(store);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	if (store->backend) {
		store_finish(store);
		store->backend->calls->close(store->backend);
	}
	memory_end(&store->memory);
	explicit_bzero(store, sizeof(*store));
	free(store);
}

const char *store_reason(const struct store *store)
{
	return store->reason;
}

void store_health(const struct store *store, struct store_health *health)
{
	health->trouble = store->trouble;
	health->since = store->trouble ? store->since : 0;
	health->reason = store->trouble ? store->reason : "";
	health->unwritten = store->memory.unwritten_count;
	health->records = store->memory.count;
	health->octets = store->memory.octets;
	health->failures = store->failures;
}

bool store_news(struct store *store, struct store_news *news)
{
	if (store->news_count == 0)
		return false;
	*news = store->news[0];
	store->news_count--;
	memmove(store->news, store->news + 1, sizeof(*news) * store->news_count);
	return true;
}
