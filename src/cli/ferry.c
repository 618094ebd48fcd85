/* SPDX-License-Identifier: ISC */
#include <unistd.h>

#include "cli/ferry.h"
#include "cli/options.h"

/* Servers that read a farewell and hang up reset a connection in which they leave
 * a close_notify unread, and then their last words are lost.  So the end of the
 * input is passed on only when the peer was silent for so long, or after the
 * longer time. */
#define SILENCE_MILLISECONDS 1000
#define PATIENCE_MILLISECONDS 5000

static void stop(struct ferry *ferry, int status)
{
	ferry->status = status;
	loop_stop(ferry->loop);
}

/* ---- each returns whether it moved anything ---- */

static void be_patient(struct ferry *ferry)
{
	int64_t left = ferry->impatient - loop_clock();

	timer_set(ferry->patience,
	          left < SILENCE_MILLISECONDS ? (left > 0 ? left : 0) : SILENCE_MILLISECONDS);
}

static bool take_input(struct ferry *ferry)
{
	struct cargo *out = &ferry->out;
	ptrdiff_t n;

	if (out->ended || out->head < out->tail)
		return false;
	n = stream_read(&ferry->input, out->bytes, sizeof(out->bytes));
	if (n == STREAM_WAIT)
		return false;
	out->head = 0;
	out->tail = n > 0 ? (size_t)n : 0;
	out->ended = n <= 0;
	if (out->ended) {
		ferry->impatient = loop_clock() + PATIENCE_MILLISECONDS;
		be_patient(ferry);
	}
	return true;
}

static void lost(struct ferry *ferry)
{
	enum stls_fault fault = stls_tls_fault(ferry->side->tls);

	if (fault == STLS_FAULT_NONE)
		fault = STLS_FAULT_CUT;
	complain("%s: %s (%s)", ferry->url, stls_fault_sentence(fault), stls_fault_name(fault));
	stop(ferry, FERRY_FAULT);
}

/* The peer takes nothing any more.  Whether it left in peace is for reading to
 * say. */
static void drop_input(struct cargo *out)
{
	out->ended = out->passed = true;
	out->head = out->tail;
}

static bool give_peer(struct ferry *ferry)
{
	struct cargo *out = &ferry->out;
	ptrdiff_t n;

	if (out->passed || (out->head == out->tail && !out->ended))
		return false;
	if (out->head == out->tail && timer_is_set(ferry->patience) && !ferry->in.ended)
		return false;
	if (out->head < out->tail) {
		n = side_write(ferry->side, out->bytes + out->head, out->tail - out->head);
		out->head += n > 0 ? (size_t)n : 0;
	} else {
		n = side_finish(ferry->side);
		out->passed = n == 0;
	}
	if (n == SIDE_CUT)
		drop_input(out);
	return n != SIDE_WAIT;
}

static bool take_peer(struct ferry *ferry)
{
	struct cargo *in = &ferry->in;
	ptrdiff_t n;

	if (in->ended || in->head < in->tail)
		return false;
	n = side_read(ferry->side, in->bytes, sizeof(in->bytes));
	if (n == SIDE_WAIT)
		return false;
	in->head = 0;
	in->tail = n > 0 ? (size_t)n : 0;
	in->ended = n == SIDE_CLOSED;
	if (timer_is_set(ferry->patience))
		be_patient(ferry);
	if (n == SIDE_CUT)
		lost(ferry);
	return n != SIDE_CUT;
}

static bool give_output(struct ferry *ferry)
{
	struct cargo *in = &ferry->in;
	ptrdiff_t n;

	if (in->head == in->tail) {
		if (!in->ended || in->passed)
			return false;
		stream_finish(&ferry->output);
		in->passed = true;
		return true;
	}
	n = stream_write(&ferry->output, in->bytes + in->head, in->tail - in->head);
	if (n == STREAM_WAIT)
		return false;
	if (n < 0) {
		complain("nobody reads the output any more");
		stop(ferry, FERRY_FAULT);
		return false;
	}
	in->head += (size_t)n;
	return true;
}

/* A person who is told that the other side has left need not close the input. */
static bool is_over(const struct ferry *ferry)
{
	return ferry->in.passed && (ferry->out.passed || stream_is_terminal(&ferry->input));
}

void ferry_move(struct ferry *ferry)
{
	bool moved = true;

	while (moved && ferry->status < 0) {
		moved = take_peer(ferry);
		moved = (ferry->status < 0 && give_output(ferry)) || moved;
		moved = (ferry->status < 0 && take_input(ferry)) || moved;
		moved = (ferry->status < 0 && give_peer(ferry)) || moved;
	}
	if (ferry->status < 0 && is_over(ferry))
		stop(ferry, FERRY_CLEAN);
}

static void on_event(void *owner)
{
	ferry_move(owner);
}

bool ferry_begin(struct ferry *ferry, struct loop *loop, struct side *side, const char *url)
{
	ferry->loop = loop;
	ferry->side = side;
	ferry->url = url;
	ferry->status = FERRY_UNDER_WAY;
	ferry->patience = timer_open(loop, on_event, ferry);
	ferry->begun = ferry->patience != NULL &&
	               stream_open(&ferry->input, loop, STDIN_FILENO, on_event, ferry) == 0;
	if (ferry->begun && stream_open(&ferry->output, loop, STDOUT_FILENO, on_event, ferry) == 0)
		return true;
	complain("standard input or output cannot be waited for");
	return false;
}

void ferry_end(struct ferry *ferry)
{
	if (ferry->begun) {
		stream_close(&ferry->input);
		stream_close(&ferry->output);
	}
	timer_close(ferry->patience);
	ferry->patience = NULL;
}
