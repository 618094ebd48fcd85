/* SPDX-License-Identifier: ISC */
/*
 * The tables, a step a version: a database of version n gets the steps from n on.  A step
 * that was released is never changed.  A row is sealed: see sqlite_row.c; a step that adds
 * a column has to seal again.
 */
#include "store/sqlite.h"

static const char *const steps[] = {
    "CREATE TABLE meta(one INTEGER PRIMARY KEY CHECK(one = 1),"
    " epoch INTEGER NOT NULL, change INTEGER NOT NULL);"
    "CREATE TABLE policies(version INTEGER NOT NULL UNIQUE, gone INTEGER NOT NULL,"
    " seal INTEGER NOT NULL, domain TEXT NOT NULL UNIQUE, text BLOB, id TEXT, mode TEXT,"
    " fetched INTEGER, expires INTEGER, looked INTEGER, wanted INTEGER, failed INTEGER,"
    " failures INTEGER, failed_id TEXT, failure TEXT);"
    "CREATE TABLE hosts(version INTEGER NOT NULL UNIQUE, gone INTEGER NOT NULL,"
    " seal INTEGER NOT NULL, \"key\" TEXT NOT NULL UNIQUE, first_seen INTEGER,"
    " last_seen INTEGER, occasions INTEGER, days INTEGER, vanished INTEGER, lost INTEGER,"
    " authenticated INTEGER, authenticated_days INTEGER, held_since INTEGER,"
    " hold_until INTEGER, pinned INTEGER, changed INTEGER, note TEXT);"
    "CREATE TABLE overrides(version INTEGER NOT NULL UNIQUE, gone INTEGER NOT NULL,"
    " seal INTEGER NOT NULL, destination TEXT NOT NULL UNIQUE, level TEXT, names TEXT,"
    " reason TEXT, made INTEGER, expires INTEGER);"
    "CREATE TABLE tickets(version INTEGER NOT NULL UNIQUE, gone INTEGER NOT NULL,"
    " seal INTEGER NOT NULL, front TEXT NOT NULL UNIQUE, number INTEGER, count INTEGER,"
    " made0 INTEGER, key0 BLOB, made1 INTEGER, key1 BLOB, made2 INTEGER, key2 BLOB);"
    "INSERT INTO meta VALUES(1, abs(random() / 2) + 1, 0);"
    "PRAGMA user_version = 1;"};

#define VERSION ((int)(sizeof(steps) / sizeof(steps[0])))

static int version_of(struct sqlite_file *file, int *version)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(file->db, "PRAGMA user_version", -1, &statement, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*version = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return code == SQLITE_ROW ? SQLITE_OK : code;
}

/* Tables that do not fit the version are no tables of ours. */
static enum answer run_steps(struct sqlite_file *file, int version)
{
	int code = SQLITE_OK;

	for (int i = version; code == SQLITE_OK && i < VERSION; i++)
		code = sqlite3_exec(file->db, steps[i], NULL, NULL, NULL);
	if (code != SQLITE_ERROR)
		return sqlite_answer(file, code);
	return sqlite_because(file, ANSWER_CORRUPT, "%s", sqlite3_errmsg(file->db));
}

/* All steps or none; and only one process at a time. */
enum answer sqlite_migrate(struct sqlite_file *file)
{
	int version = 0;
	int code = sqlite3_exec(file->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	enum answer answer;

	if (code == SQLITE_OK)
		code = version_of(file, &version);
	answer = sqlite_answer(file, code);
	if (answer == ANSWER_OK && (version > VERSION || version < 0))
		answer = sqlite_because(file, ANSWER_REFUSED,
		                        "it is of version %d, and this program knows those up to "
		                        "%d: use the newer program, or move the file away",
		                        version, VERSION);
	if (answer == ANSWER_OK)
		answer = run_steps(file, version);
	if (answer == ANSWER_OK)
		answer = sqlite_answer(file, sqlite3_exec(file->db, "COMMIT", NULL, NULL, NULL));
	if (!sqlite3_get_autocommit(file->db))
		sqlite3_exec(file->db, "ROLLBACK", NULL, NULL, NULL);
	return answer;
}
