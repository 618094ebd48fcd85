/* SPDX-License-Identifier: ISC */
/* For mkdtemp(), chroot(). */
#define _GNU_SOURCE

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/box.h"

/* A folder that has been removed is there for as long as somebody is in it, but
 * nothing can be made in it, and nobody else can come in. */
static int enter(char *folder)
{
	int entered, error;

	if (!mkdtemp(folder))
		return -1;
	entered = chdir(folder);
	error = errno;
	if (rmdir(folder) < 0)
		return -1;
	errno = error;
	return entered;
}

int box_empty_root(void)
{
	char in_run[] = "/run/starttls-XXXXXX", in_tmp[] = "/tmp/starttls-XXXXXX";

	if (enter(in_run) < 0 && enter(in_tmp) < 0)
		return -1;
	if (chroot(".") < 0)
		return -1;
	return chdir("/");
}

bool box_root_is_empty(void)
{
	struct stat root;

	return stat("/", &root) == 0 && root.st_nlink == 0;
}
