/* SPDX-License-Identifier: ISC */
/* Lists of what services offer, and what they have in common. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "gate/offers.h"

#define LIST(...)                                                                                  \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static void expect(struct offers *offers, const char *const *list)
{
	size_t count = 0;

	for (; list[count]; count++)
		assert_string_equal(offers->list[count], list[count]);
	assert_int_equal(offers->count, count);
	assert_null(offers->list[count]);
}

static void copy_is_its_own(void **state)
{
	char word[] = "SIZE 10";
	struct offers *offers = offers_copy(LIST(word, "8BITMIME"));

	(void)state;
	word[0] = 'x';
	expect(offers, LIST("SIZE 10", "8BITMIME"));
	offers_drop(offers);
}

static void common_is_what_both_have(void **state)
{
	struct offers *one = offers_copy(LIST("SIZE 10", "PIPELINING", "CHUNKING", "8BITMIME"));
	struct offers *other = offers_copy(LIST("8bitmime", "SIZE 20", "PIPELINING", "DSN"));
	struct offers *both = offers_common(one, other);

	(void)state;
	/* A limit that one of them does not have is no common one. */
	expect(both, LIST("PIPELINING", "8BITMIME"));
	offers_drop(one);
	offers_drop(other);
	expect(both, LIST("PIPELINING", "8BITMIME"));
	offers_drop(both);
}

static void nothing_in_common_is_an_empty_list(void **state)
{
	struct offers *one = offers_copy(LIST("IDLE"));
	struct offers *other = offers_copy(LIST("IDLEX"));
	struct offers *both = offers_common(one, other);

	(void)state;
	assert_int_equal(both->count, 0);
	assert_null(both->list[0]);
	offers_drop(one);
	offers_drop(other);
	offers_drop(both);
}

static void lives_as_long_as_it_is_held(void **state)
{
	struct offers *offers = offers_copy(LIST("IDLE"));

	(void)state;
	assert_ptr_equal(offers_hold(offers), offers);
	offers_drop(offers);
	expect(offers, LIST("IDLE"));
	offers_drop(offers);
	assert_null(offers_hold(NULL));
	offers_drop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(copy_is_its_own),
	    cmocka_unit_test(common_is_what_both_have),
	    cmocka_unit_test(nothing_in_common_is_an_empty_list),
	    cmocka_unit_test(lives_as_long_as_it_is_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
