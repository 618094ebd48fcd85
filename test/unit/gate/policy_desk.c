/* SPDX-License-Identifier: ISC */
/* What a desk knows, finds out, and looks at again. */
#include "desk.h"

static int open_scene(void **state)
{
	*state = scene_open(CONFIG_POLICY_SOCKETMAP);
	return 0;
}

static int open_json(void **state)
{
	*state = scene_open(CONFIG_POLICY_JSON);
	return 0;
}

static int close_scene(void **state)
{
	scene_close(*state);
	return 0;
}

static bool known(struct scene *scene, const char *key, struct desk_reply *reply)
{
	return desk_ask(scene->desk, key, strlen(key), DESK_PLAIN, reply);
}

static void assert_says(struct scene *scene, const char *key, const char *text)
{
	struct desk_reply reply;

	assert_true(known(scene, key, &reply));
	assert_int_equal(reply.length, strlen(text));
	assert_memory_equal(reply.bytes, text, reply.length);
}

static bool is_unknown(struct scene *scene, const char *key)
{
	struct desk_reply reply;

	return !known(scene, key, &reply);
}

/* Somebody who waits, and what he hears. */
struct listener {
	struct desk_wait wait; /* first */
	int told;
	char heard[256];
};

static void on_told(struct desk_wait *wait, struct desk_reply reply)
{
	struct listener *listener = (struct listener *)wait;

	assert_true(reply.length < sizeof(listener->heard));
	if (reply.bytes)
		memcpy(listener->heard, reply.bytes, reply.length);
	listener->heard[reply.length] = '\0';
	listener->told++;
}

static void wait_for(struct scene *scene, const char *key, struct listener *listener)
{
	assert_true(is_unknown(scene, key));
	*listener = (struct listener){.wait.told = on_told};
	assert_true(desk_wait(scene->desk, key, strlen(key), DESK_PLAIN, &listener->wait));
	scene_turn(scene);
}

#define ENCRYPT "10:OK encrypt,"
#define NOTFOUND "9:NOTFOUND ,"

static void found_out_once(void **state)
{
	struct scene *scene = *state;
	struct listener one, other, late;

	wait_for(scene, "example.org", &one);
	wait_for(scene, "EXAMPLE.org.", &other);
	wait_for(scene, "example.org", &late);
	assert_int_equal(flights_begun(), 1);
	assert_int_equal(desk_count(scene->desk).under_way, 1);
	desk_leave(&late.wait);
	desk_leave(&late.wait);
	flight_finds(flights_find("example.org"), STLS_LEVEL_ENCRYPT, 300);
	assert_string_equal(one.heard, ENCRYPT);
	assert_string_equal(other.heard, ENCRYPT);
	assert_int_equal(one.told + other.told, 2);
	assert_int_equal(late.told, 0);
	assert_says(scene, "Example.Org", ENCRYPT);
	assert_int_equal(flights_begun(), 1);
	assert_int_equal(desk_count(scene->desk).under_way, 0);
	assert_int_equal(desk_count(scene->desk).remembered, 1);
	assert_int_equal(desk_count(scene->desk).asked, 4);
	assert_int_equal(desk_count(scene->desk).known, 1);
}

static void others_are_others(void **state)
{
	struct scene *scene = *state;
	struct listener one, other;

	wait_for(scene, "example.org", &one);
	wait_for(scene, "example.org:587", &other);
	flight_finds(flights_find("example.org"), STLS_LEVEL_ENCRYPT, 300);
	assert_int_equal(other.told, 0);
	flight_knows_nothing(flights_find("example.org:587"), 300);
	assert_string_equal(other.heard, NOTFOUND);
	assert_says(scene, "example.org", ENCRYPT);
	assert_true(is_unknown(scene, "www.example.org"));
}

/* MAP-06, MAP-08. */
static void nothing_is_found_out_of_what_is_no_domain(void **state)
{
	static const char *const keys[] = {
	    ".example.org",
	    ".org",
	    "[mail.example.org]",
	    "[192.0.2.1]:25",
	    "[IPv6:2001:db8::1]",
	    "192.0.2.1",
	    "2001:db8::1",
	    "",
	    ".",
	    "..",
	    "a b",
	    "example.org:",
	    "example.org:x",
	    "unix:/run/lmtp",
	    "[example.org",
	    "[b\xc3\xbc\x63her.example]",
	    "b\xc3\xbc\x63her..example",
	};
	struct scene *scene = *state;
	char long_key[400];
	struct desk_reply reply;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_says(scene, keys[i], NOTFOUND);
	memset(long_key, 'a', sizeof(long_key));
	assert_true(desk_ask(scene->desk, long_key, sizeof(long_key), DESK_PLAIN, &reply));
	assert_memory_equal(reply.bytes, NOTFOUND, reply.length);
	assert_true(desk_ask(scene->desk, "example.org\0x", 13, DESK_PLAIN, &reply));
	assert_memory_equal(reply.bytes, NOTFOUND, reply.length);
	assert_int_equal(flights_begun(), 0);
	assert_int_equal(desk_count(scene->desk).remembered, 0);
	assert_true(is_unknown(scene, "example.org"));
}

/* MAP-06: Postfix asks for the name as it is in the letter, and has looked it up in DNS as what
 * it is there: "not found" would let an enforced policy go. */
static void an_internationalised_name_is_what_dns_has(void **state)
{
	static const char strange[] = "33:TEMP this is no name that DNS has,";
	struct scene *scene = *state;
	struct listener one, other;

	wait_for(scene, "b\xc3\xbc\x63her.example", &one);
	wait_for(scene, "xn--bcher-kva.example", &other);
	assert_int_equal(flights_begun(), 1);
	flight_finds(flights_find("xn--bcher-kva.example"), STLS_LEVEL_ENCRYPT, 300);
	assert_string_equal(one.heard, ENCRYPT);
	assert_string_equal(other.heard, ENCRYPT);
	assert_says(scene, "B\xc3\x9c\x43HER.Example.", ENCRYPT);
	assert_says(scene, "b\xff.example", strange);
	assert_int_equal(flights_begun(), 1);
}

/* The operator has something to say of a host in brackets. */
static void overrides_count_for_hosts(void **state)
{
	static const struct config_override rule = {.level = STLS_LEVEL_ENCRYPT};
	struct scene *scene = *state;
	struct listener one;

	assert_says(scene, "[mail.example.org]", NOTFOUND);
	operator_says("mail.example.org", &rule);
	wait_for(scene, "[mail.example.org]", &one);
	flight_finds(flights_find("[mail.example.org]"), STLS_LEVEL_ENCRYPT, 300);
	assert_string_equal(one.heard, ENCRYPT);
	assert_says(scene, "[other.example.org]", NOTFOUND);
}

static void others_may_ask_for_anything(void **state)
{
	struct scene *scene = *state;
	struct listener one;

	wait_for(scene, "[mail.example.org", &one);
	flight_cannot_be(flights_find("[mail.example.org"), "there is no \"]\"");
	assert_string_equal(one.heard,
	                    "{\"destination\":\"[mail.example.org\",\"outcome\":\"none\","
	                    "\"reason\":\"there is no \\\"]\\\"\"}\n");
}

/* MAP-05. */
static void trouble_is_temporary_and_short(void **state)
{
	struct scene *scene = *state;
	struct listener one;

	wait_for(scene, "example.org", &one);
	flight_fails(flights_find("example.org"), "nobody answers");
	assert_string_equal(one.heard, "19:TEMP nobody answers,");
	assert_says(scene, "example.org", "19:TEMP nobody answers,");
	assert_int_equal(desk_count(scene->desk).troubled, 1);
	scene_pass(scene, 31000);
	wait_for(scene, "example.org", &one);
	flight_knows_nothing(flights_find("example.org"), 300);
	assert_string_equal(one.heard, NOTFOUND);
}

/* At three quarters of its time, when somebody has asked since. */
static void renewed_before_it_is_old(void **state)
{
	struct scene *scene = *state;
	struct listener asked, not_asked;

	wait_for(scene, "asked.example", &asked);
	wait_for(scene, "not-asked.example", &not_asked);
	flight_finds(flights_find("asked.example"), STLS_LEVEL_ENCRYPT, 400);
	flight_finds(flights_find("not-asked.example"), STLS_LEVEL_ENCRYPT, 400);
	assert_says(scene, "asked.example", ENCRYPT);
	scene_pass(scene, 298000);
	assert_int_equal(flights_count(), 0);
	scene_pass(scene, 4000);
	assert_int_equal(flights_count(), 1);
	assert_false(flights_find("asked.example")->refresh);
	/* nobody waits for that */
	assert_says(scene, "asked.example", ENCRYPT);
	flight_finds(flights_find("asked.example"), STLS_LEVEL_DANE, 400);
	scene_pass(scene, 100000);
	assert_says(scene, "asked.example", "12:OK dane-only,");
	assert_true(is_unknown(scene, "not-asked.example"));
}

/* Who asks late has it renewed, too. */
static void renewed_when_asked(void **state)
{
	struct scene *scene = *state;
	struct listener one;

	wait_for(scene, "example.org", &one);
	flight_finds(flights_find("example.org"), STLS_LEVEL_ENCRYPT, 400);
	scene_pass(scene, 350000);
	assert_int_equal(flights_count(), 0);
	assert_says(scene, "example.org", ENCRYPT);
	scene_turn(scene);
	assert_int_equal(flights_count(), 1);
	flight_finds(flights_find("example.org"), STLS_LEVEL_ENCRYPT, 400);
	scene_pass(scene, 100000);
	assert_says(scene, "example.org", ENCRYPT);
}

static void trouble_takes_nothing_away(void **state)
{
	struct scene *scene = *state;
	struct listener one;

	wait_for(scene, "example.org", &one);
	flight_finds(flights_find("example.org"), STLS_LEVEL_ENCRYPT, 400);
	assert_says(scene, "example.org", ENCRYPT);
	scene_pass(scene, 301000);
	flight_fails(flights_find("example.org"), "nobody answers");
	assert_says(scene, "example.org", ENCRYPT);
	scene_pass(scene, 31000);
	assert_says(scene, "example.org", ENCRYPT);
	flight_fails(flights_find("example.org"), "nobody answers");
	/* but it gets old */
	scene_pass(scene, 100000);
	wait_for(scene, "example.org", &one);
	flight_fails(flights_find("example.org"), "nobody answers");
	assert_string_equal(one.heard, "19:TEMP nobody answers,");
}

/* However long DNS says, an hour; and a minute at least. */
static void within_bounds(void **state)
{
	struct scene *scene = *state;
	struct listener one;

	wait_for(scene, "long.example", &one);
	flight_finds(flights_find("long.example"), STLS_LEVEL_ENCRYPT, 86400);
	wait_for(scene, "short.example", &one);
	flight_finds(flights_find("short.example"), STLS_LEVEL_ENCRYPT, 1);
	scene_pass(scene, 40000);
	assert_says(scene, "short.example", ENCRYPT);
	scene_pass(scene, 21000);
	assert_true(is_unknown(scene, "short.example"));
	scene_pass(scene, 3500000);
	assert_says(scene, "long.example", ENCRYPT);
	scene_pass(scene, 60000);
	assert_true(is_unknown(scene, "long.example"));
}

static void policies_are_renewed_unasked(void **state)
{
	struct scene *scene = *state;
	struct listener one;

	store_has("sts.example", loop_date() + 1000);
	scene_pass(scene, 1000);
	assert_int_equal(flights_count(), 0);
	store_has("sts.example", loop_date() - 1);
	scene_pass(scene, 1000);
	assert_true(flights_find("sts.example")->refresh);
	/* Who asks does not wait for it: it may take long. */
	wait_for(scene, "sts.example", &one);
	assert_int_equal(flights_count(), 2);
	flight_fails(flights_find("sts.example"), "nobody answers");
	assert_int_equal(one.told, 0);
	assert_false(flights_find("sts.example")->refresh);
	flight_finds(flights_find("sts.example"), STLS_LEVEL_ENCRYPT, 400);
	assert_string_equal(one.heard, ENCRYPT);
}

/* Who set out before another one fetched a policy knows less than that one. */
static void who_has_fetched_has_the_last_word(void **state)
{
	struct scene *scene = *state;
	struct listener one;

	store_has("sts.example", loop_date() - 1);
	scene_pass(scene, 1000);
	wait_for(scene, "sts.example", &one);
	assert_int_equal(flights_count(), 2);
	flight_fetches(flights_find("sts.example"), STLS_LEVEL_ENCRYPT, 4000);
	assert_string_equal(one.heard, ENCRYPT);
	assert_int_equal(flights_count(), 0);
	/* and the other way round */
	scene_pass(scene, 301000);
	assert_int_equal(flights_count(), 1);
	scene_pass(scene, 3400000);
	wait_for(scene, "sts.example", &one);
	assert_int_equal(flights_count(), 2);
	assert_true(flights_find("sts.example")->refresh);
	for (size_t i = 0; i < flights_begun(); i++)
		if (!flights_at(i)->over && !flights_at(i)->refresh)
			flight_fetches(flights_at(i), STLS_LEVEL_DANE, 4000);
	assert_string_equal(one.heard, "12:OK dane-only,");
	assert_int_equal(flights_count(), 0);
}

/* Also where what it has fetched lets no mail go: who waits is told, and what was known before
 * is not kept until it is old, as it is where nobody answers. */
static void a_policy_that_forbids_has_it_too(void **state)
{
	static const char forbidden[] = "21:TEMP no host is named,";
	struct scene *scene = *state;
	struct listener one;

	store_has("sts.example", loop_date() - 1);
	scene_pass(scene, 1000);
	wait_for(scene, "sts.example", &one);
	flight_forbids(flights_find("sts.example"), 1);
	assert_string_equal(one.heard, forbidden);
	assert_int_equal(flights_count(), 0);
	/* what is known is good for an hour, and a new policy is found before that is over */
	store_has(NULL, 0);
	wait_for(scene, "other.example", &one);
	flight_knows_nothing(flights_find("other.example"), 3600);
	assert_says(scene, "other.example", NOTFOUND);
	scene_pass(scene, 2800000);
	flight_fails(flights_find("other.example"), "nobody answers");
	assert_says(scene, "other.example", NOTFOUND);
	scene_pass(scene, 40000);
	flight_forbids(flights_find("other.example"), 0);
	assert_says(scene, "other.example", forbidden);
}

/* RFC 8461 section 5.1: mail is deferred, and the policy is looked at again at once, though
 * not time and again. */
static void a_policy_that_names_nobody_is_looked_at_again(void **state)
{
	struct scene *scene = *state;
	struct listener one;

	wait_for(scene, "sts.example", &one);
	flight_forbids(flights_find("sts.example"), 0);
	scene_turn(scene);
	assert_int_equal(flights_count(), 1);
	assert_true(flights_find("sts.example")->refresh);
	flight_fetches(flights_find("sts.example"), STLS_LEVEL_ENCRYPT, 60);
	assert_says(scene, "sts.example", ENCRYPT);
	scene_pass(scene, 61000);
	for (int i = 0; i < 2; i++) {
		wait_for(scene, "sts.example", &one);
		flight_forbids(flights_find("sts.example"), 0);
		scene_turn(scene);
		assert_int_equal(flights_count(), 0);
		scene_pass(scene, 31000);
	}
	scene_pass(scene, 240000);
	wait_for(scene, "sts.example", &one);
	flight_forbids(flights_find("sts.example"), 0);
	scene_turn(scene);
	assert_int_equal(flights_count(), 1);
	flight_fails(flights_find("sts.example"), "nobody answers");
	assert_int_equal(flights_count(), 0);
}

/* One that is due for good, as its record has gone, keeps nobody busy. */
static void policies_are_left_alone_for_a_while(void **state)
{
	struct scene *scene = *state;

	store_has("sts.example", loop_date() - 1);
	scene_pass(scene, 1000);
	flight_finds(flights_find("sts.example"), STLS_LEVEL_ENCRYPT, 4000);
	assert_says(scene, "sts.example", ENCRYPT);
	scene_pass(scene, 290000);
	assert_int_equal(flights_count(), 0);
	scene_pass(scene, 10000);
	assert_int_equal(flights_count(), 1);
	assert_int_equal(flights_begun(), 2);
}

/* Whoever closes the desk has nobody waiting, but flights may be under way. */
static void closes_under_way(void **state)
{
	struct scene *scene = *state;
	struct listener one;

	wait_for(scene, "example.org", &one);
	desk_leave(&one.wait);
	assert_int_equal(flights_count(), 1);
}

static void nobody_waits_any_more(void **state)
{
	struct scene *scene = *state;
	struct listener one;

	wait_for(scene, "example.org", &one);
	desk_leave(&one.wait);
	flight_finds(flights_find("example.org"), STLS_LEVEL_ENCRYPT, 400);
	assert_int_equal(one.told, 0);
	assert_says(scene, "example.org", ENCRYPT);
}

/* Who is told may ask again at once, also when the table is full of younger ones. */
struct asker {
	struct listener listener; /* first */
	struct scene *scene;
};

static void ask_again(struct desk_wait *wait, struct desk_reply reply)
{
	struct asker *asker = (struct asker *)wait;
	char key[32];

	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "d%d.example", i);
		if (is_unknown(asker->scene, key))
			asker->listener.told++;
	}
	assert_true(reply.length > 0);
}

static void told_may_ask(void **state)
{
	struct scene *scene = *state;
	struct asker asker = {.listener.wait.told = ask_again, .scene = scene};

	assert_true(desk_wait(scene->desk, "example.org", 11, DESK_PLAIN, &asker.listener.wait));
	scene_turn(scene);
	flight_finds(flights_find("example.org"), STLS_LEVEL_ENCRYPT, 400);
	assert_int_equal(asker.listener.told, 1000);
	assert_says(scene, "example.org", ENCRYPT);
}

/* Those that take long are not waited for by others, whoever came first. */
static void who_is_slow_makes_room(void **state)
{
	static struct listener slow[500];
	struct scene *scene = *state;
	struct listener late;
	char key[32];

	for (int i = 0; i < 500; i++) {
		snprintf(key, sizeof(key), "slow%d.example", i);
		wait_for(scene, key, &slow[i]);
	}
	assert_int_equal(flights_count(), 500);
	wait_for(scene, "late.example", &late);
	assert_int_equal(flights_count(), 500);
	assert_int_equal(desk_count(scene->desk).waiting, 1);
	scene_pass(scene, 2001);
	assert_int_equal(flights_count(), 501);
	flight_finds(flights_find("late.example"), STLS_LEVEL_ENCRYPT, 400);
	assert_string_equal(late.heard, ENCRYPT);
	for (int i = 0; i < 500; i++)
		desk_leave(&slow[i].wait);
}

/* Whoever waited for a turn and has gone costs nobody anything. */
static void turns_of_nobody_are_left_out(void **state)
{
	static struct listener first[500];
	struct scene *scene = *state;
	struct listener gone, next;
	char key[32];

	for (int i = 0; i < 500; i++) {
		snprintf(key, sizeof(key), "d%d.example", i);
		wait_for(scene, key, &first[i]);
	}
	wait_for(scene, "gone.example", &gone);
	wait_for(scene, "next.example", &next);
	desk_leave(&gone.wait);
	flight_finds(flights_find("d7.example"), STLS_LEVEL_ENCRYPT, 400);
	assert_null(flights_find("gone.example"));
	assert_non_null(flights_find("next.example"));
	assert_int_equal(first[7].told, 1);
	for (int i = 0; i < 500; i++)
		desk_leave(&first[i].wait);
	desk_leave(&next.wait);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(found_out_once),
	    TEST(others_are_others),
	    TEST(an_internationalised_name_is_what_dns_has),
	    TEST(nothing_is_found_out_of_what_is_no_domain),
	    TEST(overrides_count_for_hosts),
	    cmocka_unit_test_setup_teardown(others_may_ask_for_anything, open_json, close_scene),
	    TEST(trouble_is_temporary_and_short),
	    TEST(renewed_before_it_is_old),
	    TEST(renewed_when_asked),
	    TEST(trouble_takes_nothing_away),
	    TEST(within_bounds),
	    TEST(policies_are_renewed_unasked),
	    TEST(who_has_fetched_has_the_last_word),
	    TEST(a_policy_that_forbids_has_it_too),
	    TEST(a_policy_that_names_nobody_is_looked_at_again),
	    TEST(policies_are_left_alone_for_a_while),
	    TEST(closes_under_way),
	    TEST(nobody_waits_any_more),
	    TEST(told_may_ask),
	    TEST(who_is_slow_makes_room),
	    TEST(turns_of_nobody_are_left_out),
	};
	return cmocka_run_group_tests_name("gate/policy_desk", tests, NULL, NULL);
}
