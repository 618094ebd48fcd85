/* SPDX-License-Identifier: ISC */
/* What fails in the sandbox and kills nobody: paths, and other sockets. */
#define _GNU_SOURCE
#include "children.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Each has a file to itself, which it may do away with. */
typedef int look(const char *path);

static int reads(const char *path)
{
	return open(path, O_RDONLY);
}

static int writes(const char *path)
{
	return open(path, O_WRONLY | O_APPEND);
}

static int makes(const char *path)
{
	char other[128];
	int fd;

	snprintf(other, sizeof(other), "%s-new", path);
	fd = open(other, O_WRONLY | O_CREAT | O_EXCL, 0600);
	unlink(other);
	return fd;
}

static int opens_by_the_old_call(const char *path)
{
#ifdef SYS_open
	return (int)syscall(SYS_open, path, O_RDONLY);
#else
	return open(path, O_RDONLY);
#endif
}

static int opens_by_the_new_call(const char *path)
{
	struct open_how how = {.flags = O_RDONLY};

	return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

static int lists(const char *path)
{
	DIR *folder = opendir("/");

	(void)path;
	return folder ? 0 : -1;
}

static int tries_access(const char *path)
{
	return access(path, R_OK);
}

static int asks_about(const char *path)
{
	struct stat found;

	return stat(path, &found);
}

static int asks_about_the_link(const char *path)
{
	struct stat found;

	return lstat(path, &found);
}

static int asks_more(const char *path)
{
	struct statx found;

	return statx(AT_FDCWD, path, 0, STATX_SIZE, &found);
}

static int reads_a_link(const char *path)
{
	char out[64];

	(void)path;
	return (int)readlink("/proc/self/cwd", out, sizeof(out));
}

static int removes(const char *path)
{
	return unlink(path);
}

static int renames(const char *path)
{
	return rename(path, path);
}

static int shortens(const char *path)
{
	return truncate(path, 0);
}

static int changes_the_mode(const char *path)
{
	return chmod(path, 0666);
}

static int goes_there(const char *path)
{
	(void)path;
	return chdir("/");
}

static look *const looks[] = {
    reads,
    writes,
    makes,
    opens_by_the_old_call,
    opens_by_the_new_call,
    lists,
    tries_access,
    asks_about,
    asks_about_the_link,
    asks_more,
    reads_a_link,
    removes,
    renames,
    shortens,
    changes_the_mode,
    goes_there,
};

struct attempt {
	look *look;
	const char *path;
	bool inside;
};

static int try_path(const void *given)
{
	const struct attempt *attempt = given;

	if (attempt->inside) {
		enter_sandbox(true);
		expect(attempt->look(attempt->path) == -1);
		expect(errno == EACCES);
	} else {
		expect(attempt->look(attempt->path) >= 0);
	}
	return 0;
}

static int make_file(const void *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	expect(fd >= 0 && write(fd, "text", 4) == 4);
	return 0;
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Inside first: the file must have come to no harm. */
static void try_look(enum who who, look *act)
{
	struct attempt attempt = {act, folder_path("file"), true};

	assert_good(status_of(who, make_file, attempt.path));
	assert_good(status_of(who, try_path, &attempt));
	assert_true(is_there(attempt.path));
	attempt.inside = false;
	assert_good(status_of(who, try_path, &attempt));
	unlink(attempt.path);
}

static void paths_are_refused(void **state)
{
	(void)state;
	needs_sandbox();
	folder_begin();
	for (int who = 0; who < users(); who++)
		for (size_t i = 0; i < LENGTH(looks); i++) {
			print_message("%zu\n", i);
			try_look((enum who)who, looks[i]);
		}
	folder_end();
}

struct socket_kind {
	int family, type, protocol;
	bool outside; /* an ordinary user can have one */
	int error;    /* in the sandbox; 0: none */
};

static const struct socket_kind sockets[] = {
    {AF_INET, SOCK_STREAM, 0, true, 0},
    {AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, true, 0},
    {AF_INET, SOCK_STREAM, IPPROTO_TCP, true, 0},
    {AF_INET6, SOCK_STREAM, 0, true, 0},
    {AF_UNIX, SOCK_STREAM, 0, true, 0},
    {AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, true, 0},
    {AF_INET, SOCK_DGRAM, 0, true, EAFNOSUPPORT},
    {AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0, true, EAFNOSUPPORT},
    {AF_INET, SOCK_RAW, IPPROTO_TCP, false, EAFNOSUPPORT},
    {AF_INET, SOCK_SEQPACKET, 132, false, EAFNOSUPPORT},
    {AF_NETLINK, SOCK_RAW, 0, true, EAFNOSUPPORT},
    {AF_PACKET, SOCK_RAW, 0, false, EAFNOSUPPORT},
    {AF_UNSPEC, SOCK_STREAM, 0, false, EAFNOSUPPORT},
    {AF_VSOCK, SOCK_STREAM, 0, false, EAFNOSUPPORT},
    {AF_ALG, SOCK_SEQPACKET, 0, false, EAFNOSUPPORT},
};

static int make_sockets(const void *wished)
{
	const bool *unix_sockets = wished;

	for (size_t i = 0; i < LENGTH(sockets); i++)
		if (sockets[i].outside)
			expect(socket(sockets[i].family, sockets[i].type, sockets[i].protocol) >=
			       0);
	enter_sandbox(*unix_sockets);
	for (size_t i = 0; i < LENGTH(sockets); i++) {
		int error = sockets[i].family == AF_UNIX && !*unix_sockets ? EAFNOSUPPORT
		                                                           : sockets[i].error;
		int fd = socket(sockets[i].family, sockets[i].type, sockets[i].protocol);

		expect(error ? fd == -1 && errno == error : fd >= 0);
	}
	return 0;
}

static void sockets_are_streams(void **state)
{
	static const bool wished = true, not_wished = false;

	(void)state;
	needs_sandbox();
	each_user_does(make_sockets, &wished);
	each_user_does(make_sockets, &not_wished);
}

/* What libc does by itself when a program begins to write to something. */
static int looks_at_descriptors(const void *given)
{
	int pair[2], waiting = 0, fd = open("/dev/null", O_WRONLY),
	             zero = open("/dev/zero", O_RDONLY);
	struct stat found;

	(void)given;
	expect(fd >= 0 && zero >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	enter_sandbox(false);
	expect(fstat(fd, &found) == 0 && S_ISCHR(found.st_mode));
	expect(!isatty(fd) && errno == ENOTTY);
	expect(write(pair[0], "1234", 4) == 4);
	expect(ioctl(pair[1], FIONREAD, &waiting) == 0 && waiting == 4);
	expect(ioctl(pair[1], FIONBIO, &waiting) == -1 && errno == ENOTTY);
	expect(prctl(PR_SET_NAME, "sandboxed", 0, 0, 0) == 0);
	return 0;
}

static void descriptors_are_looked_at(void **state)
{
	(void)state;
	needs_sandbox();
	assert_good(status_of(AS_STARTED, looks_at_descriptors, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paths_are_refused),
	    cmocka_unit_test(sockets_are_streams),
	    cmocka_unit_test(descriptors_are_looked_at),
	};
	return cmocka_run_group_tests_name("proc/refusals", tests, NULL, NULL);
}
