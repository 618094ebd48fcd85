/* SPDX-License-Identifier: ISC */
/*
 * starttls connect: upgrade, and then standard input and output are the
 * connection.
 *
 *	end of our input            -> close_notify, when the peer has been silent for
 *	                               a moment; the rest is still heard
 *	close_notify from the peer  -> end of our output; the rest is still said
 *	an end without that         -> it was cut: the exit status tells
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/reach.h"
#include "cli/commands.h"
#include "cli/target.h"
#include "loop/stream.h"
#include "wire/greeting.h"

enum { CONNECT_CLEAN = 0, CONNECT_FAULT = 2 };

/* Servers that read a farewell and hang up reset a connection in which they leave
 * a close_notify unread, and then their last words are lost.  So the end of the
 * input is passed on only when the peer was silent for so long, or after the
 * longer time. */
#define SILENCE_MILLISECONDS 1000
#define PATIENCE_MILLISECONDS 5000

/* Bytes on their way from one place to another. */
struct cargo {
	char bytes[16384];
	size_t head, tail;
	bool ended;  /* nothing more comes in */
	bool passed; /* and that was told */
};

struct connect {
	const struct options *options;
	struct loop *loop;
	struct resolver resolver;
	stls_tls_context *context;
	char own_name[256];
	struct trail trail;
	struct reach reach;
	size_t told; /* of the hosts that were passed over */
	bool up;
	struct stream input, output;
	struct cargo out, in; /* to the peer, and from it */
	struct timer *patience;
	int64_t impatient; /* when the end of the input is passed on at the latest */
	int status;
};

static void stop(struct connect *connect, int status)
{
	connect->status = status;
	loop_stop(connect->loop);
}

/* ---- forwarding; each returns whether it moved anything ---- */

static void be_patient(struct connect *connect)
{
	int64_t left = connect->impatient - loop_clock();

	timer_set(connect->patience,
	          left < SILENCE_MILLISECONDS ? (left > 0 ? left : 0) : SILENCE_MILLISECONDS);
}

static bool take_input(struct connect *connect)
{
	struct cargo *out = &connect->out;
	ptrdiff_t n;

	if (out->ended || out->head < out->tail)
		return false;
	n = stream_read(&connect->input, out->bytes, sizeof(out->bytes));
	if (n == STREAM_WAIT)
		return false;
	out->head = 0;
	out->tail = n > 0 ? (size_t)n : 0;
	out->ended = n <= 0;
	if (out->ended) {
		connect->impatient = loop_clock() + PATIENCE_MILLISECONDS;
		be_patient(connect);
	}
	return true;
}

static void lost(struct connect *connect)
{
	enum stls_fault fault = stls_tls_fault(connect->reach.side.tls);

	if (fault == STLS_FAULT_NONE)
		fault = STLS_FAULT_CUT;
	complain("%s: %s (%s)", connect->trail.service.url, stls_fault_sentence(fault),
	         stls_fault_name(fault));
	stop(connect, CONNECT_FAULT);
}

/* The peer takes nothing any more.  Whether it left in peace is for reading to
 * say. */
static void drop_input(struct cargo *out)
{
	out->ended = out->passed = true;
	out->head = out->tail;
}

static bool give_peer(struct connect *connect)
{
	struct cargo *out = &connect->out;
	ptrdiff_t n;

	if (out->passed || (out->head == out->tail && !out->ended))
		return false;
	if (out->head == out->tail && timer_is_set(connect->patience) && !connect->in.ended)
		return false;
	if (out->head < out->tail) {
		n = side_write(&connect->reach.side, out->bytes + out->head, out->tail - out->head);
		out->head += n > 0 ? (size_t)n : 0;
	} else {
		n = side_finish(&connect->reach.side);
		out->passed = n == 0;
	}
	if (n == SIDE_CUT)
		drop_input(out);
	return n != SIDE_WAIT;
}

static bool take_peer(struct connect *connect)
{
	struct cargo *in = &connect->in;
	ptrdiff_t n;

	if (in->ended || in->head < in->tail)
		return false;
	n = side_read(&connect->reach.side, in->bytes, sizeof(in->bytes));
	if (n == SIDE_WAIT)
		return false;
	in->head = 0;
	in->tail = n > 0 ? (size_t)n : 0;
	in->ended = n == SIDE_CLOSED;
	if (timer_is_set(connect->patience))
		be_patient(connect);
	if (n == SIDE_CUT)
		lost(connect);
	return n != SIDE_CUT;
}

static bool give_output(struct connect *connect)
{
	struct cargo *in = &connect->in;
	ptrdiff_t n;

	if (in->head == in->tail) {
		if (!in->ended || in->passed)
			return false;
		stream_finish(&connect->output);
		in->passed = true;
		return true;
	}
	n = stream_write(&connect->output, in->bytes + in->head, in->tail - in->head);
	if (n == STREAM_WAIT)
		return false;
	if (n < 0) {
		complain("nobody reads the output any more");
		stop(connect, CONNECT_FAULT);
		return false;
	}
	in->head += (size_t)n;
	return true;
}

/* A person who is told that the other side has left need not close the input. */
static bool is_over(const struct connect *connect)
{
	return connect->in.passed && (connect->out.passed || stream_is_terminal(&connect->input));
}

static void forward(struct connect *connect)
{
	bool moved = true;

	while (moved && connect->status < 0) {
		moved = take_peer(connect);
		moved = (connect->status < 0 && give_output(connect)) || moved;
		moved = (connect->status < 0 && take_input(connect)) || moved;
		moved = (connect->status < 0 && give_peer(connect)) || moved;
	}
	if (connect->status < 0 && is_over(connect))
		stop(connect, CONNECT_CLEAN);
}

static void on_event(void *owner)
{
	forward(owner);
}

/* ---- the beginning ---- */

static const char *advice(const struct connect *connect, enum stls_fault fault)
{
	const struct stls_host *host = connect->trail.host;

	if (fault == STLS_FAULT_UNTRUSTED)
		return "; --ca-file FILE names an authority";
	if (fault == STLS_FAULT_MISMATCH && host != NULL && !host->proven)
		return "; if the host is right, --accept HOST makes its own name count";
	return "";
}

static void report_fault(const struct connect *connect, const char *what, enum stls_fault fault,
                         const char *detail)
{
	char escaped[512];

	tape_escape(escaped, sizeof(escaped), detail, strlen(detail));
	complain("%s: %s%s%s%s (%s)", what, stls_fault_sentence(fault),
	         escaped[0] != '\0' ? ": " : "", escaped, advice(connect, fault),
	         stls_fault_name(fault));
}

/* A server says its greeting once, before TLS, and that one is forgotten: who
 * begins behind the upgrade may need another. */
static void greet(struct connect *connect)
{
	const struct service *service = &connect->trail.service;

	if (connect->options->greeting && service->layer != STLS_IMPLICIT)
		connect->in.tail = wire_greeting(service->protocol, service->address.host, NULL,
		                                 connect->in.bytes, sizeof(connect->in.bytes));
}

static bool open_streams(struct connect *connect)
{
	connect->patience = timer_open(connect->loop, on_event, connect);
	if (connect->patience != NULL &&
	    stream_open(&connect->input, connect->loop, STDIN_FILENO, on_event, connect) == 0 &&
	    stream_open(&connect->output, connect->loop, STDOUT_FILENO, on_event, connect) == 0)
		return true;
	complain("standard input or output cannot be waited for");
	stop(connect, CONNECT_FAULT);
	return false;
}

/* With the service of a domain there may be another host. */
static void failed(struct connect *connect)
{
	const struct reach *reach = &connect->reach;

	report_fault(connect, connect->trail.service.url, reach->fault, reach->detail);
	connect->told = connect->trail.passed_count + 1;
	if (trail_has_more(&connect->trail))
		trail_next(&connect->trail, reach->fault, reach->detail);
	else
		stop(connect, CONNECT_FAULT);
}

static void on_woken(void *owner)
{
	struct connect *connect = owner;

	if (connect->status >= 0)
		return;
	if (connect->reach.state == REACH_FAILED) {
		failed(connect);
		return;
	}
	if (!connect->up) {
		connect->up = true;
		if (!open_streams(connect))
			return;
		greet(connect);
	}
	forward(connect);
}

static stls_tls_context *make_context(const struct options *options)
{
	struct stls_tls_settings settings = {
	    .size = sizeof(settings), .role = STLS_CLIENT, .ca_file = options->ca_file};
	struct stls_tls_error error;
	stls_tls_context *context = stls_tls_context_new(&settings, &error);

	if (context == NULL)
		complain("%s", error.text);
	return context;
}

static enum stls_trust trust(const struct connect *connect)
{
	if (connect->options->no_verify)
		return STLS_TRUST_ANY;
	return connect->trail.dane_counts ? STLS_TRUST_DANE : STLS_TRUST_PKIX;
}

/* Hosts that were not even tried. */
static void report_passed(struct connect *connect)
{
	const struct trail *trail = &connect->trail;

	while (connect->told < trail->passed_count) {
		const struct trail_passed *passed = &trail->passed[connect->told++];

		report_fault(connect, passed->host, passed->fault, passed->detail);
	}
}

static void on_ready(void *owner)
{
	struct connect *connect = owner;
	const struct options *options = connect->options;
	struct trail *trail = &connect->trail;
	struct reach_plan plan = {
	    .loop = connect->loop,
	    .service = &trail->service,
	    .names = &trail->names,
	    .context = connect->context,
	    .trust = trust(connect),
	    .host = trail->host,
	    .dns = connect->resolver.dns,
	    .ask = STLS_MUST,
	    .our_name = options->name != NULL
	                    ? options->name
	                    : options_own_name(connect->own_name, sizeof(connect->own_name)),
	    .milliseconds = trail_milliseconds(trail),
	    .woken = on_woken,
	    .owner = connect,
	};

	report_passed(connect);
	if (!trail->over) {
		reach_end(&connect->reach);
		reach_begin(&connect->reach, &plan);
		return;
	}
	if (trail->passed_count == 0)
		report_fault(connect, connect->options->words[0], trail->fault, trail->detail);
	stop(connect, CONNECT_FAULT);
}

static void run(struct connect *connect)
{
	struct trail_plan plan =
	    target_plan(connect->options, 0, connect->loop, &connect->resolver);

	plan.ready = on_ready;
	plan.owner = connect;
	if (connect->options->no_verify)
		complain("the server is NOT verified: whoever sits on the wire can read along");
	trail_begin(&connect->trail, &plan);
	if (connect->status < 0)
		loop_run(connect->loop);
	if (connect->up) {
		stream_close(&connect->input);
		stream_close(&connect->output);
	}
	timer_close(connect->patience);
	reach_end(&connect->reach);
	trail_end(&connect->trail);
}

static int begin(struct connect *connect)
{
	connect->loop = loop_create();
	if (connect->loop == NULL ||
	    !target_resolver(&connect->resolver, connect->loop, connect->options))
		return EXIT_USAGE;
	run(connect);
	return connect->status >= 0 ? connect->status : CONNECT_FAULT;
}

int command_connect(const struct options *options)
{
	struct connect *connect = calloc(1, sizeof(*connect)); /* too big for a stack */
	stls_tls_context *context = make_context(options);
	int status = EXIT_USAGE;

	if (connect != NULL && context != NULL) {
		*connect = (struct connect){.options = options,
		                            .context = context,
		                            .reach = {.side = SIDE_NONE},
		                            .status = -1};
		status = begin(connect);
		resolver_close(&connect->resolver);
		loop_free(connect->loop);
	}
	stls_tls_context_free(context);
	free(connect);
	return status;
}
