/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/keep.h"

/* A clock that was set back makes nobody wait. */
bool trouble_may_ask(const struct store *store, int64_t now)
{
	return !store->blocked || now < store->tried || now >= store->tried + store->pause;
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
	trouble_tell(store, STORE_NEWS_WELL, "%s: all is well again, and all is written",
	             store->backend->name);
}
