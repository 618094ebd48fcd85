/* SPDX-License-Identifier: ISC */
/* What needs neither a file nor a server: addresses, octets, memory, merging. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"
#include "store/memory.h"
#include "store/merge.h"
#include "store/pack.h"
#include "store/recall.h"
#include "store/redis_address.h"

/* ---- addresses ---- */

static void addresses_that_are_good(void **state)
{
	static const struct {
		const char *text, *name, *user, *password, *ca;
	} cases[] = {
	    {"redis://localhost", "redis://localhost:6379/0", "", "", ""},
	    {"redis://192.0.2.1:7000/3", "redis://192.0.2.1:7000/3", "", "", ""},
	    {"redis://[2001:db8::1]", "redis://[2001:db8::1]:6379/0", "", "", ""},
	    {"redis://[2001:db8::1]:7000/1", "redis://[2001:db8::1]:7000/1", "", "", ""},
	    {"redis://:secret@db.example.org/", "redis://db.example.org:6379/0", "", "secret", ""},
	    {"redis://me:se%40cr%3aet@h", "redis://h:6379/0", "me", "se@cr:et", ""},
	    {"redis://me:a@b@h", "redis://h:6379/0", "me", "a@b", ""},
	    {"rediss://h/2?ca=/etc/a%20b.pem", "rediss://h:6379/2", "", "", "/etc/a b.pem"},
	    {"rediss://h?ca=/c&cert=/a&key=/b", "rediss://h:6379/0", "", "", "/c"},
	    {"redis+unix:/run/redis.sock", "redis+unix:/run/redis.sock?db=0", "", "", ""},
	    {"redis+unix:///run/r?db=4", "redis+unix:/run/r?db=4", "", "", ""},
	    {"redis+unix://:p@/run/r", "redis+unix:/run/r?db=0", "", "p", ""},
	};
	struct redis_address address;
	char name[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *wrong = redis_address_parse(&address, cases[i].text);

		if (wrong)
			fail_msg("%s: %s", cases[i].text, wrong);
		redis_address_name(&address, name, sizeof(name));
		assert_string_equal(name, cases[i].name);
		assert_string_equal(address.user, cases[i].user);
		assert_string_equal(address.password, cases[i].password);
		assert_string_equal(address.ca, cases[i].ca);
		assert_int_equal(address.tls, strncmp(cases[i].text, "rediss", 6) == 0);
	}
}

static void addresses_that_are_none(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"redis:", "begins with"},
	    {"rediz://h", "begins with"},
	    {"redis://", "host is missing"},
	    {"redis://:p@", "host is missing"},
	    {"redis://me@h", "USER:PASSWORD"},
	    {"redis://me:@h", "password is empty"},
	    {"redis://:%zz@h", "wrong %"},
	    {"redis://:%4@h", "wrong %"},
	    {"redis://:%00@h", "wrong %"},
	    {"redis://h:99999", "65535"},
	    {"redis://h:port", "number"},
	    {"redis://h/one", "database is a number"},
	    {"redis://h/12345678901234567890", "database is a number"},
	    {"redis://h?ca=/c", "for TLS"},
	    {"rediss://h?cert=/c", "go together"},
	    {"rediss://h?verify=no", "behind the ?"},
	    {"redis+unix:run/r", "begins with a slash"},
	    {"redis+unix:/r?db=x", "database is a number"},
	};
	struct redis_address address;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *wrong = redis_address_parse(&address, cases[i].text);

		if (!wrong || !strstr(wrong, cases[i].why))
			fail_msg("%s: %s", cases[i].text, wrong ? wrong : "taken");
	}
}

/* ---- octets ---- */

static void what_is_packed_comes_out(void **state)
{
	unsigned char packed[4096];
	union record record, out;
	size_t length;

	(void)state;
	memset(&record, 0, sizeof(record));
	sample_policy(&record.policy, -5); /* a number below zero, too */
	record.policy.failed = -1;
	length = pack_size(KIND_POLICY, &record);
	assert_in_range(length, 100, 300);
	pack(KIND_POLICY, &record, packed);
	assert_string_equal((const char *)packed, record.policy.domain);
	assert_true(pack_is(KIND_POLICY, packed, length, &record));
	unpack(KIND_POLICY, packed, &out);
	assert_memory_equal(out.policy.text, record.policy.text, record.policy.length);
	out.policy.text = record.policy.text;
	assert_memory_equal(&out, &record, sizeof(out));
	for (size_t i = 0; i < length; i++) { /* every octet counts */
		packed[i] ^= 1;
		assert_false(pack_is(KIND_POLICY, packed, length, &record));
		packed[i] ^= 1;
	}
	record.policy.length--;
	assert_false(pack_is(KIND_POLICY, packed, length, &record));
}

/* ---- memory ---- */

static struct item *keep(struct memory *memory, int number)
{
	union record record;

	memset(&record, 0, sizeof(record));
	sample_host(&record.host, number);
	return memory_set(memory, KIND_HOST, &record, 0);
}

static struct item *find(struct memory *memory, int number)
{
	union record record;

	sample_host(&record.host, number);
	return memory_find(memory, KIND_HOST, record.host.key);
}

static void memory_keeps_order(void **state)
{
	struct memory memory;
	struct item *item;
	int count = 0;

	(void)state;
	memory_begin(&memory, SIZE_MAX);
	for (int i = 0; i < 1000; i++)
		assert_non_null(keep(&memory, i * 7 % 1000));
	for (int i = 0; i < 1000; i += 2)
		memory_remove(&memory, find(&memory, i));
	for (int i = 0; i < 1000; i++)
		assert_int_equal(find(&memory, i) != NULL, i % 2);
	for (item = memory_after(&memory, KIND_HOST, ""); item; item = item->next[0]) {
		assert_true(!item->next[0] || strcmp(item_key(item), item_key(item->next[0])) < 0);
		assert_ptr_equal(memory_after(&memory, KIND_HOST, item_key(item)), item->next[0]);
		count++;
	}
	assert_int_equal(count, 500);
	assert_int_equal(memory.count, 500);
	assert_null(memory_after(&memory, KIND_POLICY, ""));
	memory_end(&memory);
}

static void what_is_used_or_unwritten_is_not_dropped(void **state)
{
	struct memory memory;

	(void)state;
	memory_begin(&memory, SIZE_MAX);
	for (int i = 0; i < 100; i++)
		keep(&memory, i);
	memory_unwritten(&memory, find(&memory, 10));
	memory.limit = memory.octets; /* the hand goes around once, and nobody is used then */
	keep(&memory, 100);
	memory_drop(&memory, find(&memory, 100));
	for (int i = 50; i < 60; i++)
		assert_non_null(find(&memory, i));
	memory.limit = memory.octets / 2;
	memory_drop(&memory, NULL);
	assert_true(memory.octets <= memory.limit);
	assert_true(memory.kinds[KIND_HOST].dropped);
	for (int i = 50; i < 60; i++)
		assert_non_null(find(&memory, i));
	memory.limit = 0;
	memory_drop(&memory, NULL);
	assert_int_equal(memory.count, 1);
	assert_non_null(find(&memory, 10));
	memory_written(&memory, find(&memory, 10));
	memory_drop(&memory, NULL);
	assert_int_equal(memory.count, 0);
	assert_int_equal(memory.octets, 0);
	memory_end(&memory);
}

/* What an operator has set is few, and counts always. */
static void overrides_are_not_dropped(void **state)
{
	struct memory memory;
	union record record;

	(void)state;
	memory_begin(&memory, 0);
	memset(&record, 0, sizeof(record));
	sample_override(&record.override, 1);
	memory_set(&memory, KIND_OVERRIDE, &record, 0);
	keep(&memory, 1);
	memory_drop(&memory, NULL);
	assert_int_equal(memory.count, 1);
	assert_non_null(memory_after(&memory, KIND_OVERRIDE, ""));
	memory_end(&memory);
}

/* ---- merging ---- */

static union record policy_of(int64_t fetched, const char *id, int64_t failed, int64_t failures)
{
	union record record;

	memset(&record, 0, sizeof(record));
	sample_policy(&record.policy, 1);
	record.policy.fetched = fetched;
	snprintf(record.policy.id, sizeof(record.policy.id), "%s", id);
	record.policy.failed = failed;
	record.policy.failures = failures;
	if (!fetched) {
		record.policy.text = NULL;
		record.policy.length = 0;
	}
	return record;
}

static void policies_become_one(void **state)
{
	static const struct {
		int64_t fetched, failed, failures;
	} one[] = {{100, 0, 0}, {100, 150, 2}, {0, 150, 3}, {100, 0, 0}},
	  other[] = {{200, 0, 0}, {200, 0, 0}, {100, 0, 0}, {0, 90, 1}},
	  both[] = {{200, 0, 0}, {200, 0, 0}, {100, 150, 3}, {100, 0, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(one) / sizeof(one[0]); i++)
		for (int turned = 0; turned < 2; turned++) {
			union record a, b;

			a = policy_of(one[i].fetched, "one", one[i].failed, one[i].failures);
			b = policy_of(other[i].fetched, "other", other[i].failed,
			              other[i].failures);
			merge_policy(turned ? &b : &a, turned ? &a : &b);
			if (turned)
				a = b;
			assert_int_equal(a.policy.fetched, both[i].fetched);
			assert_int_equal(a.policy.failed, both[i].failed);
			assert_int_equal(a.policy.failures, both[i].failures);
			assert_non_null(a.policy.text);
			assert_string_equal(a.policy.id,
			                    one[i].fetched == both[i].fetched ? "one" : "other");
		}
}

static void hosts_become_one(void **state)
{
	union record mine, theirs;

	(void)state;
	memset(&mine, 0, sizeof(mine));
	sample_host(&mine.host, 1);
	theirs = mine;
	mine.host.last_seen = 100;
	mine.host.lost = 500; /* has seen it last, and holds */
	mine.host.vanished = 4;
	mine.host.hold_until = 900;
	mine.host.pinned = 1;
	mine.host.set = 50;
	mine.host.first_seen = 0;
	theirs.host.last_seen = 400;
	theirs.host.lost = 0;
	theirs.host.vanished = 0;
	theirs.host.hold_until = 0;
	theirs.host.occasions = 99;
	theirs.host.pinned = 0; /* the operator has let it go */
	theirs.host.set = 60;
	merge_host(&mine, &theirs);
	assert_int_equal(mine.host.first_seen, theirs.host.first_seen);
	assert_int_equal(mine.host.last_seen, 400);
	assert_int_equal(mine.host.lost, 500);
	assert_int_equal(mine.host.vanished, 4);
	assert_int_equal(mine.host.hold_until, 900);
	assert_int_equal(mine.host.occasions, 99);
	assert_int_equal(mine.host.pinned, 0);
	assert_int_equal(mine.host.set, 60);
}

static void overrides_and_tickets_become_one(void **state)
{
	union record mine, theirs;

	(void)state;
	memset(&mine, 0, sizeof(mine));
	sample_override(&mine.override, 1);
	theirs = mine;
	strcpy(theirs.override.level, "may");
	merge_override(&mine, &theirs);
	assert_string_equal(mine.override.level, "encrypt");
	theirs.override.set++;
	merge_override(&mine, &theirs);
	assert_string_equal(mine.override.level, "may");

	memset(&mine, 0, sizeof(mine));
	mine.tickets.number = 3;
	theirs = mine;
	theirs.tickets.keys[0][0] = 1;
	merge_tickets(&mine, &theirs);
	assert_int_equal(mine.tickets.keys[0][0], 1);
	theirs.tickets.number = 2;
	theirs.tickets.keys[0][0] = 9;
	merge_tickets(&mine, &theirs);
	assert_int_equal(mine.tickets.keys[0][0], 1);
}

static void until_when_they_are_kept(void **state)
{
	union record record;

	(void)state;
	memset(&record, 0, sizeof(record));
	record.policy.text = "x";
	record.policy.expires = NOW;
	assert_true(merge_policy_until(&record, 0) > NOW + 86400);
	record.policy.text = NULL;
	record.policy.failed = NOW;
	assert_int_equal(merge_policy_until(&record, 0), NOW + 604800);
	memset(&record, 0, sizeof(record));
	record.host.lost = NOW;
	assert_int_equal(merge_host_until(&record, 100), NOW + 100);
	record.host.hold_until = NOW + 50; /* mail waits */
	assert_int_equal(merge_host_until(&record, 100), NOW + 150);
	record.host.pinned = 1;
	assert_int_equal(merge_host_until(&record, 100), INT64_MAX);
	memset(&record, 0, sizeof(record));
	assert_int_equal(merge_override_until(&record, 0), INT64_MAX);
	record.override.expires = NOW;
	assert_true(merge_override_until(&record, 0) > NOW);
}

/* ---- as whoever decides takes it ---- */

static void policies_are_recalled(void **state)
{
	const struct store_policy kept = {.text = "abc",
	                                  .length = 3,
	                                  .id = "1",
	                                  .fetched = 10,
	                                  .looked = 20,
	                                  .failed = 30,
	                                  .failures = 4,
	                                  .failed_id = "2"};
	const struct stls_sts_memory memory = store_memory_of(&kept);

	(void)state;
	assert_int_equal(memory.size, sizeof(memory));
	assert_ptr_equal(memory.text, kept.text);
	assert_int_equal(memory.length, 3);
	assert_ptr_equal(memory.id, kept.id);
	assert_ptr_equal(memory.failed_id, kept.failed_id);
	assert_true(memory.fetched == 10 && memory.looked == 20 && memory.failed == 30);
	assert_int_equal(memory.failures, 4);
	assert_int_equal(memory.fault, STLS_FAULT_NONE);
}

/* Each fault by its name; a word of another version is none. */
static void failures_are_recalled(void **state)
{
	static const char *const others[] = {"", "none", "Untrusted", "untrusted ", "sts-fetch"};
	struct store_policy kept = {.failures = 1};

	(void)state;
	for (int fault = 1; fault < STLS_FAULT_COUNT; fault++) {
		snprintf(kept.failure, sizeof(kept.failure), "%s",
		         stls_fault_name((enum stls_fault)fault));
		assert_int_equal(store_memory_of(&kept).fault, fault);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(kept.failure, sizeof(kept.failure), "%s", others[i]);
		assert_int_equal(store_memory_of(&kept).fault, STLS_FAULT_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_that_are_good),
	    cmocka_unit_test(addresses_that_are_none),
	    cmocka_unit_test(what_is_packed_comes_out),
	    cmocka_unit_test(memory_keeps_order),
	    cmocka_unit_test(what_is_used_or_unwritten_is_not_dropped),
	    cmocka_unit_test(overrides_are_not_dropped),
	    cmocka_unit_test(policies_become_one),
	    cmocka_unit_test(hosts_become_one),
	    cmocka_unit_test(overrides_and_tickets_become_one),
	    cmocka_unit_test(until_when_they_are_kept),
	    cmocka_unit_test(policies_are_recalled),
	    cmocka_unit_test(failures_are_recalled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
