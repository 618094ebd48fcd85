/* SPDX-License-Identifier: ISC */
/* What a process has, and cannot have more of. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "proc/memory.h"

#define MIB ((size_t)1 << 20)

/* Sanitizers have an allocator that does not tell, and more memory than any limit. */
static int is_told(void)
{
	return proc_memory().used > 0;
}

static void what_is_used_is_told(void **state)
{
	size_t before = proc_memory().used;
	void *much;

	(void)state;
	if (!is_told())
		skip();
	much = malloc(10 * MIB);
	assert_non_null(much);
	assert_in_range(proc_memory().used - before, 10 * MIB, 11 * MIB);
	free(much);
	assert_in_range(proc_memory().used, 0, before + MIB);
}

static void spare_memory_is_told(void **state)
{
	void *pieces[2000];

	(void)state;
	if (!is_told())
		skip();
	for (size_t i = 0; i < 2000; i++)
		pieces[i] = malloc(5000);
	for (size_t i = 0; i < 1999; i++) /* the last one keeps the others from going back */
		free(pieces[i]);
	assert_true(proc_memory().spare > 9 * MIB);
	proc_memory_trim();
	free(pieces[1999]);
}

/* The last one, as it is for good. */
static void the_limit_holds(void **state)
{
	void *volatile much; /* a compiler may leave memory out that nobody uses */

	(void)state;
	if (!is_told())
		skip();
	assert_int_equal(proc_memory_limit(128 * MIB), 0);
	much = malloc(200 * MIB);
	assert_null(much);
	much = malloc(20 * MIB);
	assert_non_null(much);
	free(much);
	/* Less than there is already cannot be, and changes nothing. */
	assert_int_equal(proc_memory_limit(4096), -1);
	much = malloc(20 * MIB);
	assert_non_null(much);
	free(much);
}

static void descriptors_are_told(void **state)
{
	(void)state;
	assert_in_range(proc_files(), 3, SIZE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_used_is_told),
	    cmocka_unit_test(spare_memory_is_told),
	    cmocka_unit_test(descriptors_are_told),
	    cmocka_unit_test(the_limit_holds),
	};

	return cmocka_run_group_tests_name("proc-memory", tests, NULL, NULL);
}
