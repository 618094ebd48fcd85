/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "screen_replay.h"

#define ROOM 65536
#define PIECES 40 /* sizes of pieces that are tried, besides the whole */

struct flow {
	struct screen *screen;
	char view[2][ROOM]; /* what came from either side and is not judged yet */
	size_t viewed[2];
	char sent[2][ROOM]; /* what was sent to either side */
	size_t length[2];
	enum stls_fault fault;
	int closed;
};

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

static void send_to(struct flow *flow, enum screen_side side, const char *bytes, size_t count)
{
	assert_true(flow->length[side] + count < ROOM);
	memcpy(flow->sent[side] + flow->length[side], bytes, count);
	flow->length[side] += count;
}

static void drop(struct flow *flow, enum screen_side from, size_t count)
{
	assert_true(count > 0 && count <= flow->viewed[from]);
	flow->viewed[from] -= count;
	memmove(flow->view[from], flow->view[from] + count, flow->viewed[from]);
}

/* One judgement: whether anything moved. */
static int judge(struct flow *flow, enum screen_side from)
{
	struct screen_step step =
	    screen_next(flow->screen, from, flow->view[from], flow->viewed[from]);

	switch (step.move) {
	case SCREEN_HOLD: return 0;
	case SCREEN_PASS: send_to(flow, !from, flow->view[from], step.take); break;
	case SCREEN_REPLACE: send_to(flow, !from, step.with, step.length); break;
	case SCREEN_ANSWER: send_to(flow, from, step.with, step.length); break;
	case SCREEN_CLOSE:
		send_to(flow, SCREEN_CLIENT, step.with, step.length);
		flow->fault = step.fault;
		flow->closed = 1;
		return 0;
	}
	drop(flow, from, step.take);
	return 1;
}

static void settle(struct flow *flow)
{
	int moved = 1;

	while (moved && !flow->closed) {
		moved = 0;
		for (int from = SCREEN_CLIENT; from <= SCREEN_SERVICE; from++)
			while (!flow->closed && flow->viewed[from] > 0 &&
			       judge(flow, (enum screen_side)from))
				moved = 1;
	}
}

static size_t next_piece(struct cut cut, size_t said, size_t left)
{
	if (cut.piece > 0)
		return left < cut.piece ? left : cut.piece;
	return said < cut.at && cut.at - said < left ? cut.at - said : left;
}

static void say(struct flow *flow, const struct screen_said *said, struct cut cut, size_t before)
{
	enum screen_side from = said->by == 'C' ? SCREEN_CLIENT : SCREEN_SERVICE;
	size_t length = strlen(said->bytes), done = 0;

	while (done < length && !flow->closed) {
		size_t count = next_piece(cut, before + done, length - done);

		assert_true(flow->viewed[from] + count < ROOM);
		copy(flow->view[from] + flow->viewed[from], said->bytes + done, count);
		flow->viewed[from] += count;
		done += count;
		settle(flow);
	}
}

static int got(const struct flow *flow, enum screen_side side, const char *wanted)
{
	static char bytes[ROOM];
	size_t length = strlen(wanted);

	copy(bytes, wanted, length);
	return flow->length[side] == length && memcmp(flow->sent[side], bytes, length) == 0;
}

static void check(const struct screen_case *one, const struct flow *flow, struct cut cut)
{
	if (!got(flow, SCREEN_SERVICE, one->to_service) ||
	    !got(flow, SCREEN_CLIENT, one->to_client) || flow->fault != one->fault ||
	    screen_over(flow->screen) != one->over)
		fail_msg("%s (%zu bytes at a time, cut at %zu): the service got\n[%.3000s]\nnot\n"
		         "[%.3000s]\nthe client got\n[%.3000s]\nnot\n[%.3000s]\nfault %s, over %d",
		         one->name, cut.piece, cut.at, flow->sent[SCREEN_SERVICE], one->to_service,
		         flow->sent[SCREEN_CLIENT], one->to_client, stls_fault_name(flow->fault),
		         screen_over(flow->screen));
}

/* Returns how many bytes are said in all. */
static size_t play(const struct screen_case *one, struct cut cut)
{
	static struct flow flow;
	const struct screen_spec spec = {.protocol = one->protocol,
	                                 .tls = one->tls,
	                                 .greets = one->greets,
	                                 .chunks = one->chunks};
	size_t said = 0;

	memset(flow.viewed, 0, sizeof(flow.viewed));
	memset(flow.length, 0, sizeof(flow.length));
	flow.fault = STLS_FAULT_NONE;
	flow.closed = 0;
	flow.screen = screen_open(&spec);
	assert_non_null(flow.screen);
	for (const struct screen_said *what = one->said; what->by != 0; what++) {
		say(&flow, what, cut, said);
		said += strlen(what->bytes);
	}
	flow.sent[SCREEN_CLIENT][flow.length[SCREEN_CLIENT]] = '\0';
	flow.sent[SCREEN_SERVICE][flow.length[SCREEN_SERVICE]] = '\0';
	check(one, &flow, cut);
	screen_close(flow.screen);
	return said;
}

void screen_replay(const struct screen_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t said = play(&cases[i], (struct cut){.piece = ROOM});

		for (size_t piece = 1; piece < PIECES; piece++)
			play(&cases[i], (struct cut){.piece = piece});
		for (size_t at = 1; at < said; at++)
			play(&cases[i], (struct cut){.at = at});
	}
}
