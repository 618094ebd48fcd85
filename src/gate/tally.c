/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <sys/random.h>

#include "gate/siphash.h"
#include "gate/tally.h"

/* No order is promised between one number and another. */
static uint32_t value_of(const tally_cell *cell)
{
	return atomic_load_explicit(cell, memory_order_relaxed);
}

/* There is one writer, so nothing can come between. */
static void put(tally_cell *cell, uint32_t n)
{
	atomic_store_explicit(cell, n, memory_order_relaxed);
}

int tally_begin(struct tally_board *board)
{
	return getrandom(board->secret, sizeof(board->secret), 0) == TALLY_SECRET ? 0 : -1;
}

struct tally *tally_take(struct tally_board *board)
{
	struct tallies *shared = board->shared;
	size_t i = 0;

	while (i + 1 < TALLY_COUNT && atomic_load(&shared->list[i].taken))
		i++;
	atomic_store(&shared->list[i].taken, true);
	if (i + 1 < TALLY_COUNT && i >= atomic_load(&shared->used))
		atomic_store(&shared->used, i + 1);
	return &shared->list[i];
}

void tally_release(struct tally *tally)
{
	memset(tally, 0, sizeof(*tally));
}

/* ---- whose cells ---- */

static size_t read_address(const struct sockaddr *address, uint8_t key[8])
{
	const struct sockaddr_in *in = (const void *)address;
	const struct sockaddr_in6 *in6 = (const void *)address;

	if (address->sa_family == AF_INET) {
		memcpy(key, &in->sin_addr, 4);
		return 4;
	}
	if (address->sa_family != AF_INET6)
		return 0;
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		memcpy(key, in6->sin6_addr.s6_addr + 12, 4);
		return 4;
	}
	memcpy(key, &in6->sin6_addr, 8);
	return 8;
}

struct tally_mark tally_mark(const struct tally_board *board, const struct sockaddr *address)
{
	struct tally_mark mark = {0};
	uint8_t key[8];
	size_t length = read_address(address, key);
	uint64_t hash;

	if (!length)
		return mark;
	mark.counted = true;
	hash = siphash(board->secret, key, length);
	for (int row = 0; row < TALLY_ROWS; row++, hash >>= 16)
		mark.cells[row] = hash % TALLY_CELLS;
	return mark;
}

/* ---- one's own ---- */

void tally_come(struct tally *tally, const struct tally_mark *mark)
{
	put(&tally->connections, value_of(&tally->connections) + 1);
	if (!mark->counted)
		return;
	for (int row = 0; row < TALLY_ROWS; row++) {
		tally_cell *cell = &tally->open[row][mark->cells[row]];

		put(cell, value_of(cell) + 1);
	}
}

void tally_go(struct tally *tally, const struct tally_mark *mark)
{
	put(&tally->connections, value_of(&tally->connections) - 1);
	if (!mark->counted)
		return;
	for (int row = 0; row < TALLY_ROWS; row++) {
		tally_cell *cell = &tally->open[row][mark->cells[row]];

		put(cell, value_of(cell) - 1);
	}
}

static uint32_t window_of(int64_t now)
{
	return (uint32_t)(now / TALLY_WINDOW);
}

/* A window begins empty; when one was left out, so does the one before. */
static void turn(struct tally *tally, uint32_t window)
{
	uint32_t passed = window - value_of(&tally->window);

	if (!passed)
		return;
	memset(tally->begun[window % 2], 0, sizeof(tally->begun[0]));
	if (passed > 1)
		memset(tally->begun[!(window % 2)], 0, sizeof(tally->begun[0]));
	put(&tally->window, window);
}

void tally_handshake(struct tally *tally, const struct tally_mark *mark, int64_t now)
{
	uint32_t window = window_of(now);

	if (!mark->counted)
		return;
	turn(tally, window);
	for (int row = 0; row < TALLY_ROWS; row++) {
		tally_cell *cell = &tally->begun[window % 2][row][mark->cells[row]];

		put(cell, value_of(cell) + 1);
	}
}

/* ---- all together ---- */

/* The next one that is taken; NULL: there is no other. */
static const struct tally *next(const struct tally_board *board, const struct tally *tally)
{
	const struct tally *end =
	    board->shared->list + atomic_load_explicit(&board->shared->used, memory_order_relaxed);

	tally = tally ? tally + 1 : board->shared->list;
	while (tally < end && !atomic_load_explicit(&tally->taken, memory_order_relaxed))
		tally++;
	return tally < end ? tally : NULL;
}

static uint32_t least(uint32_t one, uint32_t other)
{
	return one < other ? one : other;
}

uint32_t tally_connections(const struct tally_board *board, const struct tally_mark *mark)
{
	uint32_t sums[TALLY_ROWS] = {0}, found = UINT32_MAX;

	if (!mark->counted)
		return 0;
	for (const struct tally *tally = NULL; (tally = next(board, tally));)
		for (int row = 0; row < TALLY_ROWS; row++)
			sums[row] += value_of(&tally->open[row][mark->cells[row]]);
	for (int row = 0; row < TALLY_ROWS; row++)
		found = least(found, sums[row]);
	return found;
}

/* What is in a window of a tally: nothing if that one has gone on since, or has not
 * got there. */
static uint32_t begun(const struct tally *tally, uint32_t window, int row, uint16_t cell)
{
	uint32_t now = value_of(&tally->window);

	if (window != now && window + 1 != now)
		return 0;
	return value_of(&tally->begun[window % 2][row][cell]);
}

uint32_t tally_handshakes(const struct tally_board *board, const struct tally_mark *mark,
                          int64_t now)
{
	uint64_t before[TALLY_ROWS] = {0}, since[TALLY_ROWS] = {0};
	uint64_t left = TALLY_WINDOW - (uint64_t)(now % TALLY_WINDOW);
	uint32_t window = window_of(now), found = UINT32_MAX;

	if (!mark->counted)
		return 0;
	for (const struct tally *tally = NULL; (tally = next(board, tally));)
		for (int row = 0; row < TALLY_ROWS; row++) {
			before[row] += begun(tally, window - 1, row, mark->cells[row]);
			since[row] += begun(tally, window, row, mark->cells[row]);
		}
	for (int row = 0; row < TALLY_ROWS; row++)
		found = least(found, (uint32_t)(since[row] + before[row] * left / TALLY_WINDOW));
	return found;
}

struct tally_retired tally_retired(const struct tally_board *board)
{
	struct tally_retired sum = {0};

	for (const struct tally *tally = NULL; (tally = next(board, tally));) {
		if (!atomic_load_explicit(&tally->retired, memory_order_relaxed))
			continue;
		sum.connections += value_of(&tally->connections);
		sum.memory += value_of(&tally->memory);
	}
	return sum;
}
