/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "store/deadline.h"
#include "store/keep.h"
#include "store/pack.h"

/* Memory that could not be written may grow to so many times its limit. */
#define SWELL 4

static enum store_result trouble(struct store *store, const char *why)
{
	if (why)
		trouble_reason(store, "%s", why);
	return STORE_TROUBLE;
}

/* ---- reading ---- */

/* Something that memory does not have: row is what lasts, or NOTHING. */
static enum answer fetch(struct store *store, enum kind kind, const char *key, int64_t now)
{
	struct row *row = &store->row;
	enum answer answer;

	if (!trouble_may_ask(store, now))
		return ANSWER_TROUBLE;
	row->kind = kind;
	pack_bare(kind, key, &row->record);
	answer = store->backend->calls->get(store->backend, row);
	if (answer == ANSWER_CORRUPT) {
		answer = mend(store, now);
		/* which has brought all that there is into memory */
		return trouble_judge(store, answer, now) ? ANSWER_NOTHING : ANSWER_TROUBLE;
	}
	return trouble_judge(store, answer, now) ? answer : ANSWER_TROUBLE;
}

static bool is_key(enum kind kind, const char *key)
{
	return key[0] && strlen(key) < kind_rules(kind)->fields[0].size;
}

enum store_result keep_get(struct store *store, enum kind kind, const char *key, int64_t now)
{
	struct item *item = memory_find(&store->memory, kind, key);
	enum answer answer;

	if (!item && is_key(kind, key) && !alike_whole(store, kind)) {
		answer = fetch(store, kind, key, now);
		if (answer == ANSWER_TROUBLE)
			return trouble(store, NULL);
		if (answer == ANSWER_OK)
			alike_take(store, &store->row, now);
		if (answer == ANSWER_OK && store->row.lost)
			return trouble(store, "what is kept of it cannot be read");
		item = memory_find(&store->memory, kind, key);
	}
	if (!item || item->gone)
		return STORE_NOT_THERE;
	unpack(kind, item->packed, &store->out);
	return STORE_OK;
}

enum store_result keep_next(struct store *store, enum kind kind, const char *after)
{
	struct item *item = memory_after(&store->memory, kind, after);

	if (!store->loaded)
		return trouble(store, "not all of it was read yet");
	while (item && item->gone)
		item = item->next[0];
	if (!item)
		return STORE_NOT_THERE;
	unpack(kind, item->packed, &store->out);
	return STORE_OK;
}

/* ---- writing ---- */

void keep_fill(struct row *row, const struct item *item)
{
	row->kind = item->kind;
	row->version = item->version;
	row->gone = item->gone;
	row->conflict = false;
	row->lost = false;
	unpack(item->kind, item->packed, &row->record);
}

static enum answer judge_put(struct store *store, enum answer answer, int64_t now)
{
	if (!trouble_judge(store, answer, now))
		return ANSWER_TROUBLE;
	return store->row.conflict ? ANSWER_NOTHING : ANSWER_OK;
}

/* Writes the row over the version that is known: OK, NOTHING (it is of another version by
 * now) or TROUBLE. */
static enum answer put_row(struct store *store, int64_t now)
{
	struct backend *backend = store->backend;
	enum answer answer = backend->calls->put(backend, &store->row, 1);

	if (answer != ANSWER_CORRUPT)
		return judge_put(store, answer, now);
	answer = mend(store, now);
	if (answer == ANSWER_OK) {
		store->row.version = 0; /* the new one is empty */
		answer = backend->calls->put(backend, &store->row, 1);
	}
	return judge_put(store, answer, now);
}

static void written(struct store *store, struct item *item)
{
	item->version = store->row.version;
	item->round = store->round;
	memory_written(&store->memory, item);
}

/* What somebody else has written, into row. */
static enum answer look_at_theirs(struct store *store, const struct item *item, int64_t now)
{
	enum answer answer = fetch(store, item->kind, item_key(item), now);

	if (answer == ANSWER_NOTHING) {
		store->row.version = 0;
		return ANSWER_OK;
	}
	return answer;
}

enum store_result keep_write(struct store *store, struct item *item, int64_t now)
{
	/* others may come first again and again */
	while (deadline_left(store->deadline)) {
		enum answer answer;

		if (!trouble_may_ask(store, now))
			return trouble(store, NULL);
		keep_fill(&store->row, item);
		answer = put_row(store, now);
		if (answer == ANSWER_OK) {
			written(store, item);
			return STORE_OK;
		}
		if (answer == ANSWER_TROUBLE || look_at_theirs(store, item, now) != ANSWER_OK)
			return trouble(store, NULL);
		alike_meet(store, item, &store->row);
		if (!item->unwritten)
			return STORE_OK;
	}
	return trouble(store, "others write the same thing all the time");
}

enum store_result keep_put(struct store *store, enum kind kind, const union record *record,
                           int64_t now)
{
	struct memory *memory = &store->memory;
	struct item *item;

	if (!kind_is_sound(kind, record))
		return trouble(store, "it is longer than it may be, or has no key");
	if (memory->octets / SWELL > memory->limit &&
	    !memory_find(memory, kind, record_key(record)))
		return trouble(store, "memory is full of what could not be written");
	item = memory_set(memory, kind, record, 0);
	if (!item)
		return trouble(store, "there is no memory");
	memory_unwritten(memory, item);
	memory_drop(memory, item);
	return store->gathers ? STORE_OK : keep_write(store, item, now);
}

/* Whether there is something to forget.  What cannot be known is forgotten, too. */
static enum store_result is_there(struct store *store, enum kind kind, const char *key, int64_t now)
{
	struct item *item = memory_find(&store->memory, kind, key);
	enum answer answer;

	if (!is_key(kind, key))
		return STORE_NOT_THERE;
	if (item)
		return item->gone ? STORE_NOT_THERE : STORE_OK;
	if (alike_whole(store, kind))
		return STORE_NOT_THERE;
	answer = fetch(store, kind, key, now);
	if (answer == ANSWER_OK)
		alike_take(store, &store->row, now);
	if (answer == ANSWER_TROUBLE)
		return STORE_OK;
	item = memory_find(&store->memory, kind, key);
	return item && !item->gone ? STORE_OK : STORE_NOT_THERE;
}

enum store_result keep_forget(struct store *store, enum kind kind, const char *key, int64_t now)
{
	enum store_result result = is_there(store, kind, key, now);
	struct item *item;
	union record bare;

	if (result != STORE_OK)
		return result;
	pack_bare(kind, key, &bare);
	item = memory_set(&store->memory, kind, &bare, now);
	if (!item)
		return trouble(store, "there is no memory");
	memory_unwritten(&store->memory, item);
	return store->gathers ? STORE_OK : keep_write(store, item, now);
}

enum store_result keep_first(struct store *store, enum kind kind, const union record *record,
                             int64_t now)
{
	struct item *item = memory_find(&store->memory, kind, record_key(record));
	enum answer answer;

	if (!trouble_may_ask(store, now))
		return trouble(store, NULL);
	memset(&store->row, 0, sizeof(store->row));
	store->row.kind = kind;
	store->row.version = item ? item->version : 0;
	store->row.record = *record;
	answer = put_row(store, now);
	if (answer == ANSWER_OK) {
		item = memory_set(&store->memory, kind, record, 0);
		if (item)
			written(store, item);
		return item ? STORE_OK : trouble(store, "there is no memory");
	}
	if (answer == ANSWER_NOTHING)
		answer = fetch(store, kind, record_key(record), now);
	if (answer == ANSWER_TROUBLE)
		return trouble(store, NULL);
	if (answer == ANSWER_OK)
		alike_take(store, &store->row, now);
	return STORE_OK;
}
