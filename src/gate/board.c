/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "gate/board.h"

const char *const board_refusals[BOARD_REFUSAL_COUNT] = {
#define BOARD_REFUSAL_NAME(NAME, name) name,
    BOARD_REFUSALS(BOARD_REFUSAL_NAME)
#undef BOARD_REFUSAL_NAME
};

const char *const board_processes[BOARD_PROCESS_COUNT] = {
#define BOARD_PROCESS_NAME(NAME, name) name,
    BOARD_PROCESSES(BOARD_PROCESS_NAME)
#undef BOARD_PROCESS_NAME
};

const char *const board_snis[BOARD_SNI_COUNT] = {
    [BOARD_SNI_KNOWN] = "known",
    [BOARD_SNI_MISSING] = "missing",
    [BOARD_SNI_UNKNOWN] = "unknown",
};

const char *const board_versions[BOARD_VERSIONS] = {"TLSv1.2", "TLSv1.3", "other"};

const char *const board_groups[BOARD_GROUPS] = {
    "X25519", "X25519MLKEM768", "secp256r1", "secp384r1", "secp521r1", "X448", "none", "other"};

const char *const board_ciphers[BOARD_CIPHERS] = {
    "TLS_AES_128_GCM_SHA256",       "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",  "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",  "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",  "other"};

const unsigned board_bounds[BOARD_BOUNDS] = {1,   2,   5,    10,   25,   50,   100,
                                             250, 500, 1000, 2500, 5000, 10000};

void board_begin(struct board *board, int64_t now)
{
	struct board_row *other = &board->rows[BOARD_ROWS - 1];

	snprintf(other->front, sizeof(other->front), "(other)");
	atomic_store(&board->daemon.started, now);
	atomic_store(&board->daemon.reloaded, now);
}

void board_reloaded(struct board *board, bool good, int64_t now)
{
	board_add(good ? &board->daemon.reloads : &board->daemon.reloads_failed, 1);
	atomic_store(&board->daemon.broken, !good);
	if (good)
		atomic_store(&board->daemon.reloaded, now);
}

static struct board_row *new_row(struct board *board, size_t used, const char *front)
{
	struct board_row *row = &board->rows[used];

	if (used == BOARD_ROWS - 1)
		return row;
	snprintf(row->front, sizeof(row->front), "%s", front);
	atomic_store(&board->used, used + 1);
	return row;
}

struct board_row *board_row(struct board *board, const char *front, const char *protocol)
{
	size_t used = atomic_load(&board->used), i = 0;
	struct board_row *row;

	while (i < used && strncmp(board->rows[i].front, front, BOARD_NAME - 1) != 0)
		i++;
	row = i < used ? &board->rows[i] : new_row(board, used, front);
	if (row != &board->rows[BOARD_ROWS - 1])
		snprintf(row->protocol, sizeof(row->protocol), "%s", protocol);
	return row;
}

void board_tell(struct board_slot *slot, enum board_state state)
{
	atomic_store(&slot->state, (int)state);
}

struct board_slot *board_take(struct board *board)
{
	struct board_slot *slot = board->slots;

	while (slot < board->slots + BOARD_SLOTS && atomic_load(&slot->state) != BOARD_FREE)
		slot++;
	memset(board->now[slot - board->slots], 0, sizeof(board->now[0]));
	board_tell(slot, BOARD_STARTING);
	return slot;
}

void board_release(struct board_slot *slot)
{
	board_tell(slot, BOARD_FREE);
}

struct board_gauges *board_gauges(struct board *board, const struct board_slot *slot,
                                  const struct board_row *row)
{
	return &board->now[slot - board->slots][row - board->rows];
}

/* Where a word is in a list whose last one stands for all others. */
static size_t place_of(const char *const *list, size_t count, const char *word)
{
	size_t i = 0;

	while (i < count - 1 && strcmp(list[i], word) != 0)
		i++;
	return i;
}

static size_t bucket_of(int64_t milliseconds)
{
	size_t i = 0;

	while (i < BOARD_BOUNDS && milliseconds > board_bounds[i])
		i++;
	return i;
}

static enum board_sni sni_of(const struct stls_facts *facts)
{
	if (facts->named)
		return BOARD_SNI_KNOWN;
	return *facts->sni ? BOARD_SNI_UNKNOWN : BOARD_SNI_MISSING;
}

void board_handshake(struct board_row *row, const struct stls_facts *facts, int64_t milliseconds)
{
	const char *group = *facts->group ? facts->group : "none";

	board_add(&row->handshakes[STLS_FAULT_NONE], 1);
	board_add(&row->versions[place_of(board_versions, BOARD_VERSIONS, facts->version)], 1);
	board_add(&row->groups[place_of(board_groups, BOARD_GROUPS, group)], 1);
	board_add(&row->ciphers[place_of(board_ciphers, BOARD_CIPHERS, facts->cipher)], 1);
	board_add(&row->sni[sni_of(facts)], 1);
	if (facts->resumed)
		board_add(&row->resumed, 1);
	board_add(&row->took[bucket_of(milliseconds)], 1);
	board_add(&row->took_ms, (uint64_t)milliseconds);
}
