/* SPDX-License-Identifier: ISC */
/* What is remembered of answers: so many, and so many octets of them, whoever asks for what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "names/dns_memory.h"

#define MOST 100

static struct dns_entry *take(struct dns_memory *memory, unsigned number)
{
	char name[32];
	struct dns_entry *entry;

	snprintf(name, sizeof(name), "d%u.test", number);
	entry = dns_memory_take(memory, name, DNS_TXT);
	assert_non_null(entry);
	return entry;
}

/* An answer of that size, which is nobody's business any more. */
static void remember(struct dns_memory *memory, unsigned number, size_t octets)
{
	struct dns_entry *entry = take(memory, number);
	struct dns_answer *answer = calloc(1, octets);

	assert_non_null(answer);
	answer->octets = octets;
	dns_memory_answer(memory, entry, answer);
	dns_memory_rest(memory, entry, MOST);
}

static void small(void **state)
{
	struct dns_memory memory;

	(void)state;
	dns_memory_init(&memory);
	for (unsigned i = 0; i < 10 * MOST; i++)
		remember(&memory, i, 1024);
	assert_int_equal(memory.count, MOST);
	assert_int_equal(memory.octets, MOST * 1024);
	dns_memory_free(&memory);
}

/* Those that rest longest make room for what is large. */
static void large(void **state)
{
	struct dns_memory memory;

	(void)state;
	dns_memory_init(&memory);
	for (unsigned i = 0; i < 10 * MOST; i++) {
		remember(&memory, i, 65536);
		assert_true(memory.octets <= MOST * DNS_MEMORY_SHARE);
	}
	assert_int_equal(memory.count, MOST * DNS_MEMORY_SHARE / 65536);
	assert_non_null(take(&memory, 10 * MOST - 1)->answer);
	assert_null(take(&memory, 0)->answer);
	dns_memory_free(&memory);
}

/* The same name again is no more than it is. */
static void again(void **state)
{
	struct dns_memory memory;

	(void)state;
	dns_memory_init(&memory);
	for (unsigned i = 0; i < MOST; i++)
		remember(&memory, 1, 2000 + i);
	assert_int_equal(memory.count, 1);
	assert_int_equal(memory.octets, 2000 + MOST - 1);
	dns_memory_answer(&memory, take(&memory, 1), NULL);
	assert_int_equal(memory.octets, 0);
	dns_memory_free(&memory);
}

/* What is waited for stays, however much there is. */
static void in_use(void **state)
{
	struct dns_memory memory;
	struct dns_entry *entry;

	(void)state;
	dns_memory_init(&memory);
	entry = take(&memory, 0);
	for (unsigned i = 1; i < 2 * MOST; i++)
		remember(&memory, i, 65536);
	assert_ptr_equal(take(&memory, 0), entry);
	dns_memory_free(&memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(small),
	    cmocka_unit_test(large),
	    cmocka_unit_test(again),
	    cmocka_unit_test(in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
