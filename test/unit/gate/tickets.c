/* SPDX-License-Identifier: ISC */
/* The keys of session tickets: how they come and go. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "gate/tickets.h"

static void newest_comes_first_and_the_oldest_goes(void **state)
{
	struct tickets tickets = {0};
	struct ticket_ring *ring = tickets_ring(&tickets, "imap");
	unsigned char first[STLS_TICKET_KEY_SIZE];

	(void)state;
	assert_int_equal(ring->count, 1);
	memcpy(first, ring->keys[0], sizeof(first));
	for (size_t i = 1; i < STLS_TICKET_KEYS; i++) {
		assert_int_equal(tickets_turn(ring), 0);
		assert_int_equal(ring->count, i + 1);
		assert_memory_not_equal(ring->keys[0], first, sizeof(first));
		assert_memory_equal(ring->keys[i], first, sizeof(first));
	}
	assert_int_equal(tickets_turn(ring), 0);
	assert_int_equal(ring->count, STLS_TICKET_KEYS);
	for (size_t i = 0; i < STLS_TICKET_KEYS; i++)
		assert_memory_not_equal(ring->keys[i], first, sizeof(first));
	tickets_forget(&tickets);
}

static void a_front_keeps_its_ring_and_no_two_have_the_same(void **state)
{
	struct tickets tickets = {0};
	struct ticket_ring *imap = tickets_ring(&tickets, "imap");
	struct ticket_ring *pop3 = tickets_ring(&tickets, "pop3");

	(void)state;
	assert_ptr_equal(tickets_ring(&tickets, "imap"), imap);
	assert_ptr_equal(tickets_ring(&tickets, "pop3"), pop3);
	assert_memory_not_equal(imap->keys[0], pop3->keys[0], STLS_TICKET_KEY_SIZE);
	tickets_forget(&tickets);
	assert_null(tickets.rings);
}

static void a_context_takes_them(void **state)
{
	const struct stls_tls_settings settings = {.size = sizeof(settings), .role = STLS_SERVER};
	struct stls_tls_error error;
	stls_tls_context *context = stls_tls_context_new(&settings, &error);
	struct tickets tickets = {0};
	struct ticket_ring *ring = tickets_ring(&tickets, "imap");

	(void)state;
	assert_int_equal(tickets_use(ring, context), 0);
	ring->count = 0; /* no keys are none to seal with */
	assert_int_equal(tickets_use(ring, context), -1);
	stls_tls_context_free(context);
	tickets_forget(&tickets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(newest_comes_first_and_the_oldest_goes),
	    cmocka_unit_test(a_front_keeps_its_ring_and_no_two_have_the_same),
	    cmocka_unit_test(a_context_takes_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
