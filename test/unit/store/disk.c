/* SPDX-License-Identifier: ISC */
/* A file, and what can be wrong with where it is: full, not ours, locked, of a newer version;
 * and that what lasts has been brought to the disk. */
#define _GNU_SOURCE /* unshare */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "places.h"

static void put(struct store *store, int number, enum store_result wanted)
{
	struct store_policy policy;

	sample_policy(&policy, number);
	assert_int_equal(store_policy_put(store, &policy, NOW), wanted);
}

/* ---- brought to the disk ---- */

static int synced; /* SQLite calls these, which stand before the C library's */
int fsync(int fd);
int fdatasync(int fd);
__attribute__((visibility("default"))) int fsync(int fd)
{
	synced++;
	return (int)syscall(SYS_fsync, fd);
}
__attribute__((visibility("default"))) int fdatasync(int fd)
{
	synced++;
	return (int)syscall(SYS_fdatasync, fd);
}

static void what_lasts_is_on_the_disk(void **state)
{
	struct store *store = place_open(&place, NOW);
	struct store_policy policy;

	(void)state;
	for (int i = 0; i < 10; i++) {
		synced = 0;
		put(store, i, STORE_OK);
		assert_true(synced > 0);
	}
	synced = 0; /* reading brings nothing anywhere */
	assert_int_equal(store_policy_get(store, "d00001.example.org", NOW, &policy), STORE_OK);
	assert_int_equal(synced, 0);
	sample_policy(&policy, 1);
	assert_int_equal(store_policy_forget(store, policy.domain, NOW), STORE_OK);
	assert_true(synced > 0);
	store_close(store);
}

/* ---- full ---- */

/* In a file system of its own that has room for very little; a child, since it is seen by
 * nobody else. */
static void in_a_small_place(void (*test)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			_exit(77);
		if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("none", place.folder, "tmpfs", 0, "size=512k,mode=0700") < 0)
			_exit(77);
		test();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77 && !getenv("CI"))
		skip();
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void must(bool good, int line)
{
	if (good)
		return;
	fprintf(stderr, "disk.c:%d: is not so\n", line);
	_exit(1);
}
#define MUST(what) must(what, __LINE__)

static void fill_disk(void)
{
	char ballast[256], block[4096] = {1};
	int fd;

	snprintf(ballast, sizeof(ballast), "%s/ballast", place.folder);
	fd = open(ballast, O_WRONLY | O_CREAT, 0600);
	while (write(fd, block, sizeof(block)) > 0)
		;
	close(fd);
}

static void free_disk(void)
{
	char ballast[256];

	snprintf(ballast, sizeof(ballast), "%s/ballast", place.folder);
	MUST(unlink(ballast) == 0);
}

/* Puts policies; how many did not last. */
static int put_some(struct store *store, int from, int to)
{
	struct store_policy policy;
	int troubles = 0;

	for (int i = from; i < to; i++) {
		sample_policy(&policy, i);
		troubles += store_policy_put(store, &policy, NOW) == STORE_TROUBLE;
		MUST(has_policy(store, i, NOW));
	}
	return troubles;
}

static void all_of(struct store *store, int count)
{
	for (int i = 0; i < count; i++)
		MUST(has_policy(store, i, NOW));
}

/* Told once, kept in memory, written when there is room. */
static void fills_up(void)
{
	struct store *store = place_open(&place, NOW);
	struct store_health health;

	MUST(put_some(store, 0, 10) == 0);
	fill_disk();
	MUST(put_some(store, 10, 60) > 0);
	for (int i = 0; i < 60; i++)
		store_tend(store, NOW + i);
	MUST(strstr(all_news(store), "full") != NULL);
	store_health(store, &health);
	MUST(health.trouble && health.unwritten > 0 && strstr(health.reason, "full"));
	put_some(store, 60, 70);
	MUST(!*all_news(store));
	all_of(store, 70);
	free_disk();
	for (int i = 0; i < 10; i++)
		store_tend(store, NOW + 60 + i);
	MUST(strstr(all_news(store), "well again") != NULL);
	store_health(store, &health);
	MUST(!health.trouble && health.unwritten == 0);
	store_close(store);
	store = place_open(&place, NOW);
	all_of(store, 70);
	MUST(!*all_news(store));
	store_close(store);
}

static void a_full_disk_loses_nothing(void **state)
{
	(void)state;
	in_a_small_place(fills_up);
}

static void is_full_from_the_start(void)
{
	struct store_policy policy;
	struct store *store;

	fill_disk();
	store = place_open(&place, NOW);
	MUST(store_policy_get(store, "d00000.example.org", NOW, &policy) == STORE_TROUBLE);
	MUST(put_some(store, 0, 20) == 20);
	MUST(*all_news(store));
	free_disk();
	for (int i = 0; i < 10; i++)
		store_tend(store, NOW + 60 + i);
	MUST(strstr(all_news(store), "well again") != NULL);
	store_close(store);
	store = place_open(&place, NOW);
	all_of(store, 20);
	store_close(store);
}

static void a_disk_that_is_full_from_the_start(void **state)
{
	(void)state;
	in_a_small_place(is_full_from_the_start);
}

/* The same without a privilege: a file may not grow. */
static void a_file_that_may_not_grow(void **state)
{
	struct store *store = place_open(&place, NOW);
	struct rlimit limit, small;
	int good = 0;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = limit;
	small.rlim_cur = 200000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; i < 100; i++) {
		struct store_policy policy;

		sample_policy(&policy, i);
		good += store_policy_put(store, &policy, NOW) == STORE_OK;
		assert_true(has_policy(store, i, NOW));
	}
	assert_in_range(good, 1, 99);
	assert_non_null(strstr(all_news(store), "starttls.db: "));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	store_tend(store, NOW + 60);
	assert_non_null(strstr(all_news(store), "well again"));
	store_close(store);
	store = place_open(&place, NOW);
	for (int i = 0; i < 100; i++)
		assert_true(has_policy(store, i, NOW));
	store_close(store);
}

/* ---- not ours ---- */

static void refused(const char *state, const char *why)
{
	struct store_settings settings = {.state = state};
	struct store_error error = {""};

	assert_null(store_open(&settings, NOW, &error));
	assert_non_null(strstr(error.text, why));
}

static void what_cannot_be_a_store(void **state)
{
	char text[300];
	int fd;

	(void)state;
	refused("", "neither the path");
	refused("var/lib", "neither the path");
	snprintf(text, sizeof(text), "%s/a/b", place.folder);
	refused(text, "make the folder for it: No such file or directory");
	snprintf(text, sizeof(text), "%s/file", place.folder);
	fd = open(text, O_WRONLY | O_CREAT, 0600);
	close(fd);
	refused(text, "Not a directory");
	assert_int_equal(mkdir(place.database, 0700), 0);
	refused(place.folder, "it is not a file");
	assert_int_equal(rmdir(place.database), 0);
	assert_int_equal(symlink(text, place.database), 0);
	refused(place.folder, "it is not a file");
}

/* Ours is somebody who may not write. */
static void a_folder_of_somebody_else(void **state)
{
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(chmod(place.folder, 0755), 0);
	child = fork();
	if (child == 0) {
		struct store_settings settings = {.state = place.state};
		struct store_error error = {""};

		if (getuid() == 0)
			MUST(setresuid(65534, 65534, 65534) == 0);
		else
			MUST(chmod(place.folder, 0500) == 0);
		MUST(store_open(&settings, NOW, &error) == NULL);
		MUST(strstr(error.text, "Permission denied"));
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void nobody_else_can_read_it(void **state)
{
	struct stat file;
	char log[300];

	(void)state;
	umask(0);
	for (int i = 0; i < 2; i++) {
		struct store *store = place_open(&place, NOW);

		put(store, 1, STORE_OK);
		snprintf(log, sizeof(log), "%s-wal", place.database);
		assert_int_equal(stat(place.database, &file), 0);
		assert_int_equal(file.st_mode & 07777, 0600);
		assert_int_equal(stat(log, &file), 0);
		assert_int_equal(file.st_mode & 07777, 0600);
		store_close(store);
		assert_int_equal(chmod(place.database, 0644), 0); /* somebody has opened it up */
	}
	umask(022);
}

/* ---- versions ---- */

static void run(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(place.database, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void a_newer_version_is_left_alone(void **state)
{
	struct store *store = place_open(&place, NOW);

	(void)state;
	put(store, 1, STORE_OK);
	store_close(store);
	run("PRAGMA user_version = 2");
	refused(place.folder, "it is of version 2, and this program knows those up to 1");
	run("PRAGMA user_version = 1");
	store = place_open(&place, NOW);
	assert_true(has_policy(store, 1, NOW));
	store_close(store);
}

/* A process that was killed before the first table was there. */
static void an_empty_file_is_a_new_one(void **state)
{
	struct store *store;

	(void)state;
	close(open(place.database, O_WRONLY | O_CREAT, 0600));
	store = place_open(&place, NOW);
	assert_string_equal(all_news(store), "");
	put(store, 1, STORE_OK);
	store_close(store);
	store = place_open(&place, NOW);
	assert_true(has_policy(store, 1, NOW));
	store_close(store);
}

/* Somebody else's tables, or some of ours. */
static void tables_that_are_none(void **state)
{
	struct store *store;

	(void)state;
	run("CREATE TABLE meta(a)");
	store = place_open(&place, NOW);
	assert_non_null(strstr(all_news(store), "already exists"));
	put(store, 1, STORE_OK);
	store_close(store);
	run("DROP TABLE policies; CREATE TABLE policies(a)");
	store = place_open(&place, NOW);
	assert_non_null(strstr(all_news(store), "no such column"));
	store_close(store);
}

/* What an operator changes with SQLite's own tool has no seal. */
static void a_row_that_was_changed_by_hand(void **state)
{
	struct store *store = place_open(&place, NOW);
	struct store_policy policy;

	(void)state;
	put(store, 1, STORE_OK);
	put(store, 2, STORE_OK);
	store_close(store);
	run("UPDATE policies SET mode = 'none' WHERE domain = 'd00001.example.org'");
	store = place_open(&place, NOW);
	assert_non_null(strstr(all_news(store), "a row of policies is not what was written"));
	assert_int_equal(store_policy_get(store, "d00001.example.org", NOW, &policy),
	                 STORE_NOT_THERE);
	assert_true(has_policy(store, 2, NOW));
	store_close(store);
}

/* ---- locked ---- */

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void somebody_who_holds_the_lock(void **state)
{
	struct store_settings settings = {.timeout = 300};
	struct store *store = place_open_with(&place, &settings, NOW);
	double begun;
	sqlite3 *db;

	(void)state;
	put(store, 1, STORE_OK);
	assert_int_equal(sqlite3_open(place.database, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	begun = seconds();
	put(store, 2, STORE_TROUBLE);
	assert_true(seconds() - begun > 0.25 && seconds() - begun < 1);
	assert_non_null(strstr(store_reason(store), "locked"));
	begun = seconds(); /* it is not asked again at once */
	put(store, 3, STORE_TROUBLE);
	assert_true(seconds() - begun < 0.1);
	assert_true(has_policy(store, 2, NOW));
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	put(store, 4, STORE_TROUBLE);
	store_tend(store, NOW + 6);
	assert_non_null(strstr(all_news(store), "well again"));
	store_close(store);
	store = place_open(&place, NOW);
	for (int i = 1; i <= 4; i++)
		assert_true(has_policy(store, i, NOW));
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_lasts_is_on_the_disk, "sqlite"),
	    TEST(a_full_disk_loses_nothing, "sqlite"),
	    TEST(a_disk_that_is_full_from_the_start, "sqlite"),
	    TEST(a_file_that_may_not_grow, "sqlite"),
	    TEST(what_cannot_be_a_store, "sqlite"),
	    TEST(a_folder_of_somebody_else, "sqlite"),
	    TEST(nobody_else_can_read_it, "sqlite"),
	    TEST(a_newer_version_is_left_alone, "sqlite"),
	    TEST(an_empty_file_is_a_new_one, "sqlite"),
	    TEST(tables_that_are_none, "sqlite"),
	    TEST(a_row_that_was_changed_by_hand, "sqlite"),
	    TEST(somebody_who_holds_the_lock, "sqlite"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
