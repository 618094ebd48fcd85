/* SPDX-License-Identifier: ISC */
/* A file: see backend.h for what it promises. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <sqlite3.h>
#include <sys/stat.h>

#include "store/backend.h"

#define SQLITE_FILE "starttls.db"
#define SQLITE_PATH_ROOM 4096

enum file_statement {
	FILE_GET,     /* by key */
	FILE_AFTER,   /* by version */
	FILE_VERSION, /* of a key */
	FILE_PUT,
	FILE_PURGE,
	FILE_STATEMENTS
};

struct sqlite_file {
	struct backend base;
	sqlite3 *db; /* NULL: it is not open */
	sqlite3_stmt *statements[KINDS][FILE_STATEMENTS];
	sqlite3_stmt *sight, *change;
	struct stat file; /* which file it is: others may put another one in its place */
	uint64_t session;
	int64_t renewed; /* when it was last put aside, or 0 */
	char path[SQLITE_PATH_ROOM];
	unsigned char packed[STORE_TEXT_LONGEST + 4096]; /* for seals */
};

/* ---- sqlite_open.c ---- */

enum answer sqlite_ready(struct sqlite_file *); /* opens it if it is not open */
void sqlite_shut(struct sqlite_file *);
/* What a result code means; the reason is set. */
enum answer sqlite_answer(struct sqlite_file *, int code);
enum answer sqlite_because(struct sqlite_file *, enum answer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- sqlite_schema.c ---- */

/* Brings the tables of an older version, or none, to this one. */
enum answer sqlite_migrate(struct sqlite_file *);

/* ---- sqlite_row.c ---- */

enum answer sqlite_prepare(struct sqlite_file *);
void sqlite_finalize(struct sqlite_file *);
/* A statement that selects what sqlite_read() reads, with something in front of it; where
 * is what follows the name of the table. */
int sqlite_prepare_select(struct sqlite_file *, enum kind, const char *first, const char *where,
                          sqlite3_stmt **);
/* The row that the statement is at, its columns beginning with that one.  False: it is not
 * what was written.  Borrows from the statement. */
bool sqlite_read(struct sqlite_file *, sqlite3_stmt *, int column, struct row *);
void sqlite_bind(struct sqlite_file *, sqlite3_stmt *, const struct row *);

/* ---- sqlite_aside.c ---- */

enum answer sqlite_rescue(struct backend *, int64_t *place, struct row *);
enum answer sqlite_renew(struct backend *, int64_t now);

#endif
