/* SPDX-License-Identifier: ISC */
/* Each test has a place to itself, of a kind. */
#ifndef TEST_STORE_PLACES_H
#define TEST_STORE_PLACES_H

#include "place.h"

static struct place place;

static int begin(void **kind)
{
	place_begin(&place, *kind);
	return 0;
}

static int end(void **state)
{
	(void)state;
	place_end(&place);
	return 0;
}

#define TEST(name, kind)                                                                           \
	cmocka_unit_test_prestate_setup_teardown(name, begin, end, (void *)(uintptr_t)(kind))

#endif
