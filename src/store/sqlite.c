/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sqlite.h"
#include "store/store.h"

static struct sqlite_file *file_of(struct backend *backend)
{
	return (struct sqlite_file *)backend;
}

/* No statement goes on from the call before: as long as one does, all see what was there
 * when it began. */
static void reset_all(struct sqlite_file *file)
{
	for (int kind = 0; kind < KINDS; kind++)
		for (int i = 0; i < FILE_STATEMENTS; i++)
			sqlite3_reset(file->statements[kind][i]);
	sqlite3_reset(file->sight);
}

static enum answer begin_call(struct sqlite_file *file)
{
	reset_all(file);
	return sqlite_ready(file);
}

/* ---- reading ---- */

static enum answer look(struct backend *backend, struct sight *sight)
{
	struct sqlite_file *file = file_of(backend);
	enum answer answer = begin_call(file);
	int code;

	if (answer != ANSWER_OK)
		return answer;
	code = sqlite3_step(file->sight);
	if (code == SQLITE_ROW) {
		sight->epoch = (uint64_t)sqlite3_column_int64(file->sight, 0);
		sight->change = (uint64_t)sqlite3_column_int64(file->sight, 1);
		sight->session = file->session;
	}
	sqlite3_reset(file->sight);
	if (code == SQLITE_DONE)
		return sqlite_because(file, ANSWER_CORRUPT, "what tells its version is not there");
	return sqlite_answer(file, code);
}

/* The row is borrowed from the statement, until it is used again. */
static enum answer one_row(struct sqlite_file *file, sqlite3_stmt *statement, struct row *row)
{
	int code = sqlite3_step(statement);

	if (code == SQLITE_DONE) {
		sqlite3_reset(statement);
		return ANSWER_NOTHING;
	}
	if (code != SQLITE_ROW)
		return sqlite_answer(file, code);
	if (sqlite_read(file, statement, 0, row))
		return ANSWER_OK;
	return sqlite_because(file, ANSWER_CORRUPT, "a row of %s is not what was written",
	                      kind_rules(row->kind)->name);
}

static enum answer get(struct backend *backend, struct row *row)
{
	struct sqlite_file *file = file_of(backend);
	enum answer answer = begin_call(file);
	sqlite3_stmt *statement;

	if (answer != ANSWER_OK)
		return answer;
	statement = file->statements[row->kind][FILE_GET];
	sqlite3_bind_text(statement, 1, record_key(&row->record), -1, SQLITE_TRANSIENT);
	return one_row(file, statement, row);
}

static enum answer after(struct backend *backend, uint64_t version, struct row *row)
{
	struct sqlite_file *file = file_of(backend);
	enum answer answer = begin_call(file);
	sqlite3_stmt *statement;

	if (answer != ANSWER_OK)
		return answer;
	statement = file->statements[row->kind][FILE_AFTER];
	sqlite3_bind_int64(statement, 1, (int64_t)version);
	answer = one_row(file, statement, row);
	if (answer == ANSWER_OK && row->version <= version)
		return sqlite_because(file, ANSWER_CORRUPT, "an index of %s is wrong",
		                      kind_rules(row->kind)->name);
	return answer;
}

/* ---- writing ---- */

/* The version that is there, 0: nothing is. */
static int version_of(struct sqlite_file *file, const struct row *row, uint64_t *version)
{
	sqlite3_stmt *statement = file->statements[row->kind][FILE_VERSION];
	int code;

	sqlite3_bind_text(statement, 1, record_key(&row->record), -1, SQLITE_STATIC);
	code = sqlite3_step(statement);
	*version = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
	sqlite3_reset(statement);
	return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int run(sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	sqlite3_reset(statement);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int put_one(struct sqlite_file *file, struct row *row, uint64_t *change)
{
	sqlite3_stmt *statement = file->statements[row->kind][FILE_PUT];
	uint64_t there;
	int code = version_of(file, row, &there);

	row->conflict = there != row->version;
	if (code != SQLITE_OK || row->conflict)
		return code;
	if (row->gone == ROW_PURGE) {
		statement = file->statements[row->kind][FILE_PURGE];
		sqlite3_bind_text(statement, 1, record_key(&row->record), -1, SQLITE_STATIC);
		return run(statement);
	}
	row->version = ++*change;
	sqlite_bind(file, statement, row);
	return run(statement);
}

static int put_all(struct sqlite_file *file, struct row *rows, size_t count)
{
	uint64_t change;
	int code = sqlite3_step(file->sight);

	if (code != SQLITE_ROW)
		return code == SQLITE_DONE ? SQLITE_CORRUPT : code;
	change = (uint64_t)sqlite3_column_int64(file->sight, 1);
	sqlite3_reset(file->sight);
	code = SQLITE_OK;
	for (size_t i = 0; code == SQLITE_OK && i < count; i++)
		code = put_one(file, &rows[i], &change);
	if (code != SQLITE_OK)
		return code;
	sqlite3_bind_int64(file->change, 1, (int64_t)change);
	return run(file->change);
}

static enum answer put(struct backend *backend, struct row *rows, size_t count)
{
	struct sqlite_file *file = file_of(backend);
	enum answer answer = begin_call(file);
	int code;

	if (answer != ANSWER_OK)
		return answer;
	code = sqlite3_exec(file->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = put_all(file, rows, count);
	if (code == SQLITE_OK)
		code = sqlite3_exec(file->db, "COMMIT", NULL, NULL, NULL);
	answer = sqlite_answer(file, code);
	reset_all(file);
	if (!sqlite3_get_autocommit(file->db))
		sqlite3_exec(file->db, "ROLLBACK", NULL, NULL, NULL);
	return answer;
}

/* ---- beginning and end ---- */

static enum answer check_rows(struct backend *backend, enum kind kind)
{
	struct row row = {.kind = kind};
	enum answer answer;

	do
		answer = after(backend, row.version, &row);
	while (answer == ANSWER_OK);
	return answer == ANSWER_NOTHING ? ANSWER_OK : answer;
}

/* What the file has become under the hands of an open database shows only when it is opened
 * anew. */
static enum answer check(struct backend *backend)
{
	struct sqlite_file *file = file_of(backend);
	enum answer answer;

	sqlite_shut(file);
	answer = sqlite_ready(file);
	for (int kind = 0; answer == ANSWER_OK && kind < KINDS; kind++)
		answer = check_rows(backend, kind);
	return answer;
}

static void shut(struct backend *backend)
{
	struct sqlite_file *file = file_of(backend);

	sqlite_shut(file);
	explicit_bzero(file, sizeof(*file));
	free(file);
}

static const struct backend_calls calls = {
    .look = look,
    .get = get,
    .after = after,
    .put = put,
    .check = check,
    .rescue = sqlite_rescue,
    .renew = sqlite_renew,
    .close = shut,
};

struct backend *backend_sqlite(const char *folder, const int64_t *deadline,
                               struct store_error *error)
{
	struct sqlite_file *file = calloc(1, sizeof(*file));
	size_t length = strlen(folder);

	while (length > 1 && folder[length - 1] == '/')
		length--;
	if (!file || length + 64 > sizeof(file->path)) {
		snprintf(error->text, sizeof(error->text), "state: %s",
		         file ? "the path is too long" : "there is no memory");
		free(file);
		return NULL;
	}
	file->base.calls = &calls;
	file->base.deadline = deadline;
	snprintf(file->path, sizeof(file->path), "%.*s/" SQLITE_FILE, (int)length, folder);
	snprintf(file->base.name, sizeof(file->base.name), "%.250s", file->path);
	return &file->base;
}
