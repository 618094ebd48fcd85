/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <stdlib.h>

#include "loop/timer.h"
#include "names/inquiry.h"
#include "names/inquiry_answer.h"

struct inquiry {
	struct dns *dns;
	struct fetcher *fetcher;
	stls_case *subject;
	void (*done)(void *owner);
	void *owner;
	struct timer *patience;
	struct timer *finish; /* done() is called from the loop, not from an answer */
	struct asked *asked;  /* what is under way */
	unsigned last;        /* the id of the last question that was asked */
};

/* A question that is under way. */
struct asked {
	struct asked *next, **link;
	struct inquiry *inquiry;
	const struct stls_question *question;
	struct dns_query *query; /* one of these three */
	struct dns_host *host;
	struct fetch *fetch;
};

static void go_on(struct inquiry *inquiry);

static void forget(struct asked *asked)
{
	if (asked->next)
		asked->next->link = asked->link;
	*asked->link = asked->next;
	dns_drop(asked->query);
	dns_drop_addresses(asked->host);
	fetch_drop(asked->fetch);
	free(asked);
}

static void settle(struct asked *asked, const struct stls_answer *answer)
{
	struct inquiry *inquiry = asked->inquiry;

	stls_case_answer(inquiry->subject, asked->question->id, answer);
	forget(asked);
	go_on(inquiry);
}

static void on_records(void *owner, const struct dns_answer *heard)
{
	struct asked *asked = owner;
	struct inquiry_records records = {0};
	struct stls_answer answer;

	asked->query = NULL;
	inquiry_records(&answer, heard, &records);
	settle(asked, &answer);
	inquiry_records_free(&records);
}

static void on_addresses(void *owner, const struct dns_addresses *heard)
{
	struct asked *asked = owner;
	struct stls_answer answer;

	asked->host = NULL;
	inquiry_addresses(&answer, heard);
	settle(asked, &answer);
}

static void on_policy(void *owner, const struct fetch_answer *heard)
{
	struct asked *asked = owner;
	struct stls_answer answer;

	asked->fetch = NULL;
	inquiry_policy(&answer, heard);
	settle(asked, &answer);
}

static bool look_up(struct asked *asked, enum dns_type type)
{
	asked->query = dns_ask(asked->inquiry->dns, asked->question->name, type, on_records, asked);
	return asked->query;
}

static bool look_up_addresses(struct asked *asked)
{
	asked->host =
	    dns_ask_addresses(asked->inquiry->dns, asked->question->name, on_addresses, asked);
	return asked->host;
}

static bool fetch(struct asked *asked)
{
	asked->fetch = fetch_ask(asked->inquiry->fetcher, asked->question->name, on_policy, asked);
	return asked->fetch;
}

static bool begin(struct asked *asked)
{
	switch (asked->question->kind) {
	case STLS_ASK_MX: return look_up(asked, DNS_MX);
	case STLS_ASK_SRV: return look_up(asked, DNS_SRV);
	case STLS_ASK_CNAME: return look_up(asked, DNS_CNAME);
	case STLS_ASK_TLSA: return look_up(asked, DNS_TLSA);
	case STLS_ASK_STS_RECORD: return look_up(asked, DNS_TXT);
	case STLS_ASK_ADDRESS: return look_up_addresses(asked);
	case STLS_ASK_STS_POLICY: return fetch(asked);
	}
	return false;
}

/* A question that cannot even be asked has failed. */
static void ask(struct inquiry *inquiry, const struct stls_question *question)
{
	const struct stls_answer nothing = {.size = sizeof(nothing),
	                                    .fault = STLS_FAULT_MEMORY,
	                                    .detail = "there is no memory left"};
	struct asked *asked = calloc(1, sizeof(*asked));

	if (!asked) {
		stls_case_answer(inquiry->subject, question->id, &nothing);
		return;
	}
	asked->inquiry = inquiry;
	asked->question = question;
	asked->next = inquiry->asked;
	asked->link = &inquiry->asked;
	if (asked->next)
		asked->next->link = &asked->next;
	inquiry->asked = asked;
	if (begin(asked))
		return;
	stls_case_answer(inquiry->subject, question->id, &nothing);
	forget(asked);
}

static void go_on(struct inquiry *inquiry)
{
	const struct stls_question *question;

	while ((question = stls_case_question(inquiry->subject, inquiry->last + 1))) {
		inquiry->last++;
		ask(inquiry, question);
	}
	if (!stls_case_waits(inquiry->subject) && !timer_is_set(inquiry->finish))
		timer_set(inquiry->finish, 0);
}

static void drop_all(struct inquiry *inquiry)
{
	for (struct asked *asked = inquiry->asked, *next; asked; asked = next) {
		next = asked->next;
		forget(asked);
	}
}

/* What had no time, because of others, has not failed. */
static void tell_held_up(struct inquiry *inquiry)
{
	const struct stls_answer busy = {.size = sizeof(busy),
	                                 .fault = STLS_FAULT_BUSY,
	                                 .detail = "too many policies are being fetched"};

	for (const struct asked *asked = inquiry->asked; asked; asked = asked->next)
		if (asked->fetch && fetch_was_held_up(asked->fetch))
			stls_case_answer(inquiry->subject, asked->question->id, &busy);
}

static void on_patience(void *owner)
{
	struct inquiry *inquiry = owner;

	tell_held_up(inquiry);
	drop_all(inquiry);
	stls_case_give_up(inquiry->subject, "the answer did not come in time");
	timer_set(inquiry->finish, 0);
}

static void on_finish(void *owner)
{
	struct inquiry *inquiry = owner;

	/* A plan may be had before all is answered: a null MX settles it. */
	drop_all(inquiry);
	timer_clear(inquiry->patience);
	inquiry->done(inquiry->owner);
}

struct inquiry *inquiry_begin(struct loop *loop, struct dns *dns, struct fetcher *fetcher,
                              stls_case *subject, int64_t patience, void (*done)(void *owner),
                              void *owner)
{
	struct inquiry *inquiry = calloc(1, sizeof(*inquiry));

	if (!inquiry)
		return NULL;
	*inquiry = (struct inquiry){.dns = dns,
	                            .fetcher = fetcher,
	                            .subject = subject,
	                            .done = done,
	                            .owner = owner,
	                            .patience = timer_open(loop, on_patience, inquiry),
	                            .finish = timer_open(loop, on_finish, inquiry)};
	if (!inquiry->patience || !inquiry->finish) {
		inquiry_end(inquiry);
		return NULL;
	}
	timer_set(inquiry->patience, patience);
	go_on(inquiry);
	return inquiry;
}

void inquiry_end(struct inquiry *inquiry)
{
	if (!inquiry)
		return;
	drop_all(inquiry);
	timer_close(inquiry->patience);
	timer_close(inquiry->finish);
	free(inquiry);
}
