/* SPDX-License-Identifier: ISC */
/* A Redis server that is gone, hangs, is full, follows another one, forgets, or was changed
 * by somebody else. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../tls/certs.h"
#include "places.h"

static void put(struct store *store, int number, int64_t now, enum store_result wanted)
{
	struct store_policy policy;

	sample_policy(&policy, number);
	assert_int_equal(store_policy_put(store, &policy, now), wanted);
	assert_true(has_policy(store, number, now));
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Another store has all of them: they last. */
static void last(int from, int to)
{
	struct store *other = place_open(&place, NOW);

	for (int i = from; i <= to; i++)
		assert_true(has_policy(other, i, NOW));
	store_close(other);
}

/* A server that was away is asked by a thread: that takes a moment. */
static void tend(struct store *store, int64_t now)
{
	const struct timespec nap = {.tv_nsec = 5000000};

	store_tend(store, now);
	nanosleep(&nap, NULL);
}

static void tend_until_well(struct store *store, int64_t now)
{
	struct store_health health = {.trouble = true};

	for (int i = 0; i < 1000 && health.trouble; i++) {
		tend(store, now + i / 10);
		store_health(store, &health);
	}
	assert_non_null(strstr(all_news(store), "well again"));
}

/* ---- gone ---- */

static void a_server_that_dies_and_comes_back(void **state)
{
	struct store *store = place_open(&place, NOW);
	struct store_health health;
	struct store_policy policy;

	(void)state;
	for (int i = 0; i < 50; i++)
		put(store, i, NOW, STORE_OK);
	place_kill(&place);
	for (int i = 50; i < 100; i++)
		put(store, i, NOW, STORE_TROUBLE);
	for (int i = 0; i < 60; i++)
		tend(store, NOW + i);
	for (int i = 0; i < 100; i++)
		assert_true(has_policy(store, i, NOW));
	/* memory knows all of what there was */
	assert_int_equal(store_policy_get(store, "other.example", NOW, &policy), STORE_NOT_THERE);
	store_health(store, &health);
	assert_true(health.trouble);
	assert_int_equal(health.since, NOW);
	assert_int_equal(health.unwritten, 50);
	assert_in_range(health.failures, 2, 16); /* every five seconds */
	assert_non_null(strstr(all_news(store), ": cannot "));
	place_start(&place);
	tend_until_well(store, NOW + 60);
	last(0, 99);
	store_close(store);
}

/* A connection that was closed is only that. */
static void one_that_was_started_again(void **state)
{
	struct store *store = place_open(&place, NOW);
	struct store_tickets tickets;
	unsigned char key[STORE_TICKET_SIZE] = {1};

	(void)state;
	for (int i = 0; i < 10; i++) {
		put(store, i, NOW, STORE_OK);
		place_kill(&place);
		place_start(&place);
	}
	store_tend(store, NOW + 60);
	assert_true(PLACE_ASK(&place, "CLIENT", "KILL", "TYPE", "normal"));
	store_tend(store, NOW + 120);
	assert_true(PLACE_ASK(&place, "CLIENT", "KILL", "TYPE", "normal"));
	assert_int_equal(store_tickets_turn(store, "imap", 0, key, NOW, &tickets), STORE_OK);
	assert_int_equal(tickets.number, 1);
	assert_string_equal(all_news(store), "");
	last(0, 9);
	store_close(store);
}

static void one_that_is_not_there_from_the_start(void **state)
{
	struct store *store = place_open(&place, NOW);
	struct store_policy policy;

	(void)state;
	put(store, 1, NOW, STORE_OK);
	store_close(store);
	place_kill(&place);
	store = place_open(&place, NOW);
	/* nobody knows whether there is a policy: that is not "none" */
	assert_int_equal(store_policy_get(store, "d00001.example.org", NOW, &policy),
	                 STORE_TROUBLE);
	assert_int_equal(store_policy_get(store, "d00009.example.org", NOW, &policy),
	                 STORE_TROUBLE);
	assert_int_equal(store_policy_next(store, "", &policy), STORE_TROUBLE);
	put(store, 2, NOW, STORE_TROUBLE);
	/* forgotten without having been known */
	assert_int_equal(store_policy_forget(store, "d00001.example.org", NOW + 100),
	                 STORE_TROUBLE);
	assert_int_equal(store_policy_get(store, "d00001.example.org", NOW, &policy),
	                 STORE_NOT_THERE);
	place_start(&place);
	tend_until_well(store, NOW + 60);
	assert_int_equal(store_policy_get(store, "d00009.example.org", NOW, &policy),
	                 STORE_NOT_THERE);
	last(2, 2);
	store_close(store);
	store = place_open(&place, NOW);
	assert_int_equal(store_policy_get(store, "d00001.example.org", NOW, &policy),
	                 STORE_NOT_THERE);
	store_close(store);
}

/* It takes connections, and says nothing: who asks for something else waits once. */
static void one_that_hangs(void **state)
{
	struct store_settings settings = {.timeout = 300};
	struct store *store = place_open_with(&place, &settings, NOW);
	struct store_health health;
	double begun;

	(void)state;
	put(store, 1, NOW, STORE_OK);
	kill(place.server, SIGSTOP);
	begun = seconds();
	put(store, 2, NOW, STORE_TROUBLE);
	assert_true(seconds() - begun > 0.25 && seconds() - begun < 0.6);
	begun = seconds();
	for (int i = 3; i < 100; i++)
		put(store, i, NOW, STORE_TROUBLE);
	assert_true(seconds() - begun < 0.2);
	/* five minutes, in each of which it would be asked twelve times */
	begun = seconds();
	for (int i = 0; i < 300; i++)
		store_tend(store, NOW + i);
	assert_true(seconds() - begun < 0.3);
	store_health(store, &health);
	assert_int_equal(health.failures, 1); /* nobody knows about the second time yet */
	kill(place.server, SIGCONT);
	tend_until_well(store, NOW + 400);
	last(1, 99);
	store_close(store);
}

/* Whoever knocks at one that hangs does not keep the end waiting. */
static void one_that_hangs_until_the_end(void **state)
{
	struct store_settings settings = {.timeout = 300};
	struct store *store = place_open_with(&place, &settings, NOW);
	double begun;

	(void)state;
	kill(place.server, SIGSTOP);
	put(store, 1, NOW, STORE_TROUBLE);
	tend(store, NOW + 6);
	begun = seconds();
	store_close(store);
	assert_true(seconds() - begun < 0.5);
	kill(place.server, SIGCONT);
}

/* It answers, but takes nothing: the pauses in which nobody waits for that are longer each
 * time, up to a minute. */
static void one_that_does_not_write(void **state)
{
	struct store_settings settings = {.timeout = 50};
	struct store *store = place_open_with(&place, &settings, NOW);
	struct store_health health;

	(void)state;
	put(store, 1, NOW, STORE_OK);
	assert_true(PLACE_ASK(&place, "CLIENT", "PAUSE", "600000", "WRITE"));
	put(store, 2, NOW, STORE_TROUBLE);
	for (int i = 0; i < 300; i++)
		tend(store, NOW + i);
	store_health(store, &health);
	/* after 5, 10, 20, 40, 60, 60 and 60 s, where it were 60 times */
	assert_in_range(health.failures, 5, 8);
	assert_true(PLACE_ASK(&place, "CLIENT", "UNPAUSE"));
	tend_until_well(store, NOW + 400);
	last(1, 2);
	/* and then it is as it was before */
	assert_true(PLACE_ASK(&place, "CLIENT", "PAUSE", "600000", "WRITE"));
	put(store, 3, NOW + 500, STORE_TROUBLE);
	store_health(store, &health);
	assert_int_equal(health.since, NOW + 500);
	assert_true(PLACE_ASK(&place, "CLIENT", "UNPAUSE"));
	tend_until_well(store, NOW + 506);
	store_close(store);
}

/* ---- it says no ---- */

static void one_that_is_full(void **state)
{
	struct store *store = place_open(&place, NOW);
	struct store_tickets tickets;
	unsigned char key[STORE_TICKET_SIZE] = {1};

	(void)state;
	put(store, 1, NOW, STORE_OK);
	assert_int_equal(store_tickets_turn(store, "imap", 0, key, NOW, &tickets), STORE_OK);
	assert_true(PLACE_ASK(&place, "CONFIG", "SET", "maxmemory-policy", "noeviction"));
	assert_true(PLACE_ASK(&place, "CONFIG", "SET", "maxmemory", "1"));
	put(store, 2, NOW, STORE_TROUBLE);
	assert_non_null(strstr(store_reason(store), "OOM"));
	store_tend(store, NOW + 6);
	/* ticket keys that not all machines have are of no use */
	key[0] = 2;
	assert_int_equal(store_tickets_turn(store, "imap", 1, key, NOW + 20, &tickets),
	                 STORE_TROUBLE);
	assert_int_equal(tickets.number, 1);
	assert_int_equal(tickets.keys[0][0], 1);
	assert_true(PLACE_ASK(&place, "CONFIG", "SET", "maxmemory", "0"));
	tend_until_well(store, NOW + 60);
	last(1, 2);
	assert_int_equal(store_tickets_turn(store, "imap", 1, key, NOW + 90, &tickets), STORE_OK);
	assert_int_equal(tickets.number, 2);
	store_close(store);
}

static void one_that_follows_another(void **state)
{
	struct store *store = place_open(&place, NOW);

	(void)state;
	put(store, 1, NOW, STORE_OK);
	assert_true(PLACE_ASK(&place, "REPLICAOF", "127.0.0.1", "1"));
	put(store, 2, NOW, STORE_TROUBLE);
	assert_non_null(strstr(store_reason(store), "READONLY"));
	for (int i = 0; i < 30; i++)
		store_tend(store, NOW + i);
	assert_true(has_policy(store, 1, NOW));
	assert_true(PLACE_ASK(&place, "REPLICAOF", "NO", "ONE"));
	tend_until_well(store, NOW + 60);
	last(1, 2);
	store_close(store);
}

static void a_wrong_password(void **state)
{
	struct store *store = place_open(&place, NOW);
	char right[sizeof(place.state)];

	(void)state;
	put(store, 1, NOW, STORE_OK);
	store_close(store);
	strcpy(right, place.state);
	snprintf(place.state, sizeof(place.state), "redis://somebody:wrong-one@127.0.0.1:%s/2",
	         place.port);
	store = place_open(&place, NOW);
	put(store, 2, NOW, STORE_TROUBLE);
	assert_non_null(strstr(store_reason(store), "WRONGPASS"));
	assert_null(strstr(all_news(store), "wrong-one"));
	store_close(store);
	snprintf(place.state, sizeof(place.state), "redis://127.0.0.1:%s/2", place.port);
	store = place_open(&place, NOW);
	assert_non_null(strstr(all_news(store), "NOAUTH"));
	store_close(store);
	strcpy(place.state, right);
	last(1, 1);
}

/* ---- TLS ---- */

static void expect_no_tls(const char *state, const char *why)
{
	struct store_settings settings = {.state = state};
	struct store_error error;
	struct store *store = store_open(&settings, NOW, &error);
	const char *news;

	assert_non_null(store);
	news = all_news(store);
	if (!strstr(news, why))
		fail_msg("%s: %s", state, news);
	store_close(store);
}

static void only_whom_the_name_is_for(void **state)
{
	struct store *store = place_open(&place, NOW);
	char text[600];

	(void)state;
	put(store, 1, NOW, STORE_OK);
	store_close(store);
	/* an authority that has not signed it */
	snprintf(text, sizeof(text), "rediss://localhost:%s?ca=%s", place.port,
	         certs_chain("stranger"));
	expect_no_tls(text, "certificate");
	/* another name for the same server */
	snprintf(text, sizeof(text), "rediss://ip6-localhost.localdomain:%s?ca=%s&cert=%s&key=%s",
	         place.port, certs_chain("authority"), certs_chain("client"), certs_key("client"));
	expect_no_tls(text, "cannot look the name up");
	snprintf(text, sizeof(text), "rediss://127.0.0.2:%s?ca=%s&cert=%s&key=%s", place.port,
	         certs_chain("authority"), certs_chain("client"), certs_key("client"));
	expect_no_tls(text, "name");
	/* the server wants to know who comes */
	snprintf(text, sizeof(text), "rediss://127.0.0.1:%s?ca=%s", place.port,
	         certs_chain("authority"));
	expect_no_tls(text, ": ");
	/* and in the clear there is nobody */
	snprintf(text, sizeof(text), "redis://127.0.0.1:%s", place.port);
	expect_no_tls(text, "cannot read");
	snprintf(text, sizeof(text), "rediss://127.0.0.1:%s?ca=%s&cert=%s&key=%s", place.port,
	         certs_chain("authority"), certs_chain("client"), certs_key("client"));
	strcpy(place.state, text);
	last(1, 1);
}

static void authorities_that_are_none(void **state)
{
	struct store_settings settings = {.state = "rediss://localhost?ca=/nowhere"};
	struct store_error error = {""};

	(void)state;
	assert_null(store_open(&settings, NOW, &error));
	assert_non_null(strstr(error.text, "/nowhere"));
}

/* ---- it forgets ---- */

static void one_that_forgets_everything(void **state)
{
	struct store *one = place_open(&place, NOW), *other = place_open(&place, NOW);

	(void)state;
	for (int i = 0; i < 100; i++)
		put(one, i, NOW, STORE_OK);
	store_tend(other, NOW + 60);
	put(other, 100, NOW + 60, STORE_OK);
	assert_true(PLACE_ASK(&place, "FLUSHALL"));
	put(other, 101, NOW + 60, STORE_OK); /* before anybody has seen it */
	store_tend(one, NOW + 120);
	store_tend(one, NOW + 121);
	store_tend(other, NOW + 120);
	store_tend(other, NOW + 121);
	last(0, 101);
	store_close(one);
	store_close(other);
}

/* Started again with an older copy of what it had: the last writings are not in it. */
static void one_that_goes_back(void **state)
{
	struct store *store = place_open(&place, NOW);
	struct store_policy policy;
	char command[600];

	(void)state;
	for (int i = 0; i < 20; i++)
		put(store, i, NOW, STORE_OK);
	snprintf(command, sizeof(command), "cp -r %s/appendonlydir %s/older", place.folder,
	         place.folder);
	assert_int_equal(system(command), 0);
	for (int i = 20; i < 40; i++)
		put(store, i, NOW, STORE_OK);
	sample_policy(&policy, 3);
	policy.fetched += 100;
	strcpy(policy.id, "newer");
	assert_int_equal(store_policy_put(store, &policy, NOW), STORE_OK);
	place_kill(&place);
	snprintf(command, sizeof(command), "cd %s && rm -r appendonlydir && mv older appendonlydir",
	         place.folder);
	assert_int_equal(system(command), 0);
	place_start(&place);
	for (int i = 0; i < 5; i++)
		store_tend(store, NOW + 60 + i);
	last(20, 39);
	last(0, 2);
	store_close(store);
	store = place_open(&place, NOW);
	assert_int_equal(store_policy_get(store, policy.domain, NOW, &policy), STORE_OK);
	assert_string_equal(policy.id, "newer");
	store_close(store);
}

/* ---- somebody else was there ---- */

#define ROW(n) "starttls:policies:d0000" #n ".example.org"

static bool ask(const char *const words[])
{
	char script[512] = "redis.call('SELECT', 1) return redis.call(unpack(ARGV))";
	const char *all[16] = {"EVAL", script, "0"};
	int count = 3;

	for (int i = 0; words[i]; i++)
		all[count++] = words[i];
	return place_ask(&place, all);
}
#define ASK(...) ask((const char *const[]){__VA_ARGS__, NULL})

static void rows_that_cannot_be_read(void **state)
{
	struct store *store = place_open(&place, NOW);
	struct store *other;
	struct store_policy policy;

	(void)state;
	for (int i = 0; i < 10; i++)
		put(store, i, NOW, STORE_OK);
	assert_true(ASK("DEL", ROW(1))); /* as eviction does */
	assert_true(ASK("HSET", ROW(2), "fetched", "yesterday"));
	assert_true(ASK("HSET", ROW(3), "id", "012345678901234567890123456789012345678901234"));
	assert_true(ASK("DEL", ROW(4)));
	assert_true(ASK("SET", ROW(4), "text"));
	assert_true(ASK("HSET", ROW(5), "unheard", "of")); /* a newer version's */
	/* whoever has them in memory writes them again */
	assert_true(ASK("HDEL", ROW(6), "domain"));
	store_close(place_open(&place, NOW)); /* this one has not, and tells */
	other = place_open(&place, NOW);
	assert_string_equal(all_news(other), "");
	assert_true(has_policy(other, 5, NOW));
	assert_int_equal(store_policy_get(other, "d00002.example.org", NOW, &policy),
	                 STORE_NOT_THERE);
	store_close(other);
	for (int i = 0; i < 5; i++)
		store_tend(store, NOW + 90000 + i);
	for (int i = 0; i < 10; i++)
		assert_true(has_policy(store, i, NOW));
	last(0, 9);
	store_close(store);
}

static void what_cannot_be_read_is_told(void **state)
{
	struct store *store = place_open(&place, NOW);
	struct store_settings settings = {.memory = 1};
	struct store_policy policy;

	(void)state;
	for (int i = 0; i < 5; i++)
		put(store, i, NOW, STORE_OK);
	store_close(store);
	assert_true(ASK("HSET", ROW(2), "fetched", "yesterday"));
	store = place_open(&place, NOW);
	assert_non_null(
	    strstr(all_news(store), "\"d00002.example.org\" (policies) cannot be read"));
	assert_true(has_policy(store, 1, NOW));
	store_close(store);
	/* with nothing in memory it is found when it is asked for */
	store = place_open_with(&place, &settings, NOW);
	assert_true(ASK("HSET", ROW(3), "fetched", "yesterday"));
	assert_int_equal(store_policy_get(store, "d00003.example.org", NOW, &policy),
	                 STORE_TROUBLE);
	assert_int_equal(store_policy_get(store, "d00003.example.org", NOW, &policy),
	                 STORE_NOT_THERE);
	assert_true(has_policy(store, 4, NOW));
	store_close(store);
}

static void a_newer_version_is_left_alone(void **state)
{
	struct store_settings settings = {.state = place.state};
	struct store *store = place_open(&place, NOW);
	struct store_error error = {""};

	(void)state;
	put(store, 1, NOW, STORE_OK);
	assert_true(ASK("HSET", "starttls:meta", "schema", "2"));
	assert_null(store_open(&settings, NOW, &error));
	assert_non_null(
	    strstr(error.text, "is of version 2, and this program knows those up to 1"));
	store_tend(store, NOW + 60);
	assert_non_null(strstr(all_news(store), "is of version 2"));
	assert_true(has_policy(store, 1, NOW));
	assert_true(ASK("HSET", "starttls:meta", "schema", "1"));
	tend_until_well(store, NOW + 90);
	assert_true(ASK("DEL", "starttls:meta"));
	assert_true(ASK("SET", "starttls:meta", "something"));
	store_tend(store, NOW + 120);
	assert_non_null(strstr(all_news(store), "WRONGTYPE"));
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_server_that_dies_and_comes_back, "redis"),
	    TEST(a_server_that_dies_and_comes_back, "redis-tls"),
	    TEST(one_that_was_started_again, "redis"),
	    TEST(one_that_was_started_again, "redis-tls"),
	    TEST(one_that_is_not_there_from_the_start, "redis-password"),
	    TEST(one_that_hangs, "redis"),
	    TEST(one_that_hangs, "redis-tls"),
	    TEST(one_that_hangs_until_the_end, "redis"),
	    TEST(one_that_hangs_until_the_end, "redis-tls"),
	    TEST(one_that_does_not_write, "redis"),
	    TEST(one_that_is_full, "redis"),
	    TEST(one_that_follows_another, "redis"),
	    TEST(a_wrong_password, "redis-password"),
	    TEST(only_whom_the_name_is_for, "redis-tls"),
	    cmocka_unit_test(authorities_that_are_none),
	    TEST(one_that_forgets_everything, "redis"),
	    TEST(one_that_goes_back, "redis"),
	    TEST(rows_that_cannot_be_read, "redis"),
	    TEST(what_cannot_be_read_is_told, "redis"),
	    TEST(a_newer_version_is_left_alone, "redis"),
	};

	if (!place_can("redis"))
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
