/* SPDX-License-Identifier: ISC */
#include <arpa/nameser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound-event.h>
#include <unbound.h>

#include "loop/timer.h"
#include "names/dns.h"
#include "names/dns_answer.h"
#include "names/dns_context.h"
#include "names/dns_events.h"
#include "names/dns_memory.h"
#include "names/dns_name.h"

/* ms: questions that take longer make room for others.  They go on, also when they are
 * given up, for they may still be answered and then be of use. */
#define QUICK 2000

struct dns {
	struct dns_settings settings;
	struct dns_events *events;
	struct ub_ctx *context;
	struct timer *turn;     /* what is to be done next, outside of anybody's call */
	struct timer *deadline; /* of the first that is due */
	struct timer *lateness; /* of the first that is quick */
	struct dns_memory memory;
	struct link waiting; /* entries: there is no room for them yet */
	struct link quick;   /* entries that have been running for less, by when they began */
	struct link due;     /* entries that somebody waits for, by deadline */
	struct link ready;   /* entries that are to be told */
	unsigned late;
	uint64_t turns;
	struct dns_counts counts;
};

static struct dns_entry *first_due(struct dns *dns)
{
	return link_alone(&dns->due) ? NULL : LINK_OWNER(dns->due.next, struct dns_entry, due);
}

static void soon(struct dns *dns)
{
	if (!timer_is_set(dns->turn))
		timer_set(dns->turn, 0);
}

static void make_ready(struct dns *dns, struct dns_entry *entry)
{
	link_into(&dns->ready, &entry->place);
	soon(dns);
}

/* Takes the answer over; NULL: there was no memory for one. */
static void settle(struct dns *dns, struct dns_entry *entry, struct dns_answer *answer)
{
	int64_t lifetime = (int64_t)dns->settings.grudge * 1000;

	if (answer && answer->security >= DNS_INSECURE)
		lifetime = (int64_t)answer->ttl * 1000;
	else
		dns->counts.failed++;
	dns_memory_answer(&dns->memory, entry, answer);
	entry->expires = loop_clock() + lifetime;
	link_out(&entry->due);
	make_ready(dns, entry);
}

static void fail(struct dns *dns, struct dns_entry *entry, const char *why)
{
	settle(dns, entry,
	       dns_answer_none(entry->name, entry->type, DNS_FAILED, ns_r_servfail, why));
}

/* Bogus comes before everything else: such a message may look quite good. */
static struct dns_answer *understand(const struct dns_entry *entry, int rcode, const void *packet,
                                     int length, int security, const char *why)
{
	if (security == 1)
		return dns_answer_none(entry->name, entry->type, DNS_BOGUS, (unsigned)rcode,
		                       why ? why : "the answer fails DNSSEC");
	if (rcode != ns_r_noerror || !packet || length < 0)
		return dns_answer_none(entry->name, entry->type, DNS_FAILED, (unsigned)rcode, NULL);
	return dns_answer_read(packet, (size_t)length, entry->name, entry->type,
	                       security == 2 ? DNS_SECURE : DNS_INSECURE);
}

static void on_answer(void *owner, int rcode, void *packet, int length, int security, char *why,
                      int limited)
{
	struct dns_entry *entry = owner;
	struct dns *dns = entry->dns;

	(void)limited;
	entry->running = false;
	if (entry->late)
		dns->late--;
	else
		dns->counts.under_way--;
	entry->late = false;
	settle(dns, entry, understand(entry, rcode, packet, length, security, why));
}

/* From now on others may use its place. */
static void become_late(struct dns *dns, struct dns_entry *entry)
{
	entry->late = true;
	dns->counts.under_way--;
	dns->late++;
	soon(dns);
}

static void on_lateness(void *owner)
{
	struct dns *dns = owner;
	int64_t now = loop_clock();

	while (!link_alone(&dns->quick)) {
		struct dns_entry *entry = LINK_OWNER(dns->quick.next, struct dns_entry, place);

		if (entry->started + QUICK > now) {
			timer_set(dns->lateness, entry->started + QUICK - now);
			return;
		}
		link_out(&entry->place);
		become_late(dns, entry);
	}
}

/* It may be answered before this returns. */
static void start(struct dns *dns, struct dns_entry *entry)
{
	int error;

	link_into(&dns->quick, &entry->place);
	if (!timer_is_set(dns->lateness))
		timer_set(dns->lateness, QUICK);
	entry->started = loop_clock();
	entry->running = true;
	dns->counts.under_way++;
	dns->counts.looked_up++;
	error = ub_resolve_event(dns->context, *entry->name ? entry->name : ".", (int)entry->type,
	                         ns_c_in, entry, on_answer, NULL);
	if (!error)
		return;
	entry->running = false;
	dns->counts.under_way--;
	fail(dns, entry, ub_strerror(error));
}

static bool has_room(const struct dns *dns)
{
	return dns->counts.under_way < dns->settings.at_once &&
	       dns->counts.under_way + dns->late < dns->settings.at_once * DNS_ALL_TO_QUICK;
}

static void begin(struct dns *dns, struct dns_entry *entry)
{
	entry->deadline = loop_clock() + dns->settings.patience;
	link_into(&dns->due, &entry->due);
	if (!timer_is_set(dns->deadline))
		timer_set(dns->deadline, dns->settings.patience);
	if (entry->running)
		return;
	if (has_room(dns))
		start(dns, entry);
	else
		link_into(&dns->waiting, &entry->place);
}

static void start_waiting(struct dns *dns)
{
	while (has_room(dns) && !link_alone(&dns->waiting)) {
		struct dns_entry *entry = LINK_OWNER(dns->waiting.next, struct dns_entry, place);

		if (!link_alone(&entry->askers)) {
			start(dns, entry);
			continue;
		}
		link_out(&entry->due);
		dns_memory_rest(&dns->memory, entry, dns->settings.remembered);
	}
}

static void tell(const struct dns_entry *entry, struct dns_query *query)
{
	struct dns_answer answer = {.why = "there is no memory left"};
	int64_t left = entry->expires - loop_clock();

	if (entry->answer)
		answer = *entry->answer;
	else
		answer.name = answer.canonical = entry->name;
	answer.type = entry->type;
	answer.ttl = left > 0 ? (uint32_t)((left + 999) / 1000) : 0;
	query->told(query->owner, &answer);
	free(query);
}

/* Whoever asks meanwhile is told in the next turn. */
static void tell_askers(struct dns *dns, struct dns_entry *entry)
{
	while (!link_alone(&entry->askers)) {
		struct dns_query *query = LINK_OWNER(entry->askers.next, struct dns_query, place);

		if (query->turn == dns->turns)
			return;
		link_take(&entry->askers);
		tell(entry, query);
	}
	if (link_alone(&entry->place) && link_alone(&entry->due) && !entry->running)
		dns_memory_rest(&dns->memory, entry, dns->settings.remembered);
}

static void on_turn(void *owner)
{
	struct dns *dns = owner;
	struct link batch;

	dns->turns++;
	start_waiting(dns);
	link_init(&batch);
	link_move_all(&batch, &dns->ready);
	while (!link_alone(&batch)) {
		struct dns_entry *entry = LINK_OWNER(batch.next, struct dns_entry, place);

		link_out(&entry->place);
		tell_askers(dns, entry);
	}
}

static void give_up(struct dns *dns, struct dns_entry *entry)
{
	char why[64];

	if (!entry->running) {
		fail(dns, entry, "too many other questions are not answered either");
		entry->expires = 0; /* nothing is known of it */
		return;
	}
	if (!entry->late)
		become_late(dns, entry);
	snprintf(why, sizeof(why), "no answer within %u ms", dns->settings.patience);
	fail(dns, entry, why);
}

static void on_deadline(void *owner)
{
	struct dns *dns = owner;
	struct dns_entry *entry;
	int64_t now = loop_clock();

	while ((entry = first_due(dns)) && entry->deadline <= now)
		give_up(dns, entry);
	if (entry)
		timer_set(dns->deadline, entry->deadline - now);
}

struct dns_query *dns_ask(struct dns *dns, const char *text, enum dns_type type,
                          void (*told)(void *owner, const struct dns_answer *), void *owner)
{
	char name[DNS_NAME];
	const char *wrong = dns_name(name, text);
	struct dns_entry *entry =
	    wrong ? dns_entry_lone(text, type) : dns_memory_take(&dns->memory, name, type);
	struct dns_query *query = entry ? calloc(1, sizeof(*query)) : NULL;

	if (!query) {
		if (entry && entry->lone)
			dns_entry_free(entry);
		return NULL;
	}
	*query = (struct dns_query){.turn = dns->turns, .told = told, .owner = owner};
	link_init(&query->place);
	link_into(&entry->askers, &query->place);
	entry->dns = dns;
	dns->counts.asked++;
	if (wrong)
		fail(dns, entry, wrong);
	else if (link_alone(&entry->due) && entry->answer && loop_clock() < entry->expires)
		make_ready(dns, entry);
	else if (link_alone(&entry->due))
		begin(dns, entry);
	return query;
}

void dns_drop(struct dns_query *query)
{
	if (query)
		link_out(&query->place);
	free(query);
}

static void set_defaults(struct dns_settings *settings)
{
	if (!settings->patience)
		settings->patience = 10000;
	if (!settings->grudge)
		settings->grudge = 30;
	if (!settings->at_once)
		settings->at_once = 512;
	if (!settings->remembered)
		settings->remembered = 20000;
}

struct dns *dns_open(struct loop *loop, const struct dns_settings *settings, char wrong[DNS_WRONG])
{
	struct dns *dns = calloc(1, sizeof(*dns));

	snprintf(wrong, DNS_WRONG, "there is no memory left");
	if (!dns)
		return NULL;
	dns->settings = *settings;
	set_defaults(&dns->settings);
	dns_memory_init(&dns->memory);
	link_init(&dns->waiting);
	link_init(&dns->quick);
	link_init(&dns->due);
	link_init(&dns->ready);
	dns->turn = timer_open(loop, on_turn, dns);
	dns->deadline = timer_open(loop, on_deadline, dns);
	dns->lateness = timer_open(loop, on_lateness, dns);
	dns->events = dns_events_open(loop);
	if (dns->turn && dns->deadline && dns->lateness && dns->events)
		dns->context = dns_context(dns_events_base(dns->events), &dns->settings, wrong);
	if (dns->context)
		return dns;
	dns_close(dns);
	return NULL;
}

static void free_lone(struct link *list)
{
	struct link *next;

	for (struct link *link = list->next; link != list; link = next) {
		struct dns_entry *entry = LINK_OWNER(link, struct dns_entry, place);

		next = link->next;
		if (entry->lone)
			dns_entry_free(entry);
	}
}

void dns_close(struct dns *dns)
{
	if (!dns)
		return;
	if (dns->context)
		ub_ctx_delete(dns->context); /* nobody is told of what is under way */
	dns_events_close(dns->events);
	timer_close(dns->turn);
	timer_close(dns->deadline);
	timer_close(dns->lateness);
	free_lone(&dns->ready);
	dns_memory_free(&dns->memory);
	free(dns);
}

struct dns_counts dns_count(const struct dns *dns)
{
	struct dns_counts counts = dns->counts;

	counts.remembered = dns->memory.count;
	for (const struct link *link = dns->waiting.next; link != &dns->waiting; link = link->next)
		counts.waiting++;
	return counts;
}
