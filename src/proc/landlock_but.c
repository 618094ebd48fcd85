/* SPDX-License-Identifier: ISC */
/* Landlock with rules: paths that can still be opened, and what can be done there. */
/* For O_PATH. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc/box.h"

#define RULE_PATH_BENEATH 1

/* The kernel's numbers, as in landlock.c. */
#define WRITE_FILE (UINT64_C(1) << 1)
#define READ_FILE (UINT64_C(1) << 2)
#define READ_DIR (UINT64_C(1) << 3)
#define REMOVE_FILE (UINT64_C(1) << 5)
#define MAKE_REG (UINT64_C(1) << 8)
#define TRUNCATE (UINT64_C(1) << 14) /* version 3 */

#define ALL_1 ((UINT64_C(1) << 13) - 1)
#define REFER (UINT64_C(1) << 13) /* version 2 */

#define TO_READ (READ_FILE | READ_DIR)
#define TO_WRITE (TO_READ | WRITE_FILE | REMOVE_FILE | MAKE_REG | TRUNCATE)
#define OF_FILES (WRITE_FILE | READ_FILE | TRUNCATE) /* what is not about folders */

struct path_beneath {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

static uint64_t handled_by(long version)
{
	uint64_t all = ALL_1;

	if (version >= 2)
		all |= REFER;
	if (version >= 3)
		all |= TRUNCATE;
	return all;
}

static int is_folder(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

/* What is not there needs no rule. */
static int allow(int rules, const char *path, uint64_t rights)
{
	struct path_beneath rule = {.allowed = rights, .parent = open(path, O_PATH | O_CLOEXEC)};
	int done;

	if (rule.parent < 0)
		return 0;
	if (!is_folder(rule.parent))
		rule.allowed &= OF_FILES;
	done = (int)syscall(SYS_landlock_add_rule, rules, RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent);
	return done;
}

static int allow_all(int rules, const char *const *paths, uint64_t rights)
{
	for (; paths && *paths; paths++)
		if (allow(rules, *paths, rights) < 0)
			return -1;
	return 0;
}

static int restrict_to(int rules, const struct proc_paths *paths, uint64_t handled)
{
	if (allow_all(rules, paths->read, TO_READ & handled) < 0 ||
	    allow_all(rules, paths->write, TO_WRITE & handled) < 0)
		return -1;
	return (int)syscall(SYS_landlock_restrict_self, rules, 0);
}

int box_landlock_but(const struct proc_paths *paths)
{
	long version = box_landlock_version();
	const uint64_t handled = handled_by(version);
	int rules, done, error;

	if (version < 0)
		return -1;
	rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
	if (rules < 0)
		return -1;
	done = restrict_to(rules, paths, handled);
	error = errno;
	close(rules);
	errno = error;
	return done;
}
