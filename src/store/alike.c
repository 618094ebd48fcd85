/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "store/deadline.h"
#include "store/keep.h"
#include "store/pack.h"

/* All is read again once a day: what was left to what lasts is over some day, too. */
#define ROUND_EVERY 86400

bool alike_whole(const struct store *store, enum kind kind)
{
	return store->loaded && !store->memory.kinds[kind].dropped;
}

void alike_all_unwritten(struct store *store)
{
	for (int kind = 0; kind < KINDS; kind++)
		for (struct item *item = store->memory.kinds[kind].first[0]; item;
		     item = item->next[0]) {
			item->version = 0;
			memory_unwritten(&store->memory, item);
		}
}

/* ---- one thing ---- */

static void take_theirs(struct store *store, struct item *item, const struct row *row)
{
	if (!memory_set(&store->memory, row->kind, &row->record, row->gone))
		return;
	item->version = row->version;
	memory_written(&store->memory, item);
}

static bool is_same(const struct item *item, const struct row *row)
{
	return item->gone == row->gone &&
	       pack_is(row->kind, item->packed, item->length, &row->record);
}

static int64_t moment_of(const struct kind_rules *rules, const union record *record, int64_t gone)
{
	return gone ? gone : rules->moment(record);
}

void alike_meet(struct store *store, struct item *item, const struct row *row)
{
	const struct kind_rules *rules = kind_rules(row->kind);
	union record mine;

	item->version = row->version;
	if (row->version == 0 || row->lost)
		return;
	unpack(row->kind, item->packed, &mine);
	if (item->gone || row->gone) {
		if (moment_of(rules, &row->record, row->gone) > moment_of(rules, &mine, item->gone))
			take_theirs(store, item, row);
		return;
	}
	rules->merge(&mine, &row->record);
	memory_set(&store->memory, row->kind, &mine, 0);
	if (is_same(item, row))
		memory_written(&store->memory, item);
}

/* Not there any more; should it not work, the next round sees it again. */
static void purge(struct store *store, const struct row *row)
{
	store->row = *row;
	store->row.gone = ROW_PURGE;
	store->backend->calls->put(store->backend, &store->row, 1);
}

/* What was lost is written again from memory, or, if it is not there, is no more. */
static void take_lost(struct store *store, struct item *item, const struct row *row)
{
	if (item) {
		item->version = row->version;
		memory_unwritten(&store->memory, item);
		return;
	}
	trouble_tell(store, STORE_NEWS_CORRUPT,
	             "%s: what is kept of \"%.300s\" (%s) cannot be read", store->backend->name,
	             record_key(&row->record), kind_rules(row->kind)->name);
	purge(store, row);
}

static struct item *take_new(struct store *store, const struct row *row, int64_t now)
{
	struct item *item = NULL;

	if (tend_over(store, row, now))
		purge(store, row);
	else
		item = memory_set(&store->memory, row->kind, &row->record, row->gone);
	if (item)
		item->version = row->version;
	return item;
}

void alike_take(struct store *store, const struct row *row, int64_t now)
{
	struct memory *memory = &store->memory;
	struct item *item = memory_find(memory, row->kind, record_key(&row->record));

	if (row->lost) {
		take_lost(store, item, row);
	} else if (!item) {
		item = take_new(store, row, now);
	} else if (!item->unwritten && row->version > item->version) {
		take_theirs(store, item, row);
	} else if (item->unwritten ? row->version != item->version : !is_same(item, row)) {
		/* written by two, or what lasts has gone back, to an older copy perhaps */
		memory_unwritten(memory, item);
		alike_meet(store, item, row);
	}
	if (item)
		item->round = store->round;
	memory_drop(memory, item);
}

/* ---- all ---- */

/* Whether it is another one than the one that memory was filled from, or an older one. */
static bool is_another(const struct store *store)
{
	return store->sight.epoch != store->seen.epoch || store->sight.change < store->seen.change;
}

static void begin_round(struct store *store, int64_t now)
{
	if (store->seen.epoch && is_another(store))
		alike_all_unwritten(store);
	store->seen = store->sight;
	store->in_round = true;
	store->round++;
	store->round_at = now;
	memset(store->pulled, 0, sizeof(store->pulled));
}

/* What memory holds and nobody has told of is not there any more. */
static void end_round(struct store *store)
{
	for (int kind = 0; kind < KINDS; kind++)
		for (struct item *item = store->memory.kinds[kind].first[0]; item;
		     item = item->next[0])
			if (item->round != store->round && !item->unwritten) {
				item->version = 0;
				memory_unwritten(&store->memory, item);
			}
	store->in_round = false;
	store->loaded = true;
}

static enum answer pull_kind(struct store *store, enum kind kind, int64_t now, int64_t until)
{
	struct backend *backend = store->backend;
	enum answer answer;

	for (;;) {
		struct row *row = &store->rows[0];

		if (deadline_left(until) == 0)
			return ANSWER_NOTHING;
		row->kind = kind;
		answer = backend->calls->after(backend, store->pulled[kind], row);
		if (answer == ANSWER_NOTHING)
			return ANSWER_OK;
		if (answer != ANSWER_OK)
			return answer;
		store->pulled[kind] = row->version;
		alike_take(store, row, now);
	}
}

/* Whether all is to be read again. */
static bool wants_round(const struct store *store, int64_t now)
{
	return is_another(store) || store->sight.session != store->seen.session ||
	       now < store->round_at || now - store->round_at >= ROUND_EVERY;
}

/* What is there now.  Before all is read again, whether it can be. */
static enum answer look(struct store *store, int64_t now)
{
	struct backend *backend = store->backend;
	enum answer answer = backend->calls->look(backend, &store->sight);

	if (answer == ANSWER_OK && store->loaded && !store->in_round && wants_round(store, now) &&
	    backend->calls->check) {
		answer = backend->calls->check(backend);
		if (answer == ANSWER_OK)
			answer = backend->calls->look(backend, &store->sight);
	}
	store->looked_at = now;
	return answer;
}

static enum answer pull_all(struct store *store, int64_t now, int64_t until)
{
	for (int kind = 0; kind < KINDS; kind++) {
		enum answer answer = pull_kind(store, kind, now, until);

		if (answer != ANSWER_OK)
			return answer;
	}
	store->seen = store->sight;
	if (store->in_round)
		end_round(store);
	return ANSWER_OK;
}

enum answer alike_pull(struct store *store, int64_t now, int64_t until)
{
	enum answer answer = look(store, now);

	if (answer != ANSWER_OK)
		return answer;
	if (wants_round(store, now))
		begin_round(store, now);
	if (!store->in_round && store->sight.change == store->seen.change)
		return ANSWER_OK;
	return pull_all(store, now, until);
}
