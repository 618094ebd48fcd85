/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/deadline.h"
#include "store/keep.h"

#define REST_MOST 60 /* s */

/* A clock that was set back makes nobody wait. */
bool trouble_may_ask(struct store *store, int64_t now)
{
	enum answer (*back)(struct backend *) = store->backend->calls->back;
	enum answer answer = ANSWER_OK;

	if (!store->blocked)
		return true;
	if (now >= store->tried && now < store->tried + store->rest)
		return false;
	if (back)
		answer = back(store->backend);
	if (answer == ANSWER_TROUBLE)
		trouble_judge(store, answer, now);
	return answer == ANSWER_OK;
}

/* Who waits for it in vain again and again waits less and less often. */
static int64_t rest_after(const struct store *store)
{
	bool in_vain = !deadline_left(store->deadline);
	int64_t rest = in_vain && store->rest ? store->rest * 2 : store->pause;

	return rest < REST_MOST || rest <= store->pause ? rest : REST_MOST;
}

void trouble_reason(struct store *store, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(store->reason, sizeof(store->reason), format, arguments);
	va_end(arguments);
}

/* News that nobody takes make room for newer ones. */
void trouble_tell(struct store *store, enum store_news_kind kind, const char *format, ...)
{
	struct store_news *news;
	va_list arguments;

	if (store->news_count == NEWS_ROOM) {
		memmove(store->news, store->news + 1, sizeof(*news) * (NEWS_ROOM - 1));
		store->news_count--;
	}
	news = &store->news[store->news_count++];
	news->kind = kind;
	va_start(arguments, format);
	vsnprintf(news->text, sizeof(news->text), format, arguments);
	va_end(arguments);
}

bool trouble_judge(struct store *store, enum answer answer, int64_t now)
{
	store->blocked = answer != ANSWER_OK && answer != ANSWER_NOTHING;
	if (!store->blocked)
		return true;
	store->tried = now;
	store->rest = rest_after(store);
	store->failures++;
	trouble_reason(store, "%s", store->backend->reason);
	if (store->trouble)
		return false;
	store->trouble = true;
	store->since = now;
	trouble_tell(store, STORE_NEWS_TROUBLE, "%s: %s", store->backend->name, store->reason);
	return false;
}

void trouble_over(struct store *store)
{
	if (!store->trouble)
		return;
	store->trouble = false;
	store->rest = 0;
	trouble_tell(store, STORE_NEWS_WELL, "%s: all is well again, and all is written",
	             store->backend->name);
}
