/* SPDX-License-Identifier: ISC */
/* Sockets that we were started with: sd_listen_fds(3).  Each case is a process of its
 * own, whose descriptors from 3 on are the test's to choose. */
#define _GNU_SOURCE
#include "children.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proc/inherited.h"

/* Puts it where systemd would. */
static void place(int fd, int where)
{
	expect(fd >= 0 && dup2(fd, where) == where);
	if (fd != where)
		close(fd);
}

static int listening(int type)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
	                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, type, 0);

	expect(bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	expect(type != SOCK_STREAM || listen(fd, 1) == 0);
	return fd;
}

static void promise(const char *count, pid_t whom)
{
	char pid[32];

	snprintf(pid, sizeof(pid), "%ld", (long)whom);
	setenv("LISTEN_FDS", count, 1);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDNAMES", "a:b", 1);
}

static int takes_two(const void *given)
{
	(void)given;
	place(listening(SOCK_STREAM), 3);
	place(listening(SOCK_STREAM), 4);
	expect(!(fcntl(3, F_GETFD) & FD_CLOEXEC) && !(fcntl(3, F_GETFL) & O_NONBLOCK));
	promise("2", getpid());
	expect(proc_inherited() == 2);
	expect(proc_inherited_fd(0) == 3 && proc_inherited_fd(1) == 4);
	expect(fcntl(3, F_GETFD) & FD_CLOEXEC && fcntl(3, F_GETFL) & O_NONBLOCK);
	/* Whoever is started next is not told. */
	expect(!getenv("LISTEN_FDS") && !getenv("LISTEN_PID") && !getenv("LISTEN_FDNAMES"));
	expect(proc_inherited() == 0);
	return 0;
}

static int takes_none_of_anothers(const void *given)
{
	(void)given;
	promise("1", getppid());
	expect(proc_inherited() == 0);
	expect(!getenv("LISTEN_FDS") && !getenv("LISTEN_PID"));
	unsetenv("LISTEN_PID");
	setenv("LISTEN_FDS", "1", 1);
	expect(proc_inherited() == 0);
	return 0;
}

static int counts_only_numbers(const void *given)
{
	static const char *const counts[] = {
	    "", "x", "1x", "-1", "0", "99999", "999999999999999999999"};

	(void)given;
	for (size_t i = 0; i < LENGTH(counts); i++) {
		promise(counts[i], getpid());
		expect(proc_inherited() == 0);
	}
	promise("1", getpid());
	expect(proc_inherited() == 1);
	return 0;
}

/* What cannot be accepted from is not ours. */
static int takes_listeners_only(const void *given)
{
	int pipe_ends[2];

	(void)given;
	place(socket(AF_INET, SOCK_STREAM, 0), 3);
	place(listening(SOCK_DGRAM), 4);
	expect(pipe(pipe_ends) == 0);
	place(pipe_ends[0], 5);
	close(6);
	expect(proc_inherited_fd(0) == -1);
	expect(proc_inherited_fd(1) == -1);
	expect(proc_inherited_fd(2) == -1);
	expect(proc_inherited_fd(3) == -1);
	place(listening(SOCK_STREAM), 3);
	expect(proc_inherited_fd(0) == 3);
	return 0;
}

static void sockets_are_inherited(void **state)
{
	(void)state;
	assert_good(status_of(AS_STARTED, takes_two, NULL));
}

static void for_this_process(void **state)
{
	(void)state;
	assert_good(status_of(AS_STARTED, takes_none_of_anothers, NULL));
}

static void as_many_as_are_said(void **state)
{
	(void)state;
	assert_good(status_of(AS_STARTED, counts_only_numbers, NULL));
}

static void if_they_listen(void **state)
{
	(void)state;
	assert_good(status_of(AS_STARTED, takes_listeners_only, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sockets_are_inherited),
	    cmocka_unit_test(for_this_process),
	    cmocka_unit_test(as_many_as_are_said),
	    cmocka_unit_test(if_they_listen),
	};
	return cmocka_run_group_tests_name("proc/inherited", tests, NULL, NULL);
}
