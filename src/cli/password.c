/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/options.h"
#include "cli/password.h"

static void warn_of_readers(FILE *stream, const char *file)
{
	struct stat status;

	if (fstat(fileno(stream), &status) == 0 && S_ISREG(status.st_mode) &&
	    (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		complain("%s: others may read this password: chmod 600 %s", file, file);
}

static bool read_line(struct password *password, FILE *stream, const char *file)
{
	if (fgets(password->text, sizeof(password->text), stream) == NULL) {
		complain("%s: there is no password in it: write it into the first line", file);
		return false;
	}
	if (strlen(password->text) == sizeof(password->text) - 1) {
		complain("%s: a password has 1022 bytes at most", file);
		return false;
	}
	password->text[strcspn(password->text, "\r\n")] = '\0';
	if (password->text[0] != '\0')
		return true;
	complain("%s: the first line is empty: write the password there", file);
	return false;
}

bool password_read(struct password *password, const char *file)
{
	FILE *stream = fopen(file, "re");
	bool good;

	if (stream == NULL) {
		complain("%s: cannot be read: %s", file, strerror(errno));
		return false;
	}
	setvbuf(stream, NULL, _IONBF, 0); /* no copy of it stays in a buffer */
	warn_of_readers(stream, file);
	good = read_line(password, stream, file);
	fclose(stream);
	return good;
}

void password_wipe(struct password *password)
{
	explicit_bzero(password, sizeof(*password));
}
