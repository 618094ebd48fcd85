/* SPDX-License-Identifier: ISC */
/* starttls connect: upgrade, and then standard input and output are the connection. */
#include <stdlib.h>
#include <string.h>

#include "check/reach.h"
#include "cli/commands.h"
#include "cli/ferry.h"
#include "cli/target.h"
#include "wire/greeting.h"

struct connect {
	const struct options *options;
	struct loop *loop;
	struct resolver resolver;
	stls_tls_context *context;
	char own_name[256];
	struct trail trail;
	struct reach reach;
	struct ferry ferry;
	size_t told;  /* of the hosts that were passed over */
	bool between; /* two hosts */
	bool up, failed;
};

static void give_up(struct connect *connect)
{
	connect->failed = true;
	loop_stop(connect->loop);
}

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
	complain("%s: %s%s%s%s (%s)", what, stls_fault_sentence(fault),
	         detail[0] != '\0' ? ": " : "", detail, advice(connect, fault),
	         stls_fault_name(fault));
}

/* A server says its greeting once, before TLS, and that one is forgotten: who
 * begins behind the upgrade may need another. */
static void greet(struct connect *connect)
{
	const struct service *service = &connect->trail.service;

	if (connect->options->greeting && service->layer != STLS_IMPLICIT)
		connect->ferry.in.tail =
		    wire_greeting(service->protocol, service->address.host, NULL,
		                  connect->ferry.in.bytes, sizeof(connect->ferry.in.bytes));
}

/* With the service of a domain there may be another host. */
static void failed(struct connect *connect)
{
	const struct reach *reach = &connect->reach;

	report_fault(connect, connect->trail.service.url, reach->fault, reach->detail);
	connect->told = connect->trail.passed_count + 1;
	connect->between = trail_has_more(&connect->trail);
	if (connect->between)
		trail_next(&connect->trail, reach->fault, reach->detail);
	else
		give_up(connect);
}

static void on_woken(void *owner)
{
	struct connect *connect = owner;

	if (connect->between || connect->failed)
		return;
	if (connect->reach.state == REACH_FAILED) {
		failed(connect);
		return;
	}
	if (!connect->up) {
		connect->up = true;
		greet(connect);
		connect->failed = !ferry_begin(&connect->ferry, connect->loop, &connect->reach.side,
		                               connect->trail.service.url);
		if (connect->failed) {
			give_up(connect);
			return;
		}
	}
	ferry_move(&connect->ferry);
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
	connect->between = false;
	if (!trail->over) {
		reach_end(&connect->reach);
		reach_begin(&connect->reach, &plan);
		return;
	}
	if (trail->passed_count == 0)
		report_fault(connect, connect->options->words[0], trail->fault, trail->detail);
	give_up(connect);
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
	if (!connect->failed)
		loop_run(connect->loop);
	ferry_end(&connect->ferry);
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
	return connect->up && !connect->failed && connect->ferry.status >= 0 ? connect->ferry.status
	                                                                     : FERRY_FAULT;
}

int command_connect(const struct options *options)
{
	struct connect *connect = calloc(1, sizeof(*connect)); /* too big for a stack */
	stls_tls_context *context = make_context(options);
	int status = EXIT_USAGE;

	if (connect != NULL && context != NULL) {
		connect->options = options;
		connect->context = context;
		connect->reach.side = SIDE_NONE;
		status = begin(connect);
		resolver_close(&connect->resolver);
		loop_free(connect->loop);
	}
	stls_tls_context_free(context);
	free(connect);
	return status;
}
