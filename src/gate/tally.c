/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "gate/siphash.h"
#include "gate/tally.h"

/* No order is promised between one number and another. */
static uint32_t read(const tally_cell *cell)
{
	return atomic_load_explicit(cell, memory_order_relaxed);
}

/* There is one writer, so nothing can come between. */
static void write(tally_cell *cell, uint32_t n)
{
	atomic_store_explicit(cell, n, memory_order_relaxed);
}

struct tally *tally_take(struct tally_board *board)
{
	size_t i = 0;

	while (i + 1 < board->count && atomic_load(&board->list[i].taken))
		i++;
	atomic_store(&board->list[i].taken, true);
	return &board->list[i];
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
	write(&tally->connections, read(&tally->connections) + 1);
	if (!mark->counted)
		return;
	for (int row = 0; row < TALLY_ROWS; row++) {
		tally_cell *cell = &tally->open[row][mark->cells[row]];

		write(cell, read(cell) + 1);
	}
}

void tally_go(struct tally *tally, const struct tally_mark *mark)
{
	write(&tally->connections, read(&tally->connections) - 1);
	if (!mark->counted)
		return;
	for (int row = 0; row < TALLY_ROWS; row++) {
		tally_cell *cell = &tally->open[row][mark->cells[row]];

		write(cell, read(cell) - 1);
	}
}

static uint32_t window_of(int64_t now)
{
	return (uint32_t)(now / TALLY_WINDOW);
}

/* A window begins empty; when one was left out, so does the one before. */
static void turn(struct tally *tally, uint32_t window)
{
	uint32_t passed = window - read(&tally->window);

	if (!passed)
		return;
	memset(tally->begun[window % 2], 0, sizeof(tally->begun[0]));
	if (passed > 1)
		memset(tally->begun[!(window % 2)], 0, sizeof(tally->begun[0]));
	write(&tally->window, window);
}

void tally_handshake(struct tally *tally, const struct tally_mark *mark, int64_t now)
{
	uint32_t window = window_of(now);

	if (!mark->counted)
		return;
	turn(tally, window);
	for (int row = 0; row < TALLY_ROWS; row++) {
		tally_cell *cell = &tally->begun[window % 2][row][mark->cells[row]];

		write(cell, read(cell) + 1);
	}
}

/* ---- all together ---- */

static bool is_told(const struct tally *tally)
{
	return atomic_load_explicit(&tally->taken, memory_order_relaxed);
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
	for (const struct tally *tally = board->list; tally + 1 < board->list + board->count;
	     tally++)
		for (int row = 0; is_told(tally) && row < TALLY_ROWS; row++)
			sums[row] += read(&tally->open[row][mark->cells[row]]);
	for (int row = 0; row < TALLY_ROWS; row++)
		found = least(found, sums[row]);
	return found;
}

/* What is in a window of a tally: nothing if that one has gone on since, or has not
 * got there. */
static uint32_t begun(const struct tally *tally, uint32_t window, int row, uint16_t cell)
{
	uint32_t now = read(&tally->window);

	if (window != now && window + 1 != now)
		return 0;
	return read(&tally->begun[window % 2][row][cell]);
}

uint32_t tally_handshakes(const struct tally_board *board, const struct tally_mark *mark,
                          int64_t now)
{
	uint32_t window = window_of(now), found = UINT32_MAX;
	uint64_t left = TALLY_WINDOW - (uint64_t)(now % TALLY_WINDOW);

	if (!mark->counted)
		return 0;
	for (int row = 0; row < TALLY_ROWS; row++) {
		uint64_t before = 0, since = 0;

		for (size_t i = 0; i + 1 < board->count; i++) {
			if (!is_told(&board->list[i]))
				continue;
			before += begun(&board->list[i], window - 1, row, mark->cells[row]);
			since += begun(&board->list[i], window, row, mark->cells[row]);
		}
		found = least(found, (uint32_t)(since + before * left / TALLY_WINDOW));
	}
	return found;
}

struct tally_retired tally_retired(const struct tally_board *board)
{
	struct tally_retired sum = {0};

	for (size_t i = 0; i + 1 < board->count; i++) {
		const struct tally *tally = &board->list[i];

		if (!is_told(tally) || !atomic_load_explicit(&tally->retired, memory_order_relaxed))
			continue;
		sum.connections += read(&tally->connections);
		sum.memory += read(&tally->memory);
	}
	return sum;
}
