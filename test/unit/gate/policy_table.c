/* SPDX-License-Identifier: ISC */
/* What a desk knows, its bounds, and when it is due. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/policy_due.h"

static struct entry *add(struct table *table, const char *key)
{
	struct entry *entry = table_add(table, key, strlen(key));

	assert_non_null(entry);
	return entry;
}

static struct entry *find(struct table *table, const char *key)
{
	return table_find(table, key, strlen(key));
}

static void set(struct table *table, struct entry *entry, enum desk_form form, size_t length)
{
	char *bytes = malloc(length);

	memset(bytes, 'x', length);
	entry_set(table, entry, form, bytes, length);
}

static void open_table(struct table *table, size_t entries, size_t octets)
{
	const struct table_bounds bounds = {entries, octets};

	assert_int_equal(table_open(table, &bounds), 0);
}

static void the_oldest_goes(void **state)
{
	struct table table;

	(void)state;
	open_table(&table, 3, 1 << 20);
	add(&table, "a"), add(&table, "b"), add(&table, "c");
	table_touch(&table, find(&table, "a"));
	add(&table, "d");
	assert_null(find(&table, "b"));
	assert_non_null(find(&table, "a"));
	table_touch(&table, find(&table, "a"));
	add(&table, "e"), add(&table, "f");
	assert_null(find(&table, "c"));
	assert_null(find(&table, "d"));
	assert_non_null(find(&table, "a"));
	assert_int_equal(table.count, 3);
	table_close(&table);
}

static void who_is_wanted_stays(void **state)
{
	struct errand *errand = (struct errand *)&errand;
	struct desk_wait wait = {0};
	struct table table;

	(void)state;
	open_table(&table, 2, 1 << 20);
	add(&table, "held")->held = true;
	add(&table, "waited for")->waits = &wait;
	add(&table, "under way")->errands[ERRAND_ANSWER] = errand;
	add(&table, "renewed")->errands[ERRAND_RENEW] = errand;
	add(&table, "new");
	assert_int_equal(table.count, 5);
	add(&table, "newer");
	assert_null(find(&table, "new"));
	assert_non_null(find(&table, "held"));
	assert_int_equal(table.count, 5);
	find(&table, "held")->held = false;
	find(&table, "waited for")->waits = NULL;
	find(&table, "under way")->errands[ERRAND_ANSWER] = NULL;
	find(&table, "renewed")->errands[ERRAND_RENEW] = NULL;
	add(&table, "last");
	assert_int_equal(table.count, 2);
	table_close(&table);
}

static void octets_are_bounded(void **state)
{
	struct table table;
	char key[32];

	(void)state;
	open_table(&table, 1000, 10000);
	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "%d", i);
		set(&table, add(&table, key), DESK_PLAIN, 2000);
	}
	assert_true(table.count >= 3 && table.count <= 6);
	assert_true(table.octets <= 10000 + 2000 + sizeof(struct entry) + 10);
	assert_non_null(find(&table, "99"));
	/* what is replaced does not count any more */
	for (int i = 0; i < 100; i++)
		set(&table, find(&table, "99"), DESK_PLAIN, 2000);
	entry_set(&table, find(&table, "99"), DESK_PLAIN, NULL, 0);
	assert_true(table.octets <= 10000);
	while (table.oldest != table.youngest)
		table.bounds.octets = 0, add(&table, "x");
	table_close(&table);
	assert_int_equal(table.octets, 0);
}

static void replies_have_forms(void **state)
{
	struct table table;
	struct entry *entry;

	(void)state;
	open_table(&table, 10, 10000);
	entry = add(&table, "a");
	assert_null(entry_reply(entry, DESK_TLSRPT).bytes);
	set(&table, entry, DESK_PLAIN, 3);
	assert_int_equal(entry_reply(entry, DESK_PLAIN).length, 3);
	assert_int_equal(entry_reply(entry, DESK_TLSRPT).length, 3);
	set(&table, entry, DESK_TLSRPT, 5);
	assert_int_equal(entry_reply(entry, DESK_TLSRPT).length, 5);
	assert_int_equal(entry_reply(entry, DESK_PLAIN).length, 3);
	table_close(&table);
}

/* ---- when they are due ---- */

static void due_in_its_second(void **state)
{
	struct due *due = malloc(sizeof(*due));
	struct table table;
	struct entry *one, *other;

	(void)state;
	open_table(&table, 10, 10000);
	one = add(&table, "one");
	other = add(&table, "other");
	due_open(due, 100);
	due_set(due, one, 105);
	due_set(due, other, 103);
	assert_null(due_take(due, 102));
	assert_ptr_equal(due_take(due, 103), other);
	assert_null(due_take(due, 104));
	/* twice: the last word counts */
	due_set(due, other, 106);
	due_set(due, one, 110);
	assert_ptr_equal(due_take(due, 1000), other);
	assert_ptr_equal(due_take(due, 1000), one);
	assert_null(due_take(due, 1000));
	free(due);
	table_close(&table);
}

static void due_at_the_edges(void **state)
{
	struct due *due = malloc(sizeof(*due));
	struct table table;
	struct entry *one, *other;

	(void)state;
	open_table(&table, 10, 10000);
	one = add(&table, "one");
	other = add(&table, "other");
	due_open(due, DUE_SLOTS - 3);
	/* what is over is due in the next second */
	due_set(due, one, 7);
	assert_null(due_take(due, DUE_SLOTS - 3));
	assert_ptr_equal(due_take(due, DUE_SLOTS - 2), one);
	/* what is too far ahead is due sooner, and not now */
	due_set(due, one, INT64_C(1) << 40);
	assert_null(due_take(due, 2 * DUE_SLOTS - 5));
	assert_ptr_equal(due_take(due, 2 * DUE_SLOTS - 4), one);
	/* a long sleep misses nobody */
	due_set(due, one, 2 * DUE_SLOTS);
	due_set(due, other, 2 * DUE_SLOTS + 1);
	assert_ptr_equal(due_take(due, 9 * DUE_SLOTS), one);
	assert_ptr_equal(due_take(due, 9 * DUE_SLOTS), other);
	assert_null(due_take(due, 9 * DUE_SLOTS));
	free(due);
	table_close(&table);
}

/* One that goes is not due any more. */
static void gone_is_gone(void **state)
{
	struct due *due = malloc(sizeof(*due));
	struct table table;

	(void)state;
	open_table(&table, 2, 10000);
	due_open(due, 0);
	due_set(due, add(&table, "a"), 5);
	due_set(due, add(&table, "b"), 5);
	due_set(due, add(&table, "c"), 5);
	due_clear(find(&table, "c"));
	due_clear(find(&table, "c"));
	assert_string_equal(due_take(due, 5)->key, "b");
	assert_null(due_take(due, 5));
	free(due);
	table_close(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_oldest_goes),    cmocka_unit_test(who_is_wanted_stays),
	    cmocka_unit_test(octets_are_bounded), cmocka_unit_test(replies_have_forms),
	    cmocka_unit_test(due_in_its_second),  cmocka_unit_test(due_at_the_edges),
	    cmocka_unit_test(gone_is_gone),
	};
	return cmocka_run_group_tests_name("gate/policy_table", tests, NULL, NULL);
}
