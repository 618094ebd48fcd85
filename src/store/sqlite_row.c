/* SPDX-License-Identifier: ISC */
/*
 * Rows as columns: "version", "gone", "seal", and then the fields.
 *
 * The seal is a checksum (FNV-1a) over all that is in the row: SQLite sees when its trees
 * are broken, but not when a policy says "none" where "enforce" was written.
 */
#include <stdio.h>
#include <string.h>

#include "store/pack.h"
#include "store/sqlite.h"

#define SQL_ROOM 2048

/* ---- statements ---- */

static void add_columns(char *sql, const struct kind_rules *rules)
{
	strcat(sql, "version, gone, seal");
	for (size_t i = 0; i < rules->count; i++) {
		strcat(sql, ", \"");
		strcat(sql, rules->fields[i].name);
		strcat(sql, "\"");
	}
}

int sqlite_prepare_select(struct sqlite_file *file, enum kind kind, const char *first,
                          const char *where, sqlite3_stmt **statement)
{
	const struct kind_rules *rules = kind_rules(kind);
	char sql[SQL_ROOM] = "SELECT ";

	strcat(sql, first);
	add_columns(sql, rules);
	strcat(strcat(strcat(sql, " FROM "), rules->name), where);
	return sqlite3_prepare_v3(file->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
}

static int prepare_put(struct sqlite_file *file, enum kind kind)
{
	const struct kind_rules *rules = kind_rules(kind);
	char sql[SQL_ROOM] = "INSERT OR REPLACE INTO ";

	strcat(strcat(sql, rules->name), "(");
	add_columns(sql, rules);
	strcat(sql, ") VALUES(?, ?, ?");
	for (size_t i = 0; i < rules->count; i++)
		strcat(sql, ", ?");
	strcat(sql, ")");
	return sqlite3_prepare_v3(file->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
	                          &file->statements[kind][FILE_PUT], NULL);
}

static int prepare_text(struct sqlite_file *file, enum kind kind, enum file_statement which,
                        const char *begin)
{
	const struct kind_rules *rules = kind_rules(kind);
	char sql[SQL_ROOM];

	snprintf(sql, sizeof(sql), "%s FROM %s WHERE \"%s\" = ?", begin, rules->name,
	         rules->fields[0].name);
	return sqlite3_prepare_v3(file->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
	                          &file->statements[kind][which], NULL);
}

static int prepare_kind(struct sqlite_file *file, enum kind kind)
{
	sqlite3_stmt **all = file->statements[kind];
	char by_key[64];
	int code;

	snprintf(by_key, sizeof(by_key), " WHERE \"%.40s\" = ?", kind_rules(kind)->fields[0].name);
	code = sqlite_prepare_select(file, kind, "", by_key, &all[FILE_GET]);
	if (code == SQLITE_OK)
		code = sqlite_prepare_select(file, kind, "",
		                             " WHERE version > ? ORDER BY version LIMIT 1",
		                             &all[FILE_AFTER]);
	if (code == SQLITE_OK)
		code = prepare_text(file, kind, FILE_VERSION, "SELECT version");
	if (code == SQLITE_OK)
		code = prepare_text(file, kind, FILE_PURGE, "DELETE");
	return code == SQLITE_OK ? prepare_put(file, kind) : code;
}

/* change is the last one: with it, all are there. */
enum answer sqlite_prepare(struct sqlite_file *file)
{
	int code = SQLITE_OK;

	for (int kind = 0; code == SQLITE_OK && kind < KINDS; kind++)
		code = prepare_kind(file, kind);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(file->db, "SELECT epoch, change FROM meta", -1,
		                          &file->sight, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(file->db, "UPDATE meta SET change = ?", -1, &file->change,
		                          NULL);
	/* a table that is not as this version made it */
	if (code == SQLITE_ERROR)
		return sqlite_because(file, ANSWER_CORRUPT, "%s", sqlite3_errmsg(file->db));
	return sqlite_answer(file, code);
}

void sqlite_finalize(struct sqlite_file *file)
{
	for (int kind = 0; kind < KINDS; kind++)
		for (int i = 0; i < FILE_STATEMENTS; i++)
			sqlite3_finalize(file->statements[kind][i]);
	memset(file->statements, 0, sizeof(file->statements));
	sqlite3_finalize(file->sight);
	sqlite3_finalize(file->change);
	file->sight = file->change = NULL;
}

/* ---- seals ---- */

static uint64_t fnv(uint64_t hash, const void *bytes, size_t count)
{
	const unsigned char *at = bytes;

	while (count--)
		hash = (hash ^ *at++) * UINT64_C(0x100000001b3);
	return hash;
}

static int64_t seal_of(struct sqlite_file *file, const struct row *row)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	char numbers[48];

	snprintf(numbers, sizeof(numbers), "%llu %lld", (unsigned long long)row->version,
	         (long long)row->gone);
	pack(row->kind, &row->record, file->packed);
	hash = fnv(hash, numbers, strlen(numbers));
	return (int64_t)fnv(hash, file->packed, pack_size(row->kind, &row->record));
}

/* ---- reading ---- */

static bool read_field(sqlite3_stmt *statement, int column, const struct field *field, char *base)
{
	const void *bytes = sqlite3_column_blob(statement, column);
	size_t length = (size_t)sqlite3_column_bytes(statement, column);
	int64_t number;

	switch (field->type) {
	case FIELD_NUMBER:
		number = sqlite3_column_int64(statement, column);
		memcpy(base + field->offset, &number, sizeof(number));
		return true;
	case FIELD_LONG:
		if (length > field->size)
			return false;
		memcpy(base + field->offset, &bytes, sizeof(bytes));
		memcpy(base + field->offset + sizeof(bytes), &length, sizeof(length));
		return true;
	case FIELD_OCTETS:
		if (length != field->size)
			return false;
		break;
	case FIELD_TEXT:
		if (length >= field->size)
			return false;
		break;
	}
	if (length)
		memcpy(base + field->offset, bytes, length);
	return true;
}

bool sqlite_read(struct sqlite_file *file, sqlite3_stmt *statement, int column, struct row *row)
{
	const struct kind_rules *rules = kind_rules(row->kind);
	int64_t seal = sqlite3_column_int64(statement, column + 2);

	row->version = (uint64_t)sqlite3_column_int64(statement, column);
	row->gone = sqlite3_column_int64(statement, column + 1);
	row->lost = false;
	memset(&row->record, 0, sizeof(row->record));
	for (size_t i = 0; i < rules->count; i++)
		if (!read_field(statement, column + 3 + (int)i, &rules->fields[i],
		                (char *)&row->record))
			return false;
	return kind_is_sound(row->kind, &row->record) && seal == seal_of(file, row);
}

/* ---- writing ---- */

static void bind_field(sqlite3_stmt *statement, int column, const struct field *field,
                       const char *base)
{
	const char *at = base + field->offset;
	const void *bytes;
	size_t length;
	int64_t number;

	switch (field->type) {
	case FIELD_NUMBER:
		memcpy(&number, at, sizeof(number));
		sqlite3_bind_int64(statement, column, number);
		break;
	case FIELD_TEXT: sqlite3_bind_text(statement, column, at, -1, SQLITE_STATIC); break;
	case FIELD_OCTETS:
		sqlite3_bind_blob(statement, column, at, (int)field->size, SQLITE_STATIC);
		break;
	case FIELD_LONG:
		memcpy(&bytes, at, sizeof(bytes));
		memcpy(&length, at + sizeof(bytes), sizeof(length));
		sqlite3_bind_blob(statement, column, bytes, (int)length, SQLITE_STATIC);
		break;
	}
}

void sqlite_bind(struct sqlite_file *file, sqlite3_stmt *statement, const struct row *row)
{
	const struct kind_rules *rules = kind_rules(row->kind);

	sqlite3_bind_int64(statement, 1, (int64_t)row->version);
	sqlite3_bind_int64(statement, 2, row->gone);
	sqlite3_bind_int64(statement, 3, seal_of(file, row));
	for (size_t i = 0; i < rules->count; i++)
		bind_field(statement, 4 + (int)i, &rules->fields[i], (const char *)&row->record);
}
