/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "gate/policy_errand.h"
#include "gate/policy_store.h"
#include "gate/policy_words.h"
#include "names/alabel.h"
#include "policy/postfix.h"

#define SECOND INT64_C(1000)
#define KEY 320      /* octets; longer is no next hop */
#define TICK 1000    /* ms between two looks at what is due */
#define PER_TICK 500 /* domains of the store that are looked at then */
#define UNASKED 50   /* that are found out at once without anybody waiting */
#define PAUSE 300    /* s for which a policy that was looked at is left alone */

static const struct table_bounds bounds = {.entries = 100000, .octets = 64 << 20};

/* As it is compared: as DNS has it, in lower case, without a dot at the end. 0: it is no
 * key. */
static size_t plain_key(char out[KEY], const char *key, size_t length)
{
	length = alabel_next_hop(out, KEY, key, length);
	if (length > 0 && out[length - 1] == '.')
		length--;
	for (size_t i = 0; i < length; i++) {
		if (out[i] == '\0')
			return 0;
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] + ('a' - 'A'));
	}
	out[length] = '\0';
	return length;
}

/* ---- waiting ---- */

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

/* ---- asking ---- */

static bool answer(struct desk *desk, struct entry *entry, enum desk_form form,
                   struct desk_reply *reply)
{
	const struct desk_reply known = entry_reply(entry, form);
	int64_t now = loop_clock();

	if (!known.bytes || now >= entry->valid_until)
		return false;
	desk->counts.known++;
	*reply = known;
	if (now >= entry->renew_from)
		errand_begin(desk, entry, ERRAND_ANSWER, true);
	return true;
}

/* What a mail server asks for and is no domain has no policy here: its parents, hosts
 * in brackets, addresses (MAP-06, MAP-08); unless the operator has one for it. */
static bool is_nothing(const struct desk *desk, const char *key, size_t length)
{
	struct stls_destination to = {.size = sizeof(to)};

	if (length == 0)
		return true;
	return desk->order.policy->speaks != CONFIG_POLICY_JSON &&
	       postfix_key(&to, key) != POSTFIX_FOUND &&
	       !policy_override(desk->order.config, &to, loop_date());
}

/* Without a look-up.  What a mail server asks for it has found in DNS, also where we take
 * it for no name. */
static struct desk_reply answer_at_once(const struct desk *desk, size_t plain_length,
                                        const char *key, size_t length)
{
	if (plain_length == 0 && alabel_is_foreign(key, length))
		return (struct desk_reply){desk->strange, desk->strange_length};
	return (struct desk_reply){desk->none, desk->none_length};
}

bool desk_ask(struct desk *desk, const char *key, size_t length, enum desk_form form,
              struct desk_reply *reply)
{
	char plain[KEY];
	size_t plain_length = plain_key(plain, key, length);
	struct entry *entry;

	desk->counts.asked++;
	*reply = answer_at_once(desk, plain_length, key, length);
	entry = table_find(&desk->table, plain, plain_length);
	if (entry) {
		table_touch(&desk->table, entry);
		return answer(desk, entry, form, reply);
	}
	if (!is_nothing(desk, plain, plain_length))
		return false;
	desk->counts.known++;
	return true;
}

bool desk_wait(struct desk *desk, const char *key, size_t length, enum desk_form form,
               struct desk_wait *wait)
{
	char plain[KEY];
	size_t plain_length = plain_key(plain, key, length);
	struct entry *entry = table_find(&desk->table, plain, plain_length);

	if (!entry)
		entry = table_add(&desk->table, plain, plain_length);
	if (!entry || !errand_begin(desk, entry, ERRAND_ANSWER, false))
		return false;
	join(entry, wait, form);
	return true;
}

struct desk_reply desk_busy(const struct desk *desk)
{
	return (struct desk_reply){desk->busy, desk->busy_length};
}

/* ---- looking ahead ---- */

/* Those that somebody has asked for since. */
static void renew_due(struct desk *desk)
{
	int64_t now = loop_clock() / SECOND;
	struct entry *entry;

	while (desk->unasked < UNASKED && (entry = due_take(&desk->due, now)))
		if (entry->asked && !errand_begin(desk, entry, ERRAND_ANSWER, true)) {
			due_set(&desk->due, entry, now + 1);
			return;
		}
}

/* A policy that is due, though nobody may have asked. */
static void renew_policy(struct desk *desk, const char *domain)
{
	struct entry *entry = table_find(&desk->table, domain, strlen(domain));

	if (!entry)
		entry = table_add(&desk->table, domain, strlen(domain));
	if (entry && (!entry->renewed || loop_clock() - entry->renewed >= PAUSE * SECOND))
		errand_begin(desk, entry, ERRAND_RENEW, true);
}

static void renew_policies(struct desk *desk)
{
	int64_t now = loop_date(), when;

	for (int i = 0; i < PER_TICK && desk->unasked < UNASKED; i++) {
		if (!policy_next(&desk->order, desk->walked, &when)) {
			desk->walked[0] = '\0';
			return;
		}
		if (when && when <= now)
			renew_policy(desk, desk->walked);
	}
}

static void on_tick(void *owner)
{
	struct desk *desk = owner;

	timer_set(desk->tick, TICK);
	renew_due(desk);
	renew_policies(desk);
}

/* ---- beginning and end ---- */

static bool has_words(struct desk *desk)
{
	enum config_policy_speaks speaks = desk->order.policy->speaks;

	desk->none = policy_words_none(speaks, &desk->none_length);
	desk->busy = policy_words_defer(speaks, "too much is being looked up, or memory is out",
	                                &desk->busy_length);
	desk->strange =
	    policy_words_defer(speaks, "this is no name that DNS has", &desk->strange_length);
	return desk->none && desk->busy && desk->strange;
}

struct desk *desk_open(const struct desk_order *order)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	if (!desk)
		return NULL;
	desk->order = *order;
	due_open(&desk->due, loop_clock() / SECOND);
	desk->tick = timer_open(order->loop, on_tick, desk);
	if (desk->tick && errands_open(desk) == 0 && has_words(desk) &&
	    table_open(&desk->table, &bounds) == 0) {
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
	errands_close(desk);
	table_close(&desk->table);
	timer_close(desk->tick);
	free(desk->none);
	free(desk->busy);
	free(desk->strange);
	free(desk);
}

struct desk_counts desk_count(const struct desk *desk)
{
	struct desk_counts counts = desk->counts;

	counts.remembered = desk->table.count;
	counts.under_way = desk->lanes.quick_count + desk->lanes.slow_count;
	counts.waiting = desk->lanes.waiting_count;
	return counts;
}
