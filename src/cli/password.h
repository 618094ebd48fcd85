/* SPDX-License-Identifier: ISC */
/* A password from a file. */
#ifndef CLI_PASSWORD_H
#define CLI_PASSWORD_H

#include <stdbool.h>

struct password {
	char text[1024];
};

/* The first line of the file.  True, or an explanation is on the standard error
 * output; so is a warning when others may read the file too. */
bool password_read(struct password *, const char *file);
void password_wipe(struct password *);

#endif
