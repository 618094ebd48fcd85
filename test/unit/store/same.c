/* SPDX-License-Identifier: ISC */
/* What a store promises, wherever it lasts: the argument says where. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "places.h"

#define LATER (NOW + 60) /* what others have written is looked for again */

static struct store *reopened(struct store *store, int64_t now)
{
	store_close(store);
	return place_open(&place, now);
}

/* ---- one store ---- */

static void all_of_it_comes_back(void **state)
{
	struct store *store = place_open(&place, NOW);
	struct store_policy policy;
	struct store_host host, host_found;
	struct store_override override, override_found;

	(void)state;
	sample_policy(&policy, 1);
	sample_host(&host, 2);
	sample_override(&override, 3);
	assert_int_equal(store_policy_get(store, policy.domain, NOW, &policy), STORE_NOT_THERE);
	assert_int_equal(store_policy_put(store, &policy, NOW), STORE_OK);
	assert_int_equal(store_host_put(store, &host, NOW), STORE_OK);
	assert_int_equal(store_override_put(store, &override, NOW), STORE_OK);
	for (int i = 0; i < 2; i++) {
		assert_true(has_policy(store, 1, NOW));
		assert_int_equal(store_host_get(store, host.key, NOW, &host_found), STORE_OK);
		assert_memory_equal(&host, &host_found, sizeof(host));
		assert_int_equal(
		    store_override_get(store, override.destination, NOW, &override_found),
		    STORE_OK);
		assert_memory_equal(&override, &override_found, sizeof(override));
		store = reopened(store, NOW + 1);
	}
	assert_string_equal(all_news(store), "");
	store_close(store);
}

static void the_longest_fits_and_longer_does_not(void **state)
{
	struct store *store = place_open(&place, NOW);
	static char text[STORE_TEXT_LONGEST + 1];
	struct store_policy policy, found;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7);
	sample_policy(&policy, 1);
	memset(policy.domain, 'a', sizeof(policy.domain) - 1);
	policy.text = text;
	policy.length = STORE_TEXT_LONGEST;
	assert_int_equal(store_policy_put(store, &policy, NOW), STORE_OK);
	store = reopened(store, NOW);
	assert_int_equal(store_policy_get(store, policy.domain, NOW, &found), STORE_OK);
	assert_int_equal(found.length, STORE_TEXT_LONGEST);
	assert_memory_equal(found.text, text, STORE_TEXT_LONGEST);

	policy.length++;
	assert_int_equal(store_policy_put(store, &policy, NOW), STORE_TROUBLE);
	policy.length--;
	memset(policy.id, 'i', sizeof(policy.id));
	assert_int_equal(store_policy_put(store, &policy, NOW), STORE_TROUBLE);
	sample_policy(&policy, 1);
	policy.domain[0] = '\0';
	assert_int_equal(store_policy_put(store, &policy, NOW), STORE_TROUBLE);
	assert_int_equal(store_policy_get(store, "", NOW, &found), STORE_NOT_THERE);
	memset(text, 'a', 1000);
	text[1000] = '\0';
	assert_int_equal(store_policy_get(store, text, NOW, &found), STORE_NOT_THERE);
	assert_int_equal(store_policy_forget(store, text, NOW), STORE_NOT_THERE);
	store_close(store);
}

/* Another one sees only what lasts. */
static void what_is_gathered_lasts_when_it_is_written(void **state)
{
	struct store_settings settings = {.gather = true};
	struct store *store = place_open_with(&place, &settings, NOW), *other;
	struct store_policy policy;

	(void)state;
	for (int i = 0; i < 300; i++) {
		sample_policy(&policy, i);
		assert_int_equal(store_policy_put(store, &policy, NOW), STORE_OK);
	}
	assert_true(has_policy(store, 299, NOW));
	other = place_open(&place, NOW);
	assert_false(has_policy(other, 0, NOW));
	assert_false(has_policy(other, 299, NOW));
	store_close(other);

	assert_int_equal(store_policy_forget(store, "d00007.example.org", NOW), STORE_OK);
	assert_int_equal(store_write(store, NOW), STORE_OK);
	other = place_open(&place, NOW);
	for (int i = 0; i < 300; i++)
		assert_int_equal(has_policy(other, i, NOW), i != 7);
	sample_policy(&policy, 7);
	assert_int_equal(store_policy_put(other, &policy, NOW), STORE_OK);
	store_close(other);
	assert_int_equal(store_write(store, NOW), STORE_OK);
	assert_string_equal(all_news(store), "");

	sample_policy(&policy, 300);
	assert_int_equal(store_policy_put(store, &policy, NOW), STORE_OK);
	store = reopened(store, NOW);
	assert_true(has_policy(store, 300, NOW));
	store_close(store);
}

static void what_is_forgotten_stays_forgotten(void **state)
{
	struct store *store = place_open(&place, NOW);
	struct store_policy policy;

	(void)state;
	sample_policy(&policy, 1);
	assert_int_equal(store_policy_forget(store, policy.domain, NOW), STORE_NOT_THERE);
	assert_int_equal(store_policy_put(store, &policy, NOW), STORE_OK);
	assert_int_equal(store_policy_forget(store, policy.domain, NOW), STORE_OK);
	assert_int_equal(store_policy_forget(store, policy.domain, NOW), STORE_NOT_THERE);
	store = reopened(store, NOW);
	assert_int_equal(store_policy_get(store, policy.domain, NOW, &policy), STORE_NOT_THERE);
	sample_policy(&policy, 1);
	assert_int_equal(store_policy_put(store, &policy, NOW), STORE_OK);
	store = reopened(store, NOW);
	assert_true(has_policy(store, 1, NOW));
	store_close(store);
}

static void they_are_listed_in_the_order_of_keys(void **state)
{
	struct store *store = place_open(&place, NOW);
	struct store_host host;
	char key[sizeof(host.key)] = "";
	int count = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		sample_host(&host, i * 37 % 200);
		assert_int_equal(store_host_put(store, &host, NOW), STORE_OK);
	}
	sample_host(&host, 100);
	assert_int_equal(store_host_forget(store, host.key, NOW), STORE_OK);
	store = reopened(store, NOW);
	while (store_host_next(store, key, &host) == STORE_OK) {
		assert_true(strcmp(host.key, key) > 0);
		strcpy(key, host.key);
		count++;
	}
	assert_int_equal(count, 199);
	assert_int_equal(store_host_next(store, key, &host), STORE_NOT_THERE);
	store_close(store);
}

static void memory_is_bounded_and_nothing_is_lost(void **state)
{
	struct store_settings settings = {.memory = 100000};
	struct store *store = place_open_with(&place, &settings, NOW);
	struct store_health health;
	struct store_policy policy;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		sample_policy(&policy, i);
		assert_int_equal(store_policy_put(store, &policy, NOW), STORE_OK);
	}
	for (int i = 0; i < 2; i++) {
		store_health(store, &health);
		assert_in_range(health.octets, 50000, 100000);
		for (int n = 0; n < 1000; n++)
			assert_true(has_policy(store, n, NOW));
		assert_int_equal(store_policy_get(store, "other.example", NOW, &policy),
		                 STORE_NOT_THERE);
		assert_int_equal(store_policy_forget(store, "other.example", NOW), STORE_NOT_THERE);
		store_close(store);
		store = place_open_with(&place, &settings, NOW);
	}
	sample_policy(&policy, 500);
	assert_int_equal(store_policy_forget(store, policy.domain, NOW), STORE_OK);
	assert_int_equal(store_policy_get(store, policy.domain, NOW, &policy), STORE_NOT_THERE);
	store = reopened(store, NOW);
	assert_int_equal(store_policy_get(store, policy.domain, NOW, &policy), STORE_NOT_THERE);
	store_health(store, &health);
	assert_int_equal(health.records, 1000); /* one of them is a mark */
	store_close(store);
}

/* ---- what is over ---- */

static void tend_for(struct store *store, int64_t from, int64_t seconds)
{
	for (int64_t now = from; now <= from + seconds; now += 600)
		store_tend(store, now);
}

static void what_is_over_goes(void **state)
{
	struct store *store = place_open(&place, NOW);
	const int64_t year = NOW + 31557600;
	struct store_policy policy;
	struct store_host host;
	struct store_override override;
	struct store_health health;

	(void)state;
	sample_policy(&policy, 1);
	assert_int_equal(store_policy_put(store, &policy, NOW), STORE_OK);
	sample_policy(&policy, 2);
	policy.expires = year + 86400;
	assert_int_equal(store_policy_put(store, &policy, NOW), STORE_OK);
	sample_policy(&policy, 3);
	assert_int_equal(store_policy_put(store, &policy, NOW), STORE_OK);
	assert_int_equal(store_policy_forget(store, policy.domain, NOW), STORE_OK);
	sample_host(&host, 1);
	assert_int_equal(store_host_put(store, &host, NOW), STORE_OK);
	sample_host(&host, 2);
	host.pinned = 0;
	assert_int_equal(store_host_put(store, &host, NOW), STORE_OK);
	sample_override(&override, 1);
	assert_int_equal(store_override_put(store, &override, NOW), STORE_OK);
	sample_override(&override, 2);
	override.expires = 0;
	assert_int_equal(store_override_put(store, &override, NOW), STORE_OK);

	store = reopened(store, year);
	tend_for(store, year, 2 * 3600);
	store_health(store, &health);
	assert_int_equal(health.records, 3);
	store = reopened(store, year);
	store_health(store, &health);
	assert_int_equal(health.records, 3);
	assert_int_equal(store_policy_next(store, "d00001", &policy), STORE_OK);
	assert_string_equal(policy.domain, "d00002.example.org");
	assert_int_equal(store_host_get(store, "mx00001.example.org 192.0.2.0/24", year, &host),
	                 STORE_OK);
	assert_int_equal(store_override_get(store, "o00002.example.org", year, &override),
	                 STORE_OK);
	store_close(store);
}

static void a_clock_that_jumps_makes_nothing_go(void **state)
{
	struct store *store = place_open(&place, NOW);
	struct store_policy policy;

	(void)state;
	sample_policy(&policy, 1);
	assert_int_equal(store_policy_put(store, &policy, NOW), STORE_OK);
	tend_for(store, NOW, 7200);
	for (int i = 0; i < 20; i++) /* ten years ahead, for a while, and back */
		store_tend(store, NOW + 315576000 + i * 60);
	tend_for(store, NOW + 7200, 7200);
	assert_true(has_policy(store, 1, NOW));
	store = reopened(store, NOW);
	assert_true(has_policy(store, 1, NOW));
	store_close(store);
}

/* ---- two stores ---- */

static void others_are_heard_of(void **state)
{
	struct store *one = place_open(&place, NOW), *other = place_open(&place, NOW);
	struct store_policy policy;

	(void)state;
	sample_policy(&policy, 1);
	assert_int_equal(store_policy_put(one, &policy, NOW), STORE_OK);
	assert_false(has_policy(other, 1, NOW));
	store_tend(other, LATER);
	assert_true(has_policy(other, 1, LATER));
	assert_int_equal(store_policy_forget(other, policy.domain, LATER), STORE_OK);
	assert_true(has_policy(one, 1, LATER));
	store_tend(one, LATER);
	assert_int_equal(store_policy_get(one, policy.domain, LATER, &policy), STORE_NOT_THERE);
	assert_string_equal(all_news(one), "");
	assert_string_equal(all_news(other), "");
	store_close(one);
	store_close(other);
}

/* Both have the host in memory, and write it without having heard of each other. */
static void two_that_write_the_same_host(void **state)
{
	struct store *one = place_open(&place, NOW), *other = place_open(&place, NOW);
	struct store_host host, mine, theirs;

	(void)state;
	sample_host(&host, 1);
	assert_int_equal(store_host_put(one, &host, NOW), STORE_OK);
	store_tend(other, LATER);
	mine = theirs = host;
	mine.pinned = 1;
	mine.set = LATER;
	strcpy(mine.note, "pinned");
	theirs.occasions++;
	theirs.last_seen = LATER + 1;
	theirs.vanished = 0;
	theirs.hold_until = 0;
	assert_int_equal(store_host_put(one, &mine, LATER), STORE_OK);
	assert_int_equal(store_host_put(other, &theirs, LATER + 1), STORE_OK);
	store_tend(one, LATER + 60);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(store_host_get(i ? one : other, host.key, LATER, &host), STORE_OK);
		assert_int_equal(host.occasions, theirs.occasions);
		assert_int_equal(host.hold_until, 0);
		assert_int_equal(host.pinned, 1);
		assert_string_equal(host.note, "pinned");
	}
	store_close(one);
	store_close(other);
}

static void what_is_newer_counts(void **state)
{
	struct store *one = place_open(&place, NOW), *other = place_open(&place, NOW);
	struct store_policy older, newer, found;

	(void)state;
	sample_policy(&older, 1);
	newer = older;
	newer.fetched += 100;
	strcpy(newer.id, "newer");
	assert_int_equal(store_policy_put(one, &newer, NOW), STORE_OK);
	assert_int_equal(store_policy_put(other, &older, NOW), STORE_OK);
	assert_int_equal(store_policy_get(other, older.domain, NOW, &found), STORE_OK);
	assert_string_equal(found.id, "newer");

	/* forgotten after it was fetched, or before */
	assert_int_equal(store_policy_forget(one, older.domain, NOW + 200), STORE_OK);
	older.wanted = NOW + 500;
	assert_int_equal(store_policy_put(other, &older, NOW), STORE_OK);
	assert_int_equal(store_policy_get(other, older.domain, NOW, &found), STORE_NOT_THERE);
	newer.fetched = NOW + 300;
	assert_int_equal(store_policy_put(one, &newer, NOW), STORE_OK);
	store_tend(other, LATER);
	assert_int_equal(store_policy_forget(one, older.domain, NOW + 400), STORE_OK);
	newer.fetched = NOW + 500;
	assert_int_equal(store_policy_put(other, &newer, NOW), STORE_OK);
	store_tend(one, LATER);
	assert_int_equal(store_policy_get(one, older.domain, LATER, &found), STORE_OK);
	assert_int_equal(found.fetched, NOW + 500);
	store_close(one);
	store_close(other);
}

#define WRITERS 4
#define EACH 25

/* Each writes its own policies, and all the same host. */
static void write_beside_others(int number)
{
	struct store *store = place_open(&place, NOW);
	struct store_policy policy;
	struct store_host host;
	bool good = true;

	for (int i = 0; i < EACH; i++) {
		sample_policy(&policy, number * EACH + i);
		good = store_policy_put(store, &policy, NOW) == STORE_OK && good;
		sample_host(&host, 1);
		host.occasions = 0;
		good = store_host_get(store, host.key, NOW, &host) != STORE_TROUBLE && good;
		host.occasions++;
		good = store_host_put(store, &host, NOW) == STORE_OK && good;
	}
	store_close(store);
	_exit(good ? 0 : 1);
}

static void many_that_write_at_once(void **state)
{
	struct store *store = place_open(&place, NOW);
	struct store_host host;
	pid_t writers[WRITERS];
	int status;

	(void)state;
	for (int i = 0; i < WRITERS; i++) {
		writers[i] = fork();
		if (writers[i] == 0)
			write_beside_others(i);
	}
	for (int i = 0; i < WRITERS; i++) {
		assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
		assert_int_equal(status, 0);
	}
	store_tend(store, LATER);
	for (int i = 0; i < WRITERS * EACH; i++)
		assert_true(has_policy(store, i, NOW));
	sample_host(&host, 1);
	assert_int_equal(store_host_get(store, host.key, NOW, &host), STORE_OK);
	assert_in_range(host.occasions, EACH, WRITERS * EACH); /* some were at the same time */
	store_close(store);
}

/* ---- ticket keys ---- */

static void whoever_comes_first_makes_the_key(void **state)
{
	struct store *one = place_open(&place, NOW), *other = place_open(&place, NOW);
	unsigned char mine[STORE_TICKET_SIZE], theirs[STORE_TICKET_SIZE];
	struct store_tickets tickets;

	(void)state;
	memset(mine, 1, sizeof(mine));
	memset(theirs, 2, sizeof(theirs));
	assert_int_equal(store_tickets_get(one, "imap", NOW, &tickets), STORE_NOT_THERE);
	assert_int_equal(store_tickets_turn(one, "imap", 0, mine, NOW, &tickets), STORE_OK);
	assert_int_equal(tickets.number, 1);
	assert_memory_equal(tickets.keys[0], mine, sizeof(mine));
	/* who comes second has the first one's */
	assert_int_equal(store_tickets_turn(other, "imap", 0, theirs, NOW + 1, &tickets), STORE_OK);
	assert_int_equal(tickets.number, 1);
	assert_int_equal(tickets.count, 1);
	assert_int_equal(tickets.made[0], NOW);
	assert_memory_equal(tickets.keys[0], mine, sizeof(mine));
	/* and makes the next one */
	assert_int_equal(store_tickets_turn(other, "imap", 1, theirs, NOW + 2, &tickets), STORE_OK);
	assert_int_equal(tickets.number, 2);
	assert_memory_equal(tickets.keys[0], theirs, sizeof(theirs));
	assert_memory_equal(tickets.keys[1], mine, sizeof(mine));
	assert_int_equal(store_tickets_turn(one, "imap", 1, mine, NOW + 3, &tickets), STORE_OK);
	assert_int_equal(tickets.number, 2);
	/* no two fronts have the same */
	assert_int_equal(store_tickets_get(one, "pop3", NOW, &tickets), STORE_NOT_THERE);
	store_close(one);
	store_close(other);
}

static void the_last_three_keys_are_kept(void **state)
{
	struct store *store = place_open(&place, NOW);
	unsigned char key[STORE_TICKET_SIZE];
	struct store_tickets tickets;

	(void)state;
	for (int i = 0; i < 5; i++) {
		memset(key, i, sizeof(key));
		assert_int_equal(store_tickets_turn(store, "imap", i, key, NOW + i, &tickets),
		                 STORE_OK);
	}
	store = reopened(store, NOW);
	assert_int_equal(store_tickets_get(store, "imap", NOW, &tickets), STORE_OK);
	assert_int_equal(tickets.number, 5);
	assert_int_equal(tickets.count, STORE_TICKET_KEYS);
	for (int i = 0; i < STORE_TICKET_KEYS; i++) {
		memset(key, 4 - i, sizeof(key));
		assert_memory_equal(tickets.keys[i], key, sizeof(key));
		assert_int_equal(tickets.made[i], NOW + 4 - i);
	}
	store_close(store);
}

int main(int count, char **arguments)
{
	const char *kind = count > 1 ? arguments[1] : "sqlite";
	const struct CMUnitTest tests[] = {
	    TEST(all_of_it_comes_back, kind),
	    TEST(the_longest_fits_and_longer_does_not, kind),
	    TEST(what_is_gathered_lasts_when_it_is_written, kind),
	    TEST(what_is_forgotten_stays_forgotten, kind),
	    TEST(they_are_listed_in_the_order_of_keys, kind),
	    TEST(memory_is_bounded_and_nothing_is_lost, kind),
	    TEST(what_is_over_goes, kind),
	    TEST(a_clock_that_jumps_makes_nothing_go, kind),
	    TEST(others_are_heard_of, kind),
	    TEST(two_that_write_the_same_host, kind),
	    TEST(what_is_newer_counts, kind),
	    TEST(many_that_write_at_once, kind),
	    TEST(whoever_comes_first_makes_the_key, kind),
	    TEST(the_last_three_keys_are_kept, kind),
	};

	if (!place_can(kind))
		return 77;
	return cmocka_run_group_tests_name(kind, tests, NULL, NULL);
}
