/* SPDX-License-Identifier: ISC */
/* What lasts is corrupt: what can be read of it joins what memory holds, and all of that is
 * written to another one. */
#include <stdio.h>

#include "store/keep.h"

static size_t rescue_kind(struct store *store, enum kind kind, int64_t now)
{
	struct row *row = &store->rows[0];
	int64_t place = 0;
	size_t count = 0;

	row->kind = kind;
	while (store->backend->calls->rescue(store->backend, &place, row) == ANSWER_OK) {
		/* memory is newer where it has something */
		if (memory_find(&store->memory, kind, record_key(&row->record)))
			continue;
		alike_take(store, row, now);
		count++;
	}
	return count;
}

/* All that is to be rescued is in memory only, and none of it may be dropped. */
static size_t rescue(struct store *store, int64_t now)
{
	size_t limit = store->memory.limit, rescued = 0;

	store->memory.limit = SIZE_MAX;
	for (int kind = 0; kind < KINDS; kind++)
		if (!alike_whole(store, kind))
			rescued += rescue_kind(store, kind, now);
	alike_all_unwritten(store);
	store->memory.limit = limit;
	return rescued;
}

enum answer mend(struct store *store, int64_t now)
{
	struct backend *backend = store->backend;
	char why[sizeof(backend->reason)];
	size_t rescued;
	enum answer answer;

	snprintf(why, sizeof(why), "%s", backend->reason);
	rescued = rescue(store, now);
	answer = backend->calls->renew(backend, now);
	if (answer != ANSWER_OK)
		return answer;
	trouble_tell(
	    store, STORE_NEWS_CORRUPT,
	    "%s was corrupt (%.120s); %s; %zu records were read from it, %zu are written anew",
	    backend->name, why, backend->reason, rescued, store->memory.count);
	store->loaded = true;
	return backend->calls->look(backend, &store->seen);
}
