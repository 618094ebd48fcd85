/* SPDX-License-Identifier: ISC */
/* Children: memory in common, and how they end. */
#define _GNU_SOURCE
#include "children.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/fork.h"
#include "proc/shared.h"

#define SIZE 100000 /* no whole number of pages */

static int writes(const void *given)
{
	unsigned char *memory = (unsigned char *)(uintptr_t)given;

	expect(memory[0] == 1);
	memory[SIZE - 1] = 2;
	return 0;
}

static void memory_is_common(void **state)
{
	unsigned char *memory = proc_shared(SIZE), *own = calloc(1, SIZE);

	(void)state;
	assert_non_null(memory);
	for (size_t i = 0; i < SIZE; i++)
		assert_int_equal(memory[i], 0);
	memory[0] = own[0] = 1;
	assert_good(status_of(AS_STARTED, writes, memory));
	assert_good(status_of(AS_STARTED, writes, own));
	assert_int_equal(memory[SIZE - 1], 2);
	assert_int_equal(own[SIZE - 1], 0);
	proc_shared_free(memory, SIZE);
	proc_shared_free(NULL, SIZE);
	free(own);
}

static int touches(const void *given)
{
	return *(const volatile unsigned char *)given;
}

static void memory_is_given_back(void **state)
{
	unsigned char *memory = proc_shared(SIZE);

	(void)state;
	assert_non_null(memory);
	assert_good(status_of(AS_STARTED, touches, memory));
	proc_shared_free(memory, SIZE);
#ifndef __SANITIZE_ADDRESS__
	assert_killed(status_of(AS_STARTED, touches, memory), SIGSEGV);
#endif
}

static void there_is_not_that_much(void **state)
{
	(void)state;
	assert_null(proc_shared(SIZE_MAX / 2));
}

static int ends(const void *given)
{
	const int *status = given;

	signal(SIGTERM, SIG_DFL);
	if (*status < 0)
		raise(-*status);
	return *status;
}

/* The next one that has ended. */
static struct proc_end reap(void)
{
	struct proc_end end;

	while (!proc_reap(&end))
		usleep(1000);
	return end;
}

static void ends_are_told(void **state)
{
	static const struct {
		int status; /* below 0: a signal */
		bool well;
		const char *words;
	} cases[] = {
	    {0, true, "exited with status 0"},
	    {3, false, "exited with status 3"},
	    {-SIGKILL, false, "was killed by signal 9 (Killed)"},
	    {-SIGTERM, false, "was killed by signal 15 (Terminated)"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		pid_t pid = child_begin(AS_STARTED, ends, &cases[i].status);
		struct proc_end end = reap();
		char how[PROC_ENDED];

		assert_int_equal(end.pid, pid);
		assert_int_equal(proc_ended_well(&end), cases[i].well);
		assert_string_equal(proc_ended(how, &end), cases[i].words);
	}
}

static int waits(const void *given)
{
	(void)given;
	/* Until it is killed. */
	return pause();
}

static void none_has_ended(void **state)
{
	struct proc_end end;
	pid_t pid;

	(void)state;
	assert_false(proc_reap(&end));
	pid = child_begin(AS_STARTED, waits, NULL);
	assert_false(proc_reap(&end));
	proc_kill(pid);
	end = reap();
	assert_int_equal(end.pid, pid);
	assert_int_equal(WTERMSIG(end.status), SIGKILL);
	/* No pid is nobody's: not our own group's. */
	proc_kill(0);
}

static volatile sig_atomic_t heard;

static void on_signal(int number)
{
	heard = number;
}

/* The handler is the parent's, and must not run before the child says so. */
static void a_child_is_born_deaf(void **state)
{
	pid_t pid;

	(void)state;
	signal(SIGUSR1, on_signal);
	pid = proc_fork();
	if (pid == 0) {
		raise(SIGUSR1);
		if (heard)
			_exit(1);
		proc_hear_signals();
		_exit(heard == SIGUSR1 ? 0 : 2);
	}
	assert_good(child_status(pid));
	/* The parent hears as before. */
	raise(SIGUSR1);
	assert_int_equal(heard, SIGUSR1);
	signal(SIGUSR1, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(memory_is_common),       cmocka_unit_test(memory_is_given_back),
	    cmocka_unit_test(there_is_not_that_much), cmocka_unit_test(ends_are_told),
	    cmocka_unit_test(none_has_ended),         cmocka_unit_test(a_child_is_born_deaf),
	};
	return cmocka_run_group_tests_name("proc/family", tests, NULL, NULL);
}
