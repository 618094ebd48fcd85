/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "screen_replay.h"

#define ROOM 65536

struct flow {
	char view[2][ROOM]; /* what came from either side and is not judged yet */
	size_t viewed[2];
	char sent[2][ROOM]; /* what was sent to either side */
	size_t length[2];
	enum stls_fault fault;
	int closed;
};

static void send_to(struct flow *flow, enum screen_side side, const char *bytes, size_t count)
{
	assert_true(flow->length[side] + count < ROOM);
	memcpy(flow->sent[side] + flow->length[side], bytes, count);
	flow->length[side] += count;
}

static void drop(struct flow *flow, enum screen_side from, size_t count)
{
	assert_true(count <= flow->viewed[from]);
	flow->viewed[from] -= count;
	memmove(flow->view[from], flow->view[from] + count, flow->viewed[from]);
}

/* One judgement: whether anything moved. */
static int judge(struct flow *flow, struct screen *screen, enum screen_side from)
{
	struct screen_step step = screen_next(screen, from, flow->view[from], flow->viewed[from]);

	switch (step.move) {
	case SCREEN_HOLD: return 0;
	case SCREEN_PASS:
		assert_true(step.take > 0);
		send_to(flow, !from, flow->view[from], step.take);
		break;
	case SCREEN_REPLACE: send_to(flow, !from, step.with, step.length); break;
	case SCREEN_ANSWER: send_to(flow, from, step.with, step.length); break;
	case SCREEN_CLOSE:
		send_to(flow, SCREEN_CLIENT, step.with, step.length);
		flow->fault = step.fault;
		flow->closed = 1;
		return 0;
	}
	assert_true(step.take > 0);
	drop(flow, from, step.take);
	return 1;
}

static void settle(struct flow *flow, struct screen *screen)
{
	int moved = 1;

	while (moved && !flow->closed) {
		moved = 0;
		for (int from = SCREEN_CLIENT; from <= SCREEN_SERVICE; from++)
			while (!flow->closed && flow->viewed[from] > 0 &&
			       judge(flow, screen, (enum screen_side)from))
				moved = 1;
	}
}

static void say(struct flow *flow, struct screen *screen, const struct screen_said *said,
                size_t piece)
{
	enum screen_side from = said->by == 'C' ? SCREEN_CLIENT : SCREEN_SERVICE;
	size_t left = strlen(said->bytes);

	for (const char *at = said->bytes; left > 0 && !flow->closed;) {
		size_t count = left < piece ? left : piece;

		assert_true(flow->viewed[from] + count < ROOM);
		memcpy(flow->view[from] + flow->viewed[from], at, count);
		flow->viewed[from] += count;
		at += count;
		left -= count;
		settle(flow, screen);
	}
}

static void check(const struct screen_case *one, const struct flow *flow, int over, size_t piece)
{
	if (strcmp(flow->sent[SCREEN_SERVICE], one->to_service) != 0 ||
	    strcmp(flow->sent[SCREEN_CLIENT], one->to_client) != 0 || flow->fault != one->fault ||
	    over != one->over)
		fail_msg("%s, %zu bytes at a time: the service got\n[%s]\nnot\n[%s]\n"
		         "the client got\n[%s]\nnot\n[%s]\nfault %s, over %d",
		         one->name, piece, flow->sent[SCREEN_SERVICE], one->to_service,
		         flow->sent[SCREEN_CLIENT], one->to_client, stls_fault_name(flow->fault),
		         over);
}

static void play(const struct screen_case *one, size_t piece)
{
	static struct flow flow;
	const struct screen_spec spec = {.protocol = one->protocol, .tls = one->tls};
	struct screen *screen = screen_open(&spec);

	assert_non_null(screen);
	memset(&flow, 0, sizeof(flow));
	for (const struct screen_said *said = one->said; said->by != 0; said++)
		say(&flow, screen, said, piece);
	check(one, &flow, screen_over(screen), piece);
	screen_close(screen);
}

void screen_replay(const struct screen_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t piece = 1; piece < 40; piece++)
			play(&cases[i], piece);
		play(&cases[i], ROOM);
	}
}
