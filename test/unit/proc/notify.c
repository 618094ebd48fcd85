/* SPDX-License-Identifier: ISC */
/* What systemd hears: sd_notify(3). */
#define _GNU_SOURCE
#include "children.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "proc/notify.h"

/* A manager that listens there: a path, or a name after "@". */
static int listen_at(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, name);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

static void assert_heard(int fd, const char *wanted)
{
	char text[256];
	ssize_t length = recv(fd, text, sizeof(text) - 1, 0);

	assert_true(length >= 0);
	text[length] = '\0';
	assert_string_equal(text, wanted);
}

static void a_path_is_told(void **state)
{
	int fd;

	(void)state;
	folder_begin();
	fd = listen_at(folder_path("notify"));
	proc_notify("READY=1\nSTATUS=Serving.");
	assert_heard(fd, "READY=1\nSTATUS=Serving.");
	proc_notify("STOPPING=1");
	assert_heard(fd, "STOPPING=1");
	close(fd);
	unlink(folder_path("notify"));
	/* Nobody is there any more, and nothing comes of it. */
	proc_notify("READY=1");
	folder_end();
}

static void a_name_without_a_file_is_told(void **state)
{
	char name[64];
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "@starttls-notify-%ld", (long)getpid());
	fd = listen_at(name);
	proc_notify("READY=1");
	assert_heard(fd, "READY=1");
	close(fd);
}

static int64_t microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void a_reload_has_its_time(void **state)
{
	char text[256] = "";
	int64_t before = microseconds(), told;
	int fd;

	(void)state;
	folder_begin();
	fd = listen_at(folder_path("notify"));
	proc_notify_reloading();
	assert_true(recv(fd, text, sizeof(text) - 1, 0) > 0);
	assert_int_equal(sscanf(text, "RELOADING=1\nMONOTONIC_USEC=%" SCNd64, &told), 1);
	assert_in_range(told, before, microseconds());
	close(fd);
	unlink(folder_path("notify"));
	folder_end();
}

/* No manager, or a name of a socket that can be none: the protocol's other address
 * families are not ours. */
static void nobody_to_tell(void **state)
{
	static const char *const names[] = {"", "@", "/", "relative", "vsock:2:1234"};
	char long_name[256];
	int next = dup(0);

	(void)state;
	close(next);
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[0] = '/';
	long_name[sizeof(long_name) - 1] = '\0';
	for (size_t i = 0; i < LENGTH(names); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		proc_notify("READY=1");
	}
	setenv("NOTIFY_SOCKET", long_name, 1);
	proc_notify("READY=1");
	unsetenv("NOTIFY_SOCKET");
	proc_notify("READY=1");
	/* No descriptor was left open. */
	assert_int_equal(dup(0), next);
	close(next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_path_is_told),
	    cmocka_unit_test(a_name_without_a_file_is_told),
	    cmocka_unit_test(a_reload_has_its_time),
	    cmocka_unit_test(nobody_to_tell),
	};
	return cmocka_run_group_tests_name("proc/notify", tests, NULL, NULL);
}
