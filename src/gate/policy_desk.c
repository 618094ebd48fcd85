/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "gate/policy_entry.h"
#include "gate/policy_flight.h"
#include "gate/policy_store.h"
#include "gate/policy_words.h"
#include "loop/timer.h"
#include "policy/postfix.h"

#define LEAST 60       /* s for which an answer is good, whatever DNS says */
#define MOST 86400     /* s */
#define TROUBLED 30    /* s for which trouble is not looked into again */
#define TICK 1000      /* ms between two looks at what the store remembers */
#define PER_TICK 500   /* domains that are looked at then */
#define AT_ONCE 10     /* and are found out without anybody waiting */
#define UNDER_WAY 2000 /* destinations that are found out at once */
#define KEY 320        /* octets; longer is no next hop */

struct desk {
	struct desk_order order;
	struct table table;
	char *none, *busy; /* replies */
	size_t none_length, busy_length;
	struct timer *tick;
	char walked[254]; /* the domain that was looked at last */
	size_t unasked;   /* flights that nobody waits for */
	struct desk_counts counts;
};

/* A flight belongs to an entry, which may go only when it is over. */
struct errand {
	struct desk *desk;
	struct entry *entry;
	bool unasked;
};

static void wake(struct entry *entry)
{
	while (entry->waits) {
		struct desk_wait *wait = entry->waits;
		struct desk_reply reply = {entry->reply[wait->form], entry->length[wait->form]};

		desk_leave(wait);
		wait->told(wait, reply);
	}
}

static int64_t good_for(const struct stls_plan *plan)
{
	int64_t seconds = plan->valid_until - loop_date();

	if (plan->outcome == STLS_DEFER)
		return TROUBLED;
	return seconds < LEAST ? LEAST : seconds > MOST ? MOST : seconds;
}

static void set_replies(struct desk *desk, struct entry *entry, const struct stls_plan *plan,
                        const char *why)
{
	for (int form = 0; form < DESK_FORMS; form++) {
		size_t length = 0;
		char *bytes = policy_words(desk->order.policy->speaks, (enum desk_form)form,
		                           entry->key, plan, why, &length);

		entry_set(entry, (enum desk_form)form, bytes, length);
	}
}

/* Trouble while something else is known, and good for a while yet: it stays. */
static bool keeps_what_it_has(const struct entry *entry, const struct stls_plan *plan, int64_t now)
{
	return plan && plan->outcome == STLS_DEFER && entry->reply[DESK_PLAIN] &&
	       now < entry->valid_until;
}

static void found_out(void *owner, const struct stls_plan *plan, const char *why)
{
	struct errand *errand = owner;
	struct desk *desk = errand->desk;
	struct entry *entry = errand->entry;
	int64_t now = loop_clock();
	int64_t seconds = plan ? good_for(plan) : LEAST;

	desk->counts.found_out++;
	desk->counts.troubled += plan && plan->outcome == STLS_DEFER;
	if (keeps_what_it_has(entry, plan, now)) {
		entry->renew_from = now + TROUBLED * 1000;
	} else {
		set_replies(desk, entry, plan, why);
		entry->valid_until = now + seconds * 1000;
		entry->renew_from = now + seconds * 750;
	}
	desk->unasked -= errand->unasked;
	desk->counts.under_way--;
	flight_end(entry->flight);
	entry->flight = NULL;
	entry->asked = false;
	free(errand);
	wake(entry);
}

static bool find_out(struct desk *desk, struct entry *entry, bool unasked)
{
	struct errand *errand = malloc(sizeof(*errand));

	if (!errand || desk->counts.under_way >= UNDER_WAY) {
		free(errand);
		return false;
	}
	*errand = (struct errand){desk, entry, unasked};
	entry->flight = flight_begin(&desk->order, entry->key, unasked, found_out, errand);
	if (!entry->flight) {
		free(errand);
		return false;
	}
	entry->errand = errand;
	desk->unasked += unasked;
	desk->counts.under_way++;
	return true;
}

/* As it is compared: in lower case, without a dot at the end. 0: it is no key. */
static size_t plain_key(char out[KEY], const char *key, size_t length)
{
	if (length > 0 && key[length - 1] == '.')
		length--;
	if (length == 0 || length >= KEY)
		return 0;
	for (size_t i = 0; i < length; i++) {
		if (key[i] == '\0')
			return 0;
		out[i] = key[i] >= 'A' && key[i] <= 'Z' ? (char)(key[i] - 'A' + 'a') : key[i];
	}
	out[length] = '\0';
	return length;
}

static void join(struct entry *entry, struct desk_wait *wait, enum desk_form form)
{
	wait->form = form;
	wait->next = entry->waits;
	wait->link = &entry->waits;
	if (wait->next)
		wait->next->link = &wait->next;
	entry->waits = wait;
}

void desk_leave(struct desk_wait *wait)
{
	if (!wait->link)
		return;
	if (wait->next)
		wait->next->link = wait->link;
	*wait->link = wait->next;
	wait->link = NULL;
}

static bool answer(struct desk *desk, struct entry *entry, enum desk_form form,
                   struct desk_reply *reply)
{
	int64_t now = loop_clock();

	if (!entry->reply[form] || now >= entry->valid_until)
		return false;
	desk->counts.known++;
	*reply = (struct desk_reply){entry->reply[form], entry->length[form]};
	if (now >= entry->renew_from && !entry->flight)
		find_out(desk, entry, false);
	return true;
}

/* What a mail server asks for and is no domain has no policy here: its parents, hosts
 * in brackets, addresses (MAP-06, MAP-08). */
static bool is_nothing(const struct desk *desk, const char *key, size_t length)
{
	struct stls_destination to = {.size = sizeof(to)};

	if (length == 0)
		return true;
	return desk->order.policy->speaks != CONFIG_POLICY_JSON &&
	       postfix_key(&to, key) != POSTFIX_FOUND;
}

bool desk_ask(struct desk *desk, const char *key, size_t length, enum desk_form form,
              struct desk_reply *reply)
{
	char plain[KEY];
	size_t plain_length = plain_key(plain, key, length);
	struct entry *entry;

	desk->counts.asked++;
	*reply = (struct desk_reply){desk->none, desk->none_length};
	entry = table_find(&desk->table, plain, plain_length);
	if (!entry)
		return is_nothing(desk, plain, plain_length);
	table_touch(&desk->table, entry);
	return answer(desk, entry, form, reply);
}

bool desk_wait(struct desk *desk, const char *key, size_t length, enum desk_form form,
               struct desk_wait *wait)
{
	char plain[KEY];
	size_t plain_length = plain_key(plain, key, length);
	struct entry *entry = table_find(&desk->table, plain, plain_length);

	if (!entry)
		entry = table_add(&desk->table, plain, plain_length);
	if (!entry || (!entry->flight && !find_out(desk, entry, false)))
		return false;
	join(entry, wait, form);
	return true;
}

struct desk_reply desk_busy(const struct desk *desk)
{
	return (struct desk_reply){desk->busy, desk->busy_length};
}

/* A policy that is due, though nobody may have asked. */
static void renew(struct desk *desk, const char *domain)
{
	struct entry *entry = table_find(&desk->table, domain, strlen(domain));

	if (!entry)
		entry = table_add(&desk->table, domain, strlen(domain));
	if (entry && !entry->flight)
		find_out(desk, entry, true);
}

static void on_tick(void *owner)
{
	struct desk *desk = owner;
	int64_t now = loop_date(), when;

	timer_set(desk->tick, TICK);
	for (int i = 0; i < PER_TICK && desk->unasked < AT_ONCE; i++) {
		if (!policy_next(&desk->order, desk->walked, &when)) {
			desk->walked[0] = '\0';
			return;
		}
		if (when && when <= now)
			renew(desk, desk->walked);
	}
}

static bool has_words(struct desk *desk)
{
	enum config_policy_speaks speaks = desk->order.policy->speaks;

	desk->none = policy_words_none(speaks, &desk->none_length);
	desk->busy = policy_words_busy(speaks, &desk->busy_length);
	return desk->none && desk->busy;
}

struct desk *desk_open(const struct desk_order *order)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	if (!desk)
		return NULL;
	desk->order = *order;
	desk->tick = timer_open(order->loop, on_tick, desk);
	if (desk->tick && has_words(desk) && table_open(&desk->table) == 0) {
		timer_set(desk->tick, TICK);
		return desk;
	}
	desk_close(desk);
	return NULL;
}

void desk_close(struct desk *desk)
{
	if (!desk)
		return;
	for (struct entry *entry = desk->table.oldest; entry; entry = entry->younger) {
		flight_end(entry->flight);
		if (entry->flight)
			free(entry->errand);
	}
	table_close(&desk->table);
	timer_close(desk->tick);
	free(desk->none);
	free(desk->busy);
	free(desk);
}

struct desk_counts desk_count(const struct desk *desk)
{
	struct desk_counts counts = desk->counts;

	counts.remembered = desk->table.count;
	return counts;
}
