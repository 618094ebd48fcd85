/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "check/reach.h"

static void step(void *owner);

static void free_waiting(struct reach *reach)
{
	watch_close(reach->watch);
	reach->watch = NULL;
	lookup_end(reach->lookup);
	reach->lookup = NULL;
	dns_drop_addresses(reach->asking);
	reach->asking = NULL;
}

static void finish(struct reach *reach, enum reach_state state)
{
	reach->state = state;
	free_waiting(reach);
	timer_close(reach->timer);
	reach->timer = NULL;
	stls_close(reach->dialogue);
	reach->dialogue = NULL;
	reach->plan.woken(reach->plan.owner);
}

static void fail(struct reach *reach, enum stls_fault fault, const char *detail)
{
	reach->fault = fault;
	snprintf(reach->detail, sizeof(reach->detail), "%s", detail);
	finish(reach, REACH_FAILED);
}

/* ---- dialling ---- */

static void dial(struct reach *reach);
static void advance(struct reach *reach);

/* An address that does not answer must not use up the time of the others. */
static void set_timer(struct reach *reach)
{
	int64_t left = reach->due - loop_clock();
	bool others = reach->tried < reach->answer.count;

	if (left < 0)
		left = 0;
	timer_set(reach->timer, reach->state == REACH_DIAL && others ? left / 2 : left);
}

static void dial_failed(struct reach *reach)
{
	const char *why = strerror(reach->side.end.error);

	end_close(&reach->side.end);
	if (reach->tried < reach->answer.count)
		dial(reach);
	else
		fail(reach, STLS_FAULT_CONNECT, why);
}

static struct stls_spec upgrade_spec(struct reach *reach)
{
	struct stls_spec spec = reach_spec(reach, reach->plan.service->layer, STLS_UPGRADE);

	spec.demand = reach->plan.ask;
	return spec;
}

static void connected(struct reach *reach)
{
	struct stls_spec spec = upgrade_spec(reach);

	reach->state = REACH_TALK;
	set_timer(reach);
	reach->dialogue = stls_open(&spec);
	if (reach->dialogue == NULL)
		fail(reach, STLS_FAULT_INTERNAL,
		     "the dialogue cannot be opened: is the domain a host name?");
}

static void dial(struct reach *reach)
{
	const struct address_socket *to = &reach->answer.sockets[reach->tried++];
	const struct sockaddr *socket = (const struct sockaddr *)&to->storage;

	reach->state = REACH_DIAL;
	address_format(reach->peer, socket, to->length);
	set_timer(reach);
	switch (dial_begin(&reach->side.end, reach->plan.loop, socket, to->length, step, reach)) {
	case DIAL_WAIT: break;
	case DIAL_DONE: connected(reach); break;
	case DIAL_FAILED: dial_failed(reach); break;
	}
}

static void step_dial(struct reach *reach)
{
	switch (dial_check(&reach->side.end)) {
	case DIAL_WAIT: break;
	case DIAL_DONE: connected(reach); break;
	case DIAL_FAILED: dial_failed(reach); break;
	}
}

/* ---- looking up ---- */

static void looked_up(struct reach *reach)
{
	free_waiting(reach);
	if (reach->answer.count > 0)
		dial(reach);
	else
		fail(reach, STLS_FAULT_LOOKUP, reach->answer.reason);
}

static void on_answer(void *owner, unsigned what)
{
	struct reach *reach = owner;

	(void)what;
	if (reach->state == REACH_LOOKUP && lookup_answer(reach->lookup, &reach->answer)) {
		looked_up(reach);
		advance(reach);
	}
}

/* What is signed wrongly is no address to go to, with or without TLS. */
static void take_addresses(struct reach *reach, const struct dns_addresses *found)
{
	size_t count = found->count < LOOKUP_ROOM ? found->count : LOOKUP_ROOM;

	for (size_t i = 0; i < count; i++) {
		reach->answer.sockets[i] = found->sockets[i];
		address_set_port(&reach->answer.sockets[i], reach->plan.service->address.port);
	}
	reach->answer.count = count;
	if (count > 0)
		looked_up(reach);
	else if (found->security == DNS_BOGUS)
		fail(reach, STLS_FAULT_BOGUS, found->why);
	else if (found->security == DNS_FAILED)
		fail(reach, STLS_FAULT_LOOKUP, found->why);
	else
		fail(reach, STLS_FAULT_NO_ADDRESS,
		     found->absent == DNS_NO_NAME ? "there is no such host" : "");
}

static void on_addresses(void *owner, const struct dns_addresses *found)
{
	struct reach *reach = owner;

	reach->asking = NULL;
	take_addresses(reach, found);
	advance(reach);
}

static void look_up(struct reach *reach)
{
	const struct address *address = &reach->plan.service->address;

	if (address->kind != ADDRESS_NAME) {
		reach->answer.count = address_resolve(address, reach->answer.sockets, LOOKUP_ROOM,
		                                      &reach->answer.reason);
		looked_up(reach);
		return;
	}
	if (reach->plan.dns != NULL) {
		reach->asking =
		    dns_ask_addresses(reach->plan.dns, address->host, on_addresses, reach);
		if (reach->asking == NULL)
			fail(reach, STLS_FAULT_MEMORY, "");
		return;
	}
	reach->lookup = lookup_begin(address);
	if (reach->lookup != NULL)
		reach->watch = watch_open(reach->plan.loop, lookup_descriptor(reach->lookup),
		                          on_answer, reach);
	if (reach->watch == NULL)
		fail(reach, STLS_FAULT_INTERNAL, "no thread or descriptor is left");
}

/* ---- the switch ---- */

struct stls_tls_peer reach_peer(const struct service_names *names, const struct stls_host *host,
                                enum stls_trust trust)
{
	struct stls_tls_peer peer = {
	    .size = sizeof(struct stls_tls_peer),
	    .sni = names->sni,
	    .trust = trust,
	    .wanted = names->wanted,
	    .wanted_count = names->count,
	};

	if (trust == STLS_TRUST_DANE && host != NULL) {
		peer.tlsa = host->tlsa;
		peer.tlsa_count = host->tlsa_count;
		peer.tlsa_base = host->tlsa_base;
	}
	return peer;
}

static void switch_over(struct reach *reach)
{
	struct talk *talk = &reach->talk;
	struct stls_receipt receipt =
	    stls_switch(reach->dialogue, talk->unread + talk->head, talk->tail - talk->head);
	struct stls_tls_peer peer =
	    reach_peer(reach->plan.names, reach->plan.host, reach->plan.trust);

	if (!stls_receipt_good(&receipt)) {
		fail(reach, stls_fault(reach->dialogue), "");
		return;
	}
	reach->state = REACH_SHAKE;
	if (side_start(&reach->side, reach->plan.context, &receipt, &peer) < 0)
		fail(reach, STLS_FAULT_MEMORY, "");
}

static void step_talk(struct reach *reach)
{
	switch (talk_run(&reach->talk, reach->dialogue)) {
	case STLS_IN:
	case STLS_OUT: break;
	case STLS_SWITCH: switch_over(reach); break;
	case STLS_PLAIN:
	case STLS_FAILED:
	case STLS_DONE: fail(reach, stls_fault(reach->dialogue), ""); break;
	}
}

static void step_shake(struct reach *reach)
{
	enum stls_need need = side_shake(&reach->side);

	if (need == STLS_DONE)
		finish(reach, REACH_UP);
	else if (need == STLS_FAILED)
		fail(reach, stls_tls_fault(reach->side.tls), stls_tls_detail(reach->side.tls));
}

static void step_once(struct reach *reach)
{
	switch (reach->state) {
	case REACH_LOOKUP: break;
	case REACH_DIAL: step_dial(reach); break;
	case REACH_TALK: step_talk(reach); break;
	case REACH_SHAKE: step_shake(reach); break;
	case REACH_UP:
	case REACH_FAILED: break;
	}
}

/* Each state leads into the next at once, as far as nothing has to be waited for. */
static void advance(struct reach *reach)
{
	enum reach_state before;

	do {
		before = reach->state;
		step_once(reach);
	} while (reach->state != before);
}

static void step(void *owner)
{
	struct reach *reach = owner;

	if (reach->state == REACH_UP || reach->state == REACH_FAILED)
		reach->plan.woken(reach->plan.owner);
	else
		advance(reach);
}

/* ---- from outside ---- */

static const char *stage(enum reach_state state)
{
	switch (state) {
	case REACH_LOOKUP: return "while its name was looked up";
	case REACH_DIAL: return "while connecting";
	case REACH_TALK: return "in the dialogue before TLS";
	case REACH_SHAKE: return "in the TLS handshake";
	case REACH_UP:
	case REACH_FAILED: break;
	}
	return "";
}

static void on_time(void *owner)
{
	struct reach *reach = owner;

	if (reach->state == REACH_DIAL && reach->tried < reach->answer.count) {
		end_close(&reach->side.end);
		dial(reach);
		advance(reach);
		return;
	}
	fail(reach, STLS_FAULT_TIMEOUT, stage(reach->state));
}

void reach_begin(struct reach *reach, const struct reach_plan *plan)
{
	*reach = (struct reach){.plan = *plan, .side = SIDE_NONE};
	reach->talk.side = &reach->side;
	reach->talk.tape = plan->tape;
	reach->due = loop_clock() + plan->milliseconds;
	reach->timer = timer_open(plan->loop, on_time, reach);
	if (reach->timer == NULL) {
		fail(reach, STLS_FAULT_MEMORY, "");
		return;
	}
	set_timer(reach);
	look_up(reach);
	advance(reach);
}

void reach_end(struct reach *reach)
{
	free_waiting(reach);
	timer_close(reach->timer);
	reach->timer = NULL;
	stls_close(reach->dialogue);
	reach->dialogue = NULL;
	side_close(&reach->side);
}

/* RFC 5321 section 4.1.4: who has no name says its address. */
static const char *our_name(struct reach *reach)
{
	struct address_socket here;
	char text[ADDRESS_TEXT];
	struct address address;

	if (reach->plan.our_name != NULL)
		return reach->plan.our_name;
	if (end_local(&reach->side.end, &here.storage, &here.length) < 0)
		return NULL;
	address_format(text, (const struct sockaddr *)&here.storage, here.length);
	if (address_parse(&address, text) != NULL)
		return NULL;
	snprintf(reach->literal, sizeof(reach->literal), "[%s%s]",
	         address.kind == ADDRESS_IP6 ? "IPv6:" : "", address.host);
	return reach->literal;
}

struct stls_spec reach_spec(struct reach *reach, enum stls_layer layer, enum stls_goal goal)
{
	return (struct stls_spec){
	    .size = sizeof(struct stls_spec),
	    .protocol = reach->plan.service->protocol,
	    .role = STLS_CLIENT,
	    .demand = STLS_MUST,
	    .layer = layer,
	    .goal = goal,
	    .name = our_name(reach),
	    .domain = reach->plan.names->domain,
	    .from = reach->plan.service->protocol == STLS_XMPP_SERVER ? reach->plan.our_name : NULL,
	};
}
