/* SPDX-License-Identifier: ISC */
#include "policy/srv.h"

/* xorshift64*: a new number from the one before; nobody needs to be surprised by it. */
static uint64_t draw(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * UINT64_C(2685821657736338717);
}

static int compare(const struct srv_target *one, const struct srv_target *other,
                   bool first_implicit)
{
	if (first_implicit && one->implicit != other->implicit)
		return one->implicit ? -1 : 1;
	if (one->srv.priority != other->srv.priority)
		return one->srv.priority < other->srv.priority ? -1 : 1;
	if (one->implicit != other->implicit)
		return one->implicit ? -1 : 1;
	return 0;
}

static void move(struct srv_target *targets, size_t from, size_t to)
{
	struct srv_target moved = targets[from];

	for (; from > to; from--)
		targets[from] = targets[from - 1];
	targets[to] = moved;
}

static void sort(struct srv_target *targets, size_t count, bool first_implicit)
{
	for (size_t i = 1; i < count; i++) {
		size_t to = i;

		while (to > 0 && compare(&targets[i], &targets[to - 1], first_implicit) < 0)
			to--;
		move(targets, i, to);
	}
}

/* "Those with weight 0 are placed at the beginning ... select a uniform random number
 * between 0 and the sum, and the first whose running sum is not smaller." */
static size_t pick(const struct srv_target *targets, size_t count, uint64_t *state)
{
	uint64_t sum = 0, limit;

	for (size_t i = 0; i < count; i++)
		sum += targets[i].srv.weight;
	limit = (draw(state) >> 16) % (sum + 1);
	sum = 0;
	for (size_t i = 0; i < count; i++) {
		sum += targets[i].srv.weight;
		if (sum >= limit)
			return i;
	}
	return 0;
}

static void shuffle(struct srv_target *targets, size_t count, uint64_t *state)
{
	size_t front = 0;

	for (size_t i = 0; i < count; i++)
		if (targets[i].srv.weight == 0)
			move(targets, i, front++);
	for (size_t i = 0; i + 1 < count; i++)
		move(targets, i + pick(targets + i, count - i, state), i);
}

void srv_order(struct srv_target *targets, size_t count, uint64_t random, bool first_implicit)
{
	uint64_t state = random ? random : 1;
	size_t start = 0;

	sort(targets, count, first_implicit);
	while (start < count) {
		size_t end = start + 1;

		while (end < count && compare(&targets[start], &targets[end], first_implicit) == 0)
			end++;
		shuffle(targets + start, end - start, &state);
		start = end;
	}
}
