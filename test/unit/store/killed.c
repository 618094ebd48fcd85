/* SPDX-License-Identifier: ISC */
/* What a store has said to last is there, whenever its process, or the server, is killed. */
#define _GNU_SOURCE /* pipe2 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "places.h"

#define ROUNDS 40
#define DOMAINS 20 /* written again and again, each time with a newer policy */

/* Number n is the n-th writing. */
static void numbered(struct store_policy *policy, int n)
{
	sample_policy(policy, n % DOMAINS);
	policy->fetched = NOW + n;
}

/* Writes for ever, and tells each number that is said to last. */
static void write_on(int out, int from)
{
	struct store *store = place_open(&place, NOW);

	for (int n = from;; n++) {
		struct store_policy policy;

		numbered(&policy, n);
		if (store_policy_put(store, &policy, NOW) != STORE_OK ||
		    write(out, &n, sizeof(n)) != sizeof(n))
			_exit(1);
	}
}

/* The last number that was told before the writer, or the server, was killed. */
static int write_and_kill(int from, bool server)
{
	int ends[2], last = from - 1, n;
	pid_t writer;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	writer = fork();
	if (writer == 0)
		write_on(ends[1], from);
	close(ends[1]);
	/* from when it writes, for a while */
	if (read(ends[0], &n, sizeof(n)) == sizeof(n))
		last = n;
	usleep((useconds_t)(random() % 40000));
	if (server)
		place_kill(&place);
	else
		kill(writer, SIGKILL);
	while (read(ends[0], &n, sizeof(n)) == sizeof(n))
		last = n;
	waitpid(writer, NULL, 0);
	close(ends[0]);
	if (server)
		place_start(&place);
	return last;
}

/* The newest writing of each domain up to the last one is there, or one that was not told
 * any more. */
static void all_is_there(int last)
{
	struct store *store = place_open(&place, NOW);

	for (int n = last; n >= 0 && n > last - DOMAINS; n--) {
		struct store_policy wanted, found;

		numbered(&wanted, n);
		assert_int_equal(store_policy_get(store, wanted.domain, NOW, &found), STORE_OK);
		assert_true(found.fetched == wanted.fetched || found.fetched > NOW + last);
		assert_string_equal(found.mode, "enforce");
		assert_int_equal(found.length, wanted.length);
		assert_memory_equal(found.text, wanted.text, wanted.length);
	}
	assert_string_equal(all_news(store), "");
	store_close(store);
}

static void kill_again_and_again(bool server)
{
	int last = -1;

	srandom(4);
	for (int i = 0; i < ROUNDS; i++) {
		int before = last;

		last = write_and_kill(last + 1, server && i % 2);
		assert_true(last > before);
		all_is_there(last);
	}
	print_message("%s: %d writings in %d lives\n", place.kind, last + 1, ROUNDS);
}

static void nothing_is_lost_with_the_writer(void **state)
{
	(void)state;
	kill_again_and_again(false);
}

static void nothing_is_lost_with_the_server(void **state)
{
	(void)state;
	if (strcmp(place.kind, "sqlite") != 0)
		kill_again_and_again(true);
}

int main(int count, char **arguments)
{
	const char *kind = count > 1 ? arguments[1] : "sqlite";
	const struct CMUnitTest tests[] = {
	    TEST(nothing_is_lost_with_the_writer, kind),
	    TEST(nothing_is_lost_with_the_server, kind),
	};

	if (!place_can(kind))
		return 77;
	return cmocka_run_group_tests_name(kind, tests, NULL, NULL);
}
