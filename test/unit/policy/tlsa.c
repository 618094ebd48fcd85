/* SPDX-License-Identifier: ISC */
/* TLSA records: reading, and which of them count. */
#include "common.h"

#include <stdlib.h>
#include <time.h>

#include <starttls/tlsa.h>

#include "policy/tlsa_left.h"

static const unsigned char digest[64] = {1};

static struct stls_tlsa record(unsigned usage, unsigned selector, unsigned matching, size_t length)
{
	return (struct stls_tlsa){(uint8_t)usage, (uint8_t)selector, (uint8_t)matching, digest,
	                          length};
}

static void reading(void **unused)
{
	const unsigned char wire[] = {3, 1, 1, 0xaa, 0xbb};
	struct stls_tlsa one;

	(void)unused;
	assert_int_equal(stls_tlsa_read(&one, wire, sizeof(wire)), 0);
	assert_int_equal(one.usage, 3);
	assert_int_equal(one.selector, 1);
	assert_int_equal(one.matching, 1);
	assert_ptr_equal(one.data, wire + 3);
	assert_int_equal(one.length, 2);
	assert_int_equal(stls_tlsa_read(&one, wire, 3), 0);
	assert_int_equal(one.length, 0);
	for (size_t length = 0; length < 3; length++)
		assert_int_equal(stls_tlsa_read(&one, wire, length), -1);
}

/* DANE-17, DANE-18: every combination of what is known, and its neighbours. */
static void usable(void **unused)
{
	(void)unused;
	for (unsigned usage = 0; usage < 6; usage++)
		for (unsigned selector = 0; selector < 3; selector++)
			for (unsigned matching = 0; matching < 4; matching++)
				for (size_t length = 0; length <= 64; length++) {
					struct stls_tlsa one =
					    record(usage, selector, matching, length);
					int size = matching == 0   ? length > 0
					           : matching == 1 ? length == 32
					                           : matching == 2 && length == 64;
					int good =
					    (usage == 2 || usage == 3) && selector < 2 && size;

					assert_int_equal(stls_tlsa_unusable(&one) == NULL, good);
				}
}

static void why_not(void **unused)
{
	const struct stls_tlsa whys[] = {
	    record(0, 0, 1, 32), record(4, 0, 1, 32), record(3, 2, 1, 32), record(3, 1, 3, 32),
	    record(3, 1, 0, 0),  record(3, 1, 1, 31), record(3, 1, 2, 32)};

	(void)unused;
	/* Each for a reason of its own. */
	for (size_t i = 0; i < COUNT(whys); i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(stls_tlsa_unusable(&whys[i]),
			                        stls_tlsa_unusable(&whys[j]));
}

static void nothing(void **unused)
{
	struct stls_tlsa out;

	(void)unused;
	assert_int_equal(stls_tlsa_select(NULL, 0, &out), 0);
}

/* DANE-19, into another array and in place. */
static void selection(void **unused)
{
	struct stls_tlsa all[] = {record(1, 1, 2, 64), record(3, 1, 1, 32), record(3, 1, 2, 63),
	                          record(3, 0, 1, 32), record(3, 0, 2, 64), record(3, 0, 0, 9),
	                          record(2, 0, 1, 32)};
	struct stls_tlsa out[COUNT(all)];

	(void)unused;
	for (int pass = 0; pass < 2; pass++) {
		struct stls_tlsa *to = pass ? all : out;

		assert_int_equal(stls_tlsa_select(all, COUNT(all), to), 4);
		assert_int_equal(to[0].usage * 100 + to[0].selector * 10 + to[0].matching, 311);
		assert_int_equal(to[1].usage * 100 + to[1].selector * 10 + to[1].matching, 302);
		assert_int_equal(to[2].usage * 100 + to[2].selector * 10 + to[2].matching, 300);
		assert_int_equal(to[3].usage * 100 + to[3].selector * 10 + to[3].matching, 201);
	}
}

/* A stranger's zone may have as many as fit into messages: whoever compared each with each
 * would be busy for seconds, and answer nobody else. */
static void many(void **unused)
{
	enum { MANY = 100000 };
	struct stls_tlsa *all = calloc(MANY, sizeof(*all));
	struct tlsa_strongest strongest;
	clock_t begun;

	(void)unused;
	assert_non_null(all);
	for (size_t i = 0; i < MANY; i++)
		all[i] = record(3, 1, i == MANY - 1 ? 2 : 1, i == MANY - 1 ? 64 : 32);
	begun = clock();
	strongest = tlsa_strongest(all, MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_true((tlsa_left_out(&strongest, &all[i]) == NULL) == (i == MANY - 1));
	assert_int_equal(stls_tlsa_select(all, MANY, all), 1);
	assert_int_equal(all[0].matching, 2);
	assert_true(clock() - begun < CLOCKS_PER_SEC);
	free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reading), cmocka_unit_test(usable),    cmocka_unit_test(why_not),
	    cmocka_unit_test(nothing), cmocka_unit_test(selection), cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
