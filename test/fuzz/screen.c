/* SPDX-License-Identifier: ISC */
/*
 * Screens between a client and a service that say anything at all: every screen
 * gets on, keeps to what a gateway can do, and does the same however what is said
 * is cut up.
 *
 * The first octet chooses protocol and circumstances; then client and service take
 * turns, and 0xfe is between them.
 */
#include <string.h>

#include "screen_pipe.h"

#define TURN 0xfe

static struct screen_spec read_spec(uint8_t choice)
{
	return (struct screen_spec){.protocol = (enum stls_protocol)(STLS_SMTP + choice % 8),
	                            .tls = choice >> 3 & 1,
	                            .greets = choice >> 4 & 1,
	                            .chunks = choice >> 5 & 1};
}

static void play(struct pipe *pipe, const uint8_t *data, size_t size, size_t piece)
{
	const struct screen_spec spec = read_spec(data[0]);
	enum screen_side side = SCREEN_CLIENT;
	const uint8_t *end = data + size;

	pipe_open(pipe, &spec);
	for (data++; data < end && !pipe->closed;) {
		const uint8_t *turn = memchr(data, TURN, (size_t)(end - data));
		size_t count = (size_t)((turn ? turn : end) - data);

		if (count == 0) {
			side = !side;
			data++;
			continue;
		}
		count = count < piece ? count : piece;
		pipe_say(pipe, side, data, count);
		data += count;
	}
}

static void same(const struct pipe *a, const struct pipe *b)
{
	require(a->closed == b->closed && a->fault == b->fault);
	require(screen_over(a->screen) == screen_over(b->screen));
	for (int side = SCREEN_CLIENT; side <= SCREEN_SERVICE; side++) {
		require(a->length[side] == b->length[side]);
		require(memcmp(a->sent[side], b->sent[side], a->length[side]) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pipe whole, pieces;

	if (size == 0 || size > 8192)
		return 0;
	play(&whole, data, size, size);
	play(&pieces, data, size, 1 + data[0] % 3);
	same(&whole, &pieces);
	pipe_close(&whole);
	pipe_close(&pieces);
	return 0;
}
