/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "store/deadline.h"
#include "store/keep.h"
#include "store/pack.h"

/* Milliseconds: the owner has others to serve. */
#define SLICE 200
/* Things that are looked at in one go, for being over. */
#define SWEEP 512
/* Seconds: a clock that jumps by so much is not believed for as long, since what is over
 * by it may be an enforced policy. */
#define JUMP 3600

/* ---- what is over ---- */

static void note_clock(struct store *store, int64_t now)
{
	if (now < store->tended || now - store->tended > JUMP)
		store->steady_since = now;
	store->tended = now;
}

bool tend_steady(const struct store *store, int64_t now)
{
	return now - store->steady_since >= JUMP;
}

bool tend_over(const struct store *store, const struct row *row, int64_t now)
{
	if (!tend_steady(store, now))
		return false;
	if (row->gone)
		return row->gone + KIND_GONE_FOR < now;
	return kind_rules(row->kind)->until(&row->record, store->keep_host) < now;
}

/* Fills the rows with what is over; a kind at a time, from the key where the sweep was. */
static size_t find_over(struct store *store, int64_t now)
{
	struct item *item = memory_after(&store->memory, store->sweep_kind, store->sweep_key);
	size_t count = 0;

	for (int i = 0; item && i < SWEEP && count < BACKEND_BATCH; i++, item = item->next[0]) {
		struct row *row = &store->rows[count];

		keep_fill(row, item);
		strcpy(store->sweep_key, item_key(item));
		if (!tend_over(store, row, now))
			continue;
		row->gone = ROW_PURGE;
		count++;
	}
	if (!item) {
		store->sweep_kind = (store->sweep_kind + 1) % KINDS;
		store->sweep_key[0] = '\0';
	}
	return count;
}

/* What another machine has changed meanwhile is not over yet, perhaps. */
static void sweep(struct store *store, int64_t now)
{
	size_t count = tend_steady(store, now) ? find_over(store, now) : 0;
	enum answer answer;

	if (count == 0)
		return;
	answer = store->backend->calls->put(store->backend, store->rows, count);
	if (!trouble_judge(store, answer, now))
		return;
	for (size_t i = 0; i < count; i++) {
		const struct row *row = &store->rows[i];
		struct item *item =
		    memory_find(&store->memory, row->kind, record_key(&row->record));

		if (item && !row->conflict)
			memory_remove(&store->memory, item);
	}
}

/* ---- what is unwritten ---- */

static size_t fill_batch(struct store *store)
{
	struct item *item;
	size_t count = 0;

	TAILQ_FOREACH(item, &store->memory.unwritten, queue)
	{
		if (count == BACKEND_BATCH)
			break;
		keep_fill(&store->rows[count++], item);
	}
	return count;
}

/* The rows are of those things; a thing that somebody else has written is seen to alone. */
static bool settle(struct store *store, size_t count, int64_t now)
{
	struct item *items[BACKEND_BATCH];

	for (size_t i = 0; i < count; i++)
		items[i] = memory_find(&store->memory, store->rows[i].kind,
		                       record_key(&store->rows[i].record));
	for (size_t i = 0; i < count; i++) {
		if (store->rows[i].conflict)
			continue;
		items[i]->version = store->rows[i].version;
		items[i]->round = store->round;
		memory_written(&store->memory, items[i]);
	}
	for (size_t i = 0; i < count; i++)
		if (items[i]->unwritten && keep_write(store, items[i], now) == STORE_TROUBLE)
			return false;
	return true;
}

bool tend_write(struct store *store, int64_t now, int64_t until)
{
	while (store->memory.unwritten_count && deadline_left(until)) {
		size_t count = fill_batch(store);
		enum answer answer = store->backend->calls->put(store->backend, store->rows, count);

		if (answer == ANSWER_CORRUPT)
			return trouble_judge(store, mend(store, now), now);
		if (!trouble_judge(store, answer, now) || !settle(store, count, now))
			return false;
	}
	return true;
}

enum store_result store_write(struct store *store, int64_t now)
{
	store->deadline = deadline_in(store->timeout);
	if (store->memory.unwritten_count && trouble_may_ask(store, now))
		tend_write(store, now, store->deadline);
	return store->memory.unwritten_count ? STORE_TROUBLE : STORE_OK;
}

/* ---- all of it ---- */

static bool wants_to_look(const struct store *store, int64_t now)
{
	return store->trouble || !store->loaded || store->in_round ||
	       store->memory.unwritten_count || now < store->looked_at ||
	       now - store->looked_at >= store->look;
}

/* True when memory has heard of everything. */
static bool look(struct store *store, int64_t now, int64_t until)
{
	enum answer answer = alike_pull(store, now, until);

	if (answer == ANSWER_CORRUPT)
		answer = mend(store, now);
	return trouble_judge(store, answer, now) && answer == ANSWER_OK;
}

void store_tend(struct store *store, int64_t now)
{
	int64_t until = deadline_in(SLICE);

	store->deadline = deadline_in(store->timeout);
	note_clock(store, now);
	if (!trouble_may_ask(store, now))
		return;
	if (wants_to_look(store, now) && !look(store, now, until))
		return;
	if (!tend_write(store, now, until))
		return;
	sweep(store, now);
	if (!store->blocked && store->loaded && !store->memory.unwritten_count)
		trouble_over(store);
}
