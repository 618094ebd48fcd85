/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "screen_pipe.h"

void require(int truth)
{
	if (!truth)
		abort();
}

void pipe_open(struct pipe *pipe, const struct screen_spec *spec)
{
	memset(pipe->viewed, 0, sizeof(pipe->viewed));
	memset(pipe->length, 0, sizeof(pipe->length));
	pipe->closed = 0;
	pipe->fault = STLS_FAULT_NONE;
	pipe->screen = screen_open(spec);
	require(pipe->screen != NULL);
}

void pipe_close(struct pipe *pipe)
{
	screen_close(pipe->screen);
}

static void send_to(struct pipe *pipe, enum screen_side side, const char *bytes, size_t count)
{
	require(pipe->length[side] + count <= PIPE_ROOM);
	if (count > 0)
		memcpy(pipe->sent[side] + pipe->length[side], bytes, count);
	pipe->length[side] += count;
}

/* The screen gets a copy of just that size, so that a sanitizer sees the end. */
static struct screen_step judge(struct pipe *pipe, enum screen_side from)
{
	size_t count = pipe->viewed[from];
	char *bytes = malloc(count);
	struct screen_step step;

	require(bytes != NULL);
	memcpy(bytes, pipe->view[from], count);
	step = screen_next(pipe->screen, from, bytes, count);
	free(bytes);
	require(step.length <= SCREEN_VIEW && (step.length == 0 || step.with != NULL));
	return step;
}

/* Whether anything moved.  A service never waits for a client. */
static int turn(struct pipe *pipe, enum screen_side from)
{
	struct screen_step step;

	if (pipe->viewed[from] == 0 || pipe->closed)
		return 0;
	step = judge(pipe, from);
	switch (step.move) {
	case SCREEN_HOLD:
		require(from == SCREEN_CLIENT || pipe->viewed[from] < SCREEN_VIEW);
		return 0;
	case SCREEN_PASS: send_to(pipe, !from, pipe->view[from], step.take); break;
	case SCREEN_REPLACE: send_to(pipe, !from, step.with, step.length); break;
	case SCREEN_ANSWER: send_to(pipe, from, step.with, step.length); break;
	case SCREEN_CLOSE:
		send_to(pipe, SCREEN_CLIENT, step.with, step.length);
		require(step.fault != STLS_FAULT_NONE);
		pipe->fault = step.fault;
		pipe->closed = 1;
		return 0;
	}
	require(step.take > 0 && step.take <= pipe->viewed[from]);
	pipe->viewed[from] -= step.take;
	memmove(pipe->view[from], pipe->view[from] + step.take, pipe->viewed[from]);
	return 1;
}

void pipe_say(struct pipe *pipe, enum screen_side from, const void *bytes, size_t count)
{
	require(pipe->viewed[from] + count <= PIPE_ROOM);
	if (count > 0)
		memcpy(pipe->view[from] + pipe->viewed[from], bytes, count);
	pipe->viewed[from] += count;
	/* What the client has said is older than what the service says now. */
	while (turn(pipe, SCREEN_CLIENT) || turn(pipe, SCREEN_SERVICE))
		continue;
}
