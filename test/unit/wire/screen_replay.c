/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../fuzz/screen_pipe.h"
#include "screen_replay.h"

#define PIECES 40 /* sizes of pieces that are tried, besides the whole */

/* How what is said is cut up. */
struct cut {
	size_t piece; /* the size of the pieces */
	size_t at;    /* or: the one position where there is a cut, counted over all */
};

static void copy(char *to, const char *from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i] = from[i] == SCREEN_NUL[0] ? '\0' : from[i];
}

static size_t next_piece(struct cut cut, size_t said, size_t left)
{
	if (cut.piece > 0)
		return left < cut.piece ? left : cut.piece;
	return said < cut.at && cut.at - said < left ? cut.at - said : left;
}

static void say(struct pipe *pipe, const struct screen_said *said, struct cut cut, size_t before)
{
	enum screen_side from = said->by == 'C' ? SCREEN_CLIENT : SCREEN_SERVICE;
	size_t length = strlen(said->bytes), done = 0;
	static char bytes[PIPE_ROOM];

	assert_true(length <= PIPE_ROOM);
	copy(bytes, said->bytes, length);
	while (done < length && !pipe->closed) {
		size_t count = next_piece(cut, before + done, length - done);

		pipe_say(pipe, from, bytes + done, count);
		done += count;
	}
}

static int got(const struct pipe *pipe, enum screen_side side, const char *wanted)
{
	static char bytes[PIPE_ROOM];
	size_t length = strlen(wanted);

	assert_true(length <= PIPE_ROOM);
	copy(bytes, wanted, length);
	return pipe->length[side] == length && memcmp(pipe->sent[side], bytes, length) == 0;
}

static int shown(const struct pipe *pipe, enum screen_side side)
{
	return pipe->length[side] < 3000 ? (int)pipe->length[side] : 3000;
}

static void check(const struct screen_case *one, const struct pipe *pipe, struct cut cut)
{
	if (!got(pipe, SCREEN_SERVICE, one->to_service) ||
	    !got(pipe, SCREEN_CLIENT, one->to_client) || pipe->fault != one->fault ||
	    screen_over(pipe->screen) != one->over)
		fail_msg("%s (%zu bytes at a time, cut at %zu): the service got\n[%.*s]\nnot\n"
		         "[%.3000s]\nthe client got\n[%.*s]\nnot\n[%.3000s]\nfault %s, over %d",
		         one->name, cut.piece, cut.at, shown(pipe, SCREEN_SERVICE),
		         pipe->sent[SCREEN_SERVICE], one->to_service, shown(pipe, SCREEN_CLIENT),
		         pipe->sent[SCREEN_CLIENT], one->to_client, stls_fault_name(pipe->fault),
		         screen_over(pipe->screen));
}

/* Returns how many bytes are said in all. */
static size_t play(const struct screen_case *one, struct cut cut)
{
	static struct pipe pipe;
	const struct screen_spec spec = {.protocol = one->protocol,
	                                 .tls = one->tls,
	                                 .greets = one->greets,
	                                 .chunks = one->chunks};
	size_t said = 0;

	pipe_open(&pipe, &spec);
	for (const struct screen_said *what = one->said; what->by != 0; what++) {
		say(&pipe, what, cut, said);
		said += strlen(what->bytes);
	}
	check(one, &pipe, cut);
	pipe_close(&pipe);
	return said;
}

void screen_replay(const struct screen_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t said = play(&cases[i], (struct cut){.piece = PIPE_ROOM});

		for (size_t piece = 1; piece < PIECES; piece++)
			play(&cases[i], (struct cut){.piece = piece});
		for (size_t at = 1; at < said; at++)
			play(&cases[i], (struct cut){.at = at});
	}
}
