/* SPDX-License-Identifier: ISC */
/* The larger box, of a process that looks names up and remembers: the files that it has,
 * what goes on in it, and what nobody does there and lives. */
#define _GNU_SOURCE
#include "children.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc/box.h"

/* ---- files ---- */

struct places {
	char readable[160], file[200], writable[160], other[160];
};

static void make_file(const char *folder, const char *name)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
	assert_int_equal(write(fd, "text", 4), 4);
	assert_int_equal(fchmod(fd, 0666), 0);
	close(fd);
}

static void make_folder(char path[160], const char *name)
{
	snprintf(path, 160, "%s", folder_path(name));
	assert_int_equal(mkdir(path, 0777), 0);
	assert_int_equal(chmod(path, 0777), 0);
	make_file(path, "one");
	make_file(path, "two");
}

static void make_places(struct places *places)
{
	folder_begin();
	make_folder(places->readable, "readable");
	make_folder(places->writable, "writable");
	make_folder(places->other, "other");
	snprintf(places->file, sizeof(places->file), "%s/one", places->other);
}

static void remove_folder(const char *path)
{
	static const char *const names[] = {"one", "two", "new", "three"};
	char file[200];

	for (size_t i = 0; i < LENGTH(names); i++) {
		snprintf(file, sizeof(file), "%s/%s", path, names[i]);
		unlink(file);
	}
	assert_int_equal(rmdir(path), 0);
}

static void remove_places(const struct places *places)
{
	remove_folder(places->readable);
	remove_folder(places->writable);
	remove_folder(places->other);
	folder_end();
}

static int begin(const char *folder, const char *name, int flags)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return open(path, flags | O_CLOEXEC, 0666);
}

static void enter(const struct places *places)
{
	const char *const read[] = {"/not/there", places ? places->readable : "",
	                            places ? places->file : "", NULL};
	const char *const write[] = {places ? places->writable : NULL, NULL};
	struct proc_report report;

	expect(proc_sandbox_with_files(&(struct proc_paths){read, write}, &report) == 0);
	expect(report.text[0] == '\0');
}

static bool is_refused(int fd)
{
	return fd < 0 && errno == EACCES;
}

static int move(const char *from, const char *one, const char *to, const char *other)
{
	char before[200], after[200];

	snprintf(before, sizeof(before), "%s/%s", from, one);
	snprintf(after, sizeof(after), "%s/%s", to, other);
	return rename(before, after);
}

static int drop(const char *folder, const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return unlink(path);
}

static int has_its_files(const void *given)
{
	const struct places *places = given;

	expect(begin(places->other, "two", O_RDONLY) >= 0);
	enter(places);
	/* to read */
	expect(begin(places->readable, "one", O_RDONLY) >= 0);
	expect(open(places->readable, O_RDONLY | O_DIRECTORY) >= 0);
	expect(is_refused(begin(places->readable, "one", O_RDWR)));
	expect(is_refused(begin(places->readable, "new", O_RDWR | O_CREAT)));
	expect(drop(places->readable, "one") < 0);
	/* a file alone */
	expect(open(places->file, O_RDONLY) >= 0);
	expect(is_refused(open(places->file, O_WRONLY)));
	/* nothing else */
	expect(is_refused(begin(places->other, "two", O_RDONLY)));
	expect(is_refused(open(places->other, O_RDONLY | O_DIRECTORY)));
	expect(is_refused(open("/etc/passwd", O_RDONLY)));
	expect(is_refused(open("/proc/self/environ", O_RDONLY)));
	return 0;
}

static int keeps_what_it_writes(const void *given)
{
	const struct places *places = given;
	int fd;

	enter(places);
	fd = begin(places->writable, "new", O_RDWR | O_CREAT | O_EXCL);
	expect(fd >= 0);
	expect(write(fd, "12345678", 8) == 8 && ftruncate(fd, 4) == 0 && fsync(fd) == 0);
	expect(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED);
	expect(move(places->writable, "new", places->writable, "one") == 0);
	expect(begin(places->writable, "one", O_RDONLY | O_TRUNC) >= 0);
	expect(drop(places->writable, "one") == 0);
	/* nothing leaves it, and nothing comes from elsewhere */
	expect(move(places->writable, "two", places->readable, "two") < 0);
	expect(move(places->readable, "two", places->writable, "three") < 0);
	expect(symlink("/etc/passwd", "/nowhere") < 0);
	expect(is_refused(begin(places->writable, "../other/two", O_RDONLY)));
	return 0;
}

static void files_are_those_that_were_named(void **state)
{
	struct places places;

	(void)state;
	needs_sandbox();
	make_places(&places);
	for (int who = 0; who < users(); who++) {
		make_file(places.writable, "one");
		assert_good(status_of((enum who)who, has_its_files, &places));
		assert_good(status_of((enum who)who, keeps_what_it_writes, &places));
	}
	remove_places(&places);
}

static int has_no_files(const void *given)
{
	const char *const none[] = {NULL};
	struct proc_report report;

	(void)given;
	expect(proc_sandbox_with_files(&(struct proc_paths){none, none}, &report) == 0);
	expect(is_refused(open("/dev/null", O_RDONLY)));
	return 0;
}

static void there_may_be_none(void **state)
{
	(void)state;
	needs_sandbox();
	assert_good(status_of(AS_STARTED, has_no_files, NULL));
}

/* ---- what goes on ---- */

static void *think(void *given)
{
	*(bool *)given = true;
	return NULL;
}

static bool has_threads(void)
{
	bool done = false;
	pthread_t thread;

	return pthread_create(&thread, NULL, think, &done) == 0 &&
	       pthread_join(thread, NULL) == 0 && done;
}

static bool has_sockets(int kind)
{
	const struct sockaddr_in any = {.sin_family = AF_INET,
	                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, kind, 0);

	return fd >= 0 && bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0;
}

static int goes_on(const void *given)
{
	(void)given;
	enter(NULL);
	expect(has_threads());
	expect(has_sockets(SOCK_DGRAM) && has_sockets(SOCK_STREAM));
	expect(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
	/* abort(3) */
	expect(syscall(SYS_tgkill, getpid(), gettid(), 0) == 0);
	expect(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	       MAP_FAILED);
	return 0;
}

static void libraries_go_on(void **state)
{
	(void)state;
	needs_sandbox();
	each_user_does(goes_on, NULL);
}

/* A library that comes too late is told so, and nobody dies of it. */
static int executes_no_memory(const void *given)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)given;
	expect(page != MAP_FAILED);
	expect(mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0);
	expect(mprotect(page, 4096, PROT_READ) == 0);
	enter(NULL);
	expect(mprotect(page, 4096, PROT_READ | PROT_EXEC) < 0 && errno == EACCES);
	expect(mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0);
	expect(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	           MAP_FAILED &&
	       errno == EACCES);
	return 0;
}

static void nothing_new_is_executed(void **state)
{
	(void)state;
	needs_sandbox();
	assert_good(status_of(AS_STARTED, executes_no_memory, NULL));
}

/* ---- what kills ---- */

static void executes(void)
{
	execl("/bin/true", "true", (char *)NULL);
	_exit(0);
}

static void forks(void)
{
	if (fork() == 0)
		_exit(0);
}

static void forks_without_help(void)
{
	if (syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL) == 0)
		_exit(0);
}

static void signals(void)
{
	kill(getppid(), 0);
}

static void signals_a_thread(void)
{
	syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static void queues_a_signal(void)
{
	const union sigval value = {.sival_int = 1};

	sigqueue(getppid(), 0, value);
}

static void traces(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void leaves_namespaces(void)
{
	unshare(CLONE_NEWUSER);
}

static void changes_its_root(void)
{
	if (chroot("/") < 0)
		return;
}

static void becomes_somebody(void)
{
	if (setuid(geteuid()) < 0)
		return;
}

static void hides_in_memory(void)
{
	syscall(SYS_memfd_create, "x", 0);
}

static void (*const deeds[])(void) = {
    executes,           forks,
    forks_without_help, signals,
    signals_a_thread,   queues_a_signal,
    hides_in_memory,    traces,
    leaves_namespaces,  changes_its_root,
    becomes_somebody,
};

static int does_it_outside(const void *given)
{
	(*(void (*const *)(void))given)();
	return 0;
}

static int does_it_inside(const void *given)
{
	enter(NULL);
	return does_it_outside(given);
}

static void what_leads_out_kills(void **state)
{
	(void)state;
	needs_sandbox();
	for (size_t i = 0; i < LENGTH(deeds); i++) {
		assert_good(status_of(AS_STARTED, does_it_outside, &deeds[i]));
		for (int who = 0; who < users(); who++)
			assert_killed(status_of((enum who)who, does_it_inside, &deeds[i]), SIGSYS);
	}
}

/* ---- kernels that have less ---- */

static int misses_landlock(const void *given)
{
	const char *const none[] = {NULL};
	struct proc_report report;

	(void)given;
	no_landlock();
	expect(proc_sandbox_with_files(&(struct proc_paths){none, none}, &report) == -1);
	expect(strcmp(report.text, NO_LANDLOCK) == 0);
	/* The rest stands. */
	expect(mmap(NULL, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	expect(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	return 0;
}

static void missing_landlock_is_told(void **state)
{
	(void)state;
	needs_sandbox();
	each_user_does(misses_landlock, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(files_are_those_that_were_named),
	    cmocka_unit_test(there_may_be_none),
	    cmocka_unit_test(libraries_go_on),
	    cmocka_unit_test(nothing_new_is_executed),
	    cmocka_unit_test(what_leads_out_kills),
	    cmocka_unit_test(missing_landlock_is_told),
	};
	return cmocka_run_group_tests_name("proc/files", tests, NULL, NULL);
}
