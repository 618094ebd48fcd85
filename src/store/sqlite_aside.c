/* SPDX-License-Identifier: ISC */
/* What can be had from a broken file, and a new one in its place. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite.h"

/* How far to look behind a place that cannot be read. */
#define LONGEST_LEAP (INT64_C(1) << 32)
/* Seconds: a disk that breaks all the time must not be filled with what is broken. */
#define KEPT_APART 3600

/* From the rows themselves, without an index, since that may be what is broken. */
static int read_on(struct sqlite_file *file, int64_t place, struct row *row,
                   sqlite3_stmt **statement)
{
	int code =
	    sqlite_prepare_select(file, row->kind, "rowid, ",
	                          " NOT INDEXED WHERE rowid > ? ORDER BY rowid LIMIT 1", statement);

	if (code == SQLITE_OK)
		code = sqlite3_bind_int64(*statement, 1, place);
	return code == SQLITE_OK ? sqlite3_step(*statement) : code;
}

/* The statement that a row was borrowed from stays until the next call, or the end. */
static sqlite3_stmt **shelf(struct sqlite_file *file, enum kind kind)
{
	return &file->statements[kind][FILE_GET];
}

enum answer sqlite_rescue(struct backend *backend, int64_t *place, struct row *row)
{
	struct sqlite_file *file = (struct sqlite_file *)backend;
	sqlite3_stmt **statement = shelf(file, row->kind);

	for (int64_t leap = 1; file->db && leap < LONGEST_LEAP;) {
		int code;

		sqlite3_finalize(*statement);
		*statement = NULL;
		code = read_on(file, *place, row, statement);
		if (code == SQLITE_DONE || !*statement)
			return ANSWER_NOTHING;
		if (code != SQLITE_ROW) {
			*place += leap;
			leap *= 2;
			continue;
		}
		leap = 1;
		*place = sqlite3_column_int64(*statement, 0);
		if (sqlite_read(file, *statement, 1, row))
			return ANSWER_OK;
	}
	return ANSWER_NOTHING;
}

/* Its log goes with it; what is shared of the log is made anew. */
static int move_aside(struct sqlite_file *file, const char *to)
{
	char from[SQLITE_PATH_ROOM + 8], with[SQLITE_PATH_ROOM + 8];

	if (rename(file->path, to) < 0)
		return -1;
	snprintf(from, sizeof(from), "%s-wal", file->path);
	snprintf(with, sizeof(with), "%s-wal", to);
	if (rename(from, with) < 0 && errno != ENOENT)
		return -1;
	snprintf(from, sizeof(from), "%s-shm", file->path);
	return unlink(from) < 0 && errno != ENOENT ? -1 : 0;
}

/* Whether the broken one is still there: another process may have seen to it. */
static bool is_there(const struct sqlite_file *file)
{
	struct stat now;

	return stat(file->path, &now) == 0 && now.st_ino == file->file.st_ino &&
	       now.st_dev == file->file.st_dev;
}

enum answer sqlite_renew(struct backend *backend, int64_t now)
{
	struct sqlite_file *file = (struct sqlite_file *)backend;
	char to[SQLITE_PATH_ROOM];
	enum answer answer;

	if (!file->renewed || now < file->renewed || now - file->renewed > KEPT_APART)
		file->renewed = now;
	snprintf(to, sizeof(to), "%.*s.corrupt-%lld", SQLITE_PATH_ROOM - 64, file->path,
	         (long long)file->renewed);
	if (file->db)
		sqlite3_db_config(file->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite_shut(file);
	if (is_there(file) && move_aside(file, to) < 0)
		return sqlite_because(file, ANSWER_TROUBLE, "cannot move it to %.200s: %s", to,
		                      strerror(errno));
	answer = sqlite_ready(file);
	if (answer == ANSWER_CORRUPT)
		return sqlite_because(file, ANSWER_TROUBLE, "the new one is corrupt, too");
	if (answer == ANSWER_OK)
		sqlite_because(file, answer, "it is %.300s now", to);
	return answer;
}
