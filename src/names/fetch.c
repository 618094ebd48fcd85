/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/timer.h"
#include "names/fetch_transfer.h"
#include "names/links.h"

#define QUICK 2000 /* ms: who takes longer goes into the lane of the slow */
#define SLOW_LANE 10

enum stage { WAITING, RESOLVING, LOADING, OVER };

struct fetch {
	struct fetcher *fetcher;
	struct link place; /* waiting, running or over */
	struct timer *timer;
	int64_t asked, begun; /* moments of loop_clock() */
	enum stage stage;
	bool taking_long;
	bool slow; /* in the lane of the slow */
	struct dns_host *addresses;
	struct fetch_transfer transfer;
	struct fetch_answer answer;
	char why[256]; /* of an answer that is not the transfer's */
	void (*told)(void *owner, const struct fetch_answer *);
	void *owner;
	char host[DNS_NAME];
	char path[]; /* with the slash */
};

struct fetcher {
	struct loop *loop;
	struct dns *dns;
	struct fetch_settings settings;
	struct fetch_multi *multi;
	struct timer *turn; /* what is to be done outside of anybody's call */
	struct link waiting, running, over;
	struct fetch_counts counts;
};

static void soon(struct fetcher *fetcher)
{
	if (!timer_is_set(fetcher->turn))
		timer_set(fetcher->turn, 0);
}

/* From now on others may use its place. */
static void leave_lane(struct fetch *fetch)
{
	struct fetch_counts *counts = &fetch->fetcher->counts;

	if (fetch->stage != RESOLVING && fetch->stage != LOADING)
		return;
	if (fetch->slow)
		counts->slow--;
	else
		counts->under_way--;
	soon(fetch->fetcher);
}

static void end(struct fetch *fetch)
{
	leave_lane(fetch);
	fetch->stage = OVER;
	timer_clear(fetch->timer);
	link_into(&fetch->fetcher->over, &fetch->place);
	soon(fetch->fetcher);
}

static void fail(struct fetch *fetch, enum fetch_fault fault, const char *why)
{
	snprintf(fetch->why, sizeof(fetch->why), "%s", why);
	fetch->answer.fault = fault;
	fetch->answer.why = fetch->why;
	end(fetch);
}

static void on_done(void *owner, CURLcode code)
{
	struct fetch *fetch = owner;

	if (fetch->stage != LOADING)
		return;
	fetch_transfer_judge(&fetch->transfer, code, &fetch->answer);
	end(fetch);
}

static void on_addresses(void *owner, const struct dns_addresses *all)
{
	struct fetch *fetch = owner;

	fetch->addresses = NULL;
	fetch->answer.security = all->security;
	if (all->security < DNS_INSECURE)
		fail(fetch, FETCH_RESOLVE, all->why);
	else if (all->absent == DNS_NO_NAME)
		fail(fetch, FETCH_NO_HOST, "the host does not exist");
	else if (all->count == 0)
		fail(fetch, FETCH_NO_HOST, "the host has no address");
	else {
		fetch->stage = LOADING;
		if (fetch_transfer_begin(&fetch->transfer, fetch->fetcher->multi, fetch->host,
		                         fetch->path, all, fetch) < 0)
			fail(fetch, FETCH_BROKEN, "there is no memory left");
	}
}

/* If there is room in it. */
static void move_to_slow_lane(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;

	if (fetcher->counts.slow >= fetcher->settings.at_once * SLOW_LANE)
		return;
	fetcher->counts.under_way--;
	fetcher->counts.slow++;
	fetch->slow = true;
	soon(fetcher);
}

static void give_up(struct fetch *fetch)
{
	char why[64];

	dns_drop_addresses(fetch->addresses);
	fetch->addresses = NULL;
	fetch_transfer_end(&fetch->transfer, fetch->fetcher->multi);
	snprintf(why, sizeof(why), "the document did not come within %u ms",
	         fetch->fetcher->settings.patience);
	fail(fetch, FETCH_TOO_SLOW, why);
}

static void on_time(void *owner)
{
	struct fetch *fetch = owner;
	unsigned patience = fetch->fetcher->settings.patience;

	if (fetch->taking_long || patience <= QUICK) {
		give_up(fetch);
		return;
	}
	fetch->taking_long = true;
	timer_set(fetch->timer, patience - QUICK);
	move_to_slow_lane(fetch);
}

static void start(struct fetch *fetch)
{
	struct fetcher *fetcher = fetch->fetcher;
	unsigned patience = fetcher->settings.patience;

	link_into(&fetcher->running, &fetch->place);
	fetch->stage = RESOLVING;
	fetch->begun = loop_clock();
	fetcher->counts.under_way++;
	timer_set(fetch->timer, patience < QUICK ? patience : QUICK);
	fetch->addresses = dns_ask_addresses(fetcher->dns, fetch->host, on_addresses, fetch);
	if (!fetch->addresses)
		fail(fetch, FETCH_RESOLVE, "there is no memory left");
}

static void fetch_free(struct fetch *fetch)
{
	link_out(&fetch->place);
	dns_drop_addresses(fetch->addresses);
	fetch_transfer_end(&fetch->transfer, fetch->fetcher->multi);
	timer_close(fetch->timer);
	free(fetch);
}

static void tell(struct fetch *fetch)
{
	if (fetch->answer.fault)
		fetch->fetcher->counts.failed++;
	fetch->told(fetch->owner, &fetch->answer);
	fetch_free(fetch);
}

/* Whoever asks meanwhile is told in the next turn. */
static void on_turn(void *owner)
{
	struct fetcher *fetcher = owner;
	struct link batch;

	while (fetcher->counts.under_way < fetcher->settings.at_once &&
	       !link_alone(&fetcher->waiting))
		start(LINK_OWNER(fetcher->waiting.next, struct fetch, place));
	link_init(&batch);
	link_move_all(&batch, &fetcher->over);
	while (!link_alone(&batch))
		tell(LINK_OWNER(link_take(&batch), struct fetch, place));
}

/* Where the path begins; NULL: it is not https://HOST/PATH. */
static const char *split(const char *url, char host[DNS_NAME])
{
	static const char scheme[] = "https://";
	const char *begin = url + sizeof(scheme) - 1;
	char text[DNS_NAME];
	size_t length;

	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0)
		return NULL;
	length = strcspn(begin, "/");
	if (length == 0 || length >= sizeof(text) || begin[length] != '/')
		return NULL;
	memcpy(text, begin, length);
	text[length] = '\0';
	if (dns_name(host, text) || *host == '\0')
		return NULL;
	for (const char *c = begin + length; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '#')
			return NULL;
	return begin + length;
}

static struct fetch *make(struct fetcher *fetcher, const char *path)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch) + strlen(path) + 1);

	if (!fetch)
		return NULL;
	fetch->fetcher = fetcher;
	fetch->transfer.settings = &fetcher->settings;
	fetch->answer = (struct fetch_answer){.why = "", .type = "", .body = ""};
	strcpy(fetch->path, path);
	link_init(&fetch->place);
	fetch->timer = timer_open(fetcher->loop, on_time, fetch);
	if (fetch->timer)
		return fetch;
	free(fetch);
	return NULL;
}

struct fetch *fetch_ask(struct fetcher *fetcher, const char *url,
                        void (*told)(void *owner, const struct fetch_answer *), void *owner)
{
	char host[DNS_NAME] = "";
	const char *path = split(url, host);
	struct fetch *fetch = make(fetcher, path ? path : "");

	if (!fetch)
		return NULL;
	strcpy(fetch->host, host);
	fetch->told = told;
	fetch->owner = owner;
	fetch->asked = loop_clock();
	fetcher->counts.asked++;
	link_into(&fetcher->waiting, &fetch->place);
	if (!path)
		fail(fetch, FETCH_URL, "it is not https://HOST/PATH");
	soon(fetcher);
	return fetch;
}

void fetch_drop(struct fetch *fetch)
{
	if (!fetch)
		return;
	leave_lane(fetch);
	fetch_free(fetch);
}

bool fetch_was_held_up(const struct fetch *fetch)
{
	return fetch->stage == WAITING || fetch->begun - fetch->asked > loop_clock() - fetch->begun;
}

static void set_defaults(struct fetch_settings *settings)
{
	if (!settings->port)
		settings->port = 443;
	if (!settings->patience)
		settings->patience = 60000;
	if (!settings->size)
		settings->size = 65536;
	if (!settings->at_once)
		settings->at_once = 50;
}

struct fetcher *fetcher_open(struct loop *loop, struct dns *dns,
                             const struct fetch_settings *settings)
{
	struct fetcher *fetcher = calloc(1, sizeof(*fetcher));

	if (!fetcher)
		return NULL;
	fetcher->loop = loop;
	fetcher->dns = dns;
	fetcher->settings = *settings;
	set_defaults(&fetcher->settings);
	link_init(&fetcher->waiting);
	link_init(&fetcher->running);
	link_init(&fetcher->over);
	fetcher->turn = timer_open(loop, on_turn, fetcher);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		fetcher->multi = fetch_multi_open(loop, on_done);
	if (fetcher->turn && fetcher->multi)
		return fetcher;
	fetcher_close(fetcher);
	return NULL;
}

static void free_all(struct link *list)
{
	while (!link_alone(list))
		fetch_free(LINK_OWNER(link_take(list), struct fetch, place));
}

void fetcher_close(struct fetcher *fetcher)
{
	if (!fetcher)
		return;
	free_all(&fetcher->waiting);
	free_all(&fetcher->running);
	free_all(&fetcher->over);
	fetch_multi_close(fetcher->multi);
	timer_close(fetcher->turn);
	free(fetcher);
}

struct fetch_counts fetch_count(const struct fetcher *fetcher)
{
	struct fetch_counts counts = fetcher->counts;

	for (const struct link *one = fetcher->waiting.next; one != &fetcher->waiting;
	     one = one->next)
		counts.waiting++;
	return counts;
}

const char *fetch_fault_name(enum fetch_fault fault)
{
	static const char *const names[] = {
	    [FETCH_FINE] = "fine",           [FETCH_URL] = "url",
	    [FETCH_NO_HOST] = "no-host",     [FETCH_RESOLVE] = "resolve",
	    [FETCH_CONNECT] = "connect",     [FETCH_TLS] = "tls",
	    [FETCH_NAME] = "name",           [FETCH_EXPIRED] = "expired",
	    [FETCH_UNTRUSTED] = "untrusted", [FETCH_REDIRECT] = "redirect",
	    [FETCH_STATUS] = "status",       [FETCH_TYPE] = "type",
	    [FETCH_TOO_BIG] = "too-big",     [FETCH_TOO_SLOW] = "too-slow",
	    [FETCH_BROKEN] = "broken",
	};

	return names[fault];
}
