/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/deadline.h"
#include "store/sqlite.h"

/* Milliseconds after which a lock that somebody holds is tried again. */
#define LOCK_AGAIN 5

enum answer sqlite_because(struct sqlite_file *file, enum answer answer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(file->base.reason, sizeof(file->base.reason), format, arguments);
	va_end(arguments);
	return answer;
}

static bool is_corrupt(int code)
{
	return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB ||
	       code == SQLITE_IOERR_SHORT_READ || code == SQLITE_IOERR_DATA ||
	       code == SQLITE_IOERR_CORRUPTFS;
}

enum answer sqlite_answer(struct sqlite_file *file, int code)
{
	int system = file->db ? sqlite3_system_errno(file->db) : 0;
	bool is_last = file->db && sqlite3_extended_errcode(file->db) == code;
	const char *text = is_last ? sqlite3_errmsg(file->db) : sqlite3_errstr(code);
	bool has_cause = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;

	if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE)
		return ANSWER_OK;
	if (has_cause && system)
		sqlite_because(file, ANSWER_TROUBLE, "%s: %s", text, strerror(system));
	else
		sqlite_because(file, ANSWER_TROUBLE, "%s", text);
	return is_corrupt(code) ? ANSWER_CORRUPT : ANSWER_TROUBLE;
}

/* ---- the file ---- */

/* What an operator has to set right does not pass by itself. */
static enum answer cannot(struct sqlite_file *file, const char *what)
{
	static const int lasting[] = {EACCES, EPERM, EROFS, ENOENT, ENOTDIR, ELOOP, EISDIR};
	enum answer answer = ANSWER_TROUBLE;
	int error = errno;

	for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++)
		if (error == lasting[i])
			answer = ANSWER_REFUSED;
	return sqlite_because(file, answer, "cannot %s it: %s", what, strerror(error));
}

static enum answer make_folder(struct sqlite_file *file)
{
	char *slash = strrchr(file->path, '/');
	int result;

	*slash = '\0';
	result = mkdir(file->path, 0700);
	*slash = '/';
	return result == 0 || errno == EEXIST ? ANSWER_OK : cannot(file, "make the folder for");
}

/* It holds keys and whom mail goes to.  A file that is there is not opened here: closing
 * it would take locks away that SQLite holds (fcntl(2), "record locks"). */
static enum answer make_file(struct sqlite_file *file)
{
	enum answer answer = make_folder(file);
	int fd;

	if (answer != ANSWER_OK)
		return answer;
	fd = open(file->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		close(fd);
	else if (errno != EEXIST)
		return cannot(file, "make");
	if (lstat(file->path, &file->file) < 0)
		return cannot(file, "look at");
	if (!S_ISREG(file->file.st_mode))
		return sqlite_because(file, ANSWER_REFUSED, "it is not a file");
	if (access(file->path, R_OK | W_OK) < 0)
		return cannot(file, "write");
	if ((file->file.st_mode & 077) && chmod(file->path, 0600) < 0)
		return cannot(file, "make private");
	return ANSWER_OK;
}

/* ---- the database ---- */

static int wait_for_lock(void *owner, int times)
{
	struct sqlite_file *file = owner;
	int left = deadline_left(*file->base.deadline);

	(void)times;
	if (left == 0)
		return 0;
	sqlite3_sleep(left < LOCK_AGAIN ? left : LOCK_AGAIN);
	return 1;
}

/* FULL: what was written is on the disk when we are told so (https://sqlite.org/pragma.html
 * #pragma_synchronous). */
static const char settings[] = "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA secure_delete = ON;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA trusted_schema = OFF;"
                               "PRAGMA mmap_size = 0;"
                               "PRAGMA temp_store = MEMORY;";

static enum answer check(struct sqlite_file *file)
{
	sqlite3_stmt *statement = NULL;
	enum answer answer = ANSWER_OK;
	int code = sqlite3_prepare_v2(file->db, "PRAGMA integrity_check(1)", -1, &statement, NULL);
	const char *found = "";

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		found = (const char *)sqlite3_column_text(statement, 0);
		if (found && strcmp(found, "ok") != 0)
			answer = sqlite_because(file, ANSWER_CORRUPT, "%s", found);
	} else {
		answer = sqlite_answer(file, code);
	}
	sqlite3_finalize(statement);
	return answer;
}

static enum answer open_database(struct sqlite_file *file)
{
	int code = sqlite3_open_v2(file->path, &file->db,
	                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	if (code != SQLITE_OK)
		return sqlite_answer(file, code);
	sqlite3_extended_result_codes(file->db, 1);
	sqlite3_busy_handler(file->db, wait_for_lock, file);
	sqlite3_db_config(file->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return sqlite_answer(file, sqlite3_exec(file->db, settings, NULL, NULL, NULL));
}

/* One that is corrupt stays open, so that it can be rescued. */
static enum answer begin(struct sqlite_file *file)
{
	enum answer answer = make_file(file);

	if (answer == ANSWER_OK)
		answer = open_database(file);
	if (answer == ANSWER_OK)
		answer = check(file);
	if (answer == ANSWER_OK)
		answer = sqlite_migrate(file);
	if (answer == ANSWER_OK)
		answer = sqlite_prepare(file);
	if (answer != ANSWER_OK && answer != ANSWER_CORRUPT)
		sqlite_shut(file);
	file->session++;
	return answer;
}

/* Others may have moved it aside, an operator may have taken it away, and what is shorter
 * than it was has lost something: it is never made shorter here. */
static enum answer look_at_file(struct sqlite_file *file)
{
	struct stat now;

	if (stat(file->path, &now) < 0 || now.st_ino != file->file.st_ino ||
	    now.st_dev != file->file.st_dev)
		return ANSWER_NOTHING;
	if (now.st_size < file->file.st_size)
		return sqlite_because(file, ANSWER_CORRUPT, "it has become shorter");
	file->file.st_size = now.st_size;
	return ANSWER_OK;
}

/* "change" is the last thing to be prepared. */
enum answer sqlite_ready(struct sqlite_file *file)
{
	enum answer answer = file->db && file->change ? look_at_file(file) : ANSWER_NOTHING;

	if (answer != ANSWER_NOTHING)
		return answer;
	sqlite_shut(file);
	return begin(file);
}

void sqlite_shut(struct sqlite_file *file)
{
	sqlite_finalize(file);
	sqlite3_close(file->db);
	file->db = NULL;
}
