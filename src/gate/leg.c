/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gate/leg.h"
#include "loop/dial.h"

/* Ends the leg; detail may be NULL. */
static bool broken(struct leg *leg, enum stls_fault fault, const char *detail)
{
	leg->stage = LEG_BROKEN;
	leg->fault = fault;
	snprintf(leg->detail, sizeof(leg->detail), "%s", detail ? detail : "");
	return true;
}

static bool next(struct leg *leg, enum leg_stage stage)
{
	leg->stage = stage;
	return true;
}

/* What is missing here says nothing about the service. */
static enum stls_fault fault_of(int error)
{
	switch (error) {
	case EMFILE:
	case ENFILE:
	case EADDRNOTAVAIL: return STLS_FAULT_BUSY;
	case ENOMEM:
	case ENOBUFS: return STLS_FAULT_MEMORY;
	default: return STLS_FAULT_CONNECT;
	}
}

static bool not_connected(struct leg *leg)
{
	return broken(leg, fault_of(leg->side.end.error), strerror(leg->side.end.error));
}

static bool connected(struct leg *leg)
{
	if (leg->limit)
		timer_set(leg->limit, leg->order.patience);
	return next(leg, LEG_HEADER);
}

static bool dial(struct leg *leg)
{
	const struct address_socket *to = &leg->place->socket;

	if (leg->limit)
		timer_set(leg->limit, leg->order.patience / 2);
	switch (dial_begin(&leg->side.end, leg->loop, (const struct sockaddr *)&to->storage,
	                   to->length, leg->wake, leg->owner)) {
	case DIAL_FAILED: return not_connected(leg);
	case DIAL_DONE: return connected(leg);
	case DIAL_WAIT: break;
	}
	leg->stage = LEG_CONNECT;
	return false;
}

static bool await_connection(struct leg *leg)
{
	switch (dial_check(&leg->side.end)) {
	case DIAL_FAILED: return not_connected(leg);
	case DIAL_DONE: return connected(leg);
	case DIAL_WAIT: break;
	}
	return false;
}

/* It has had its time. */
static void on_limit(void *owner)
{
	struct leg *leg = owner;

	if (leg->stage >= LEG_DONE)
		return;
	if (leg->stage == LEG_CONNECT)
		broken(leg, STLS_FAULT_CONNECT, strerror(ETIMEDOUT));
	else
		broken(leg, STLS_FAULT_TIMEOUT, NULL);
	leg->wake(leg->owner);
}

static enum leg_stage stage_behind_header(const struct leg *leg)
{
	return leg->backend->tls == BACKEND_BARE ? LEG_LAST : LEG_UPGRADE;
}

static bool send_header(struct leg *leg)
{
	while (leg->head < leg->order.length) {
		ptrdiff_t n =
		    side_write(&leg->side, leg->header + leg->head, leg->order.length - leg->head);

		if (n == SIDE_WAIT)
			return false;
		if (n < 0)
			return broken(leg, STLS_FAULT_CUT, strerror(leg->side.end.error));
		leg->head += (size_t)n;
	}
	if (leg->header)
		pool_return(loop_pool(leg->loop), leg->header);
	leg->header = NULL;
	return next(leg, stage_behind_header(leg));
}

static enum stls_layer layer_at_last(const struct leg *leg)
{
	switch (leg->backend->tls) {
	case BACKEND_STARTTLS: return STLS_AFTER_STARTTLS;
	case BACKEND_IMPLICIT: return STLS_AFTER_IMPLICIT;
	case BACKEND_BARE: break;
	}
	return STLS_PLAINTEXT;
}

static int open_talk(struct leg *leg, enum stls_goal goal, enum stls_layer layer)
{
	const struct stls_spec spec = {
	    .size = sizeof(spec),
	    .protocol = leg->backend->protocol,
	    .role = STLS_CLIENT,
	    .demand = STLS_MUST,
	    .layer = layer,
	    .goal = goal,
	    .name = leg->order.name ? leg->order.name : leg->backend->hostname,
	    .domain = leg->order.domain ? leg->order.domain : leg->backend->hostname,
	    .from = leg->backend->hostname,
	    .client = leg->order.client[0] ? leg->order.client : NULL,
	    .client_port = leg->order.client_port,
	    .server = leg->order.server[0] ? leg->order.server : NULL,
	    .server_port = leg->order.server_port,
	};

	return talk_open(&leg->talk, loop_pool(leg->loop), &spec);
}

/* Whose certificate the service must have: an address is an address, anything
 * else a name, which is asked for by SNI too (RFC 6066 section 3: never an
 * address). */
struct identity {
	struct stls_id id;
	char octets[16];
	const char *sni;
};

static void identify(struct identity *identity, const char *name)
{
	*identity = (struct identity){.id = {.kind = STLS_IP_ID, .bytes = identity->octets}};
	if (!name)
		return;
	if (inet_pton(AF_INET, name, identity->octets) == 1) {
		identity->id.length = 4;
	} else if (inet_pton(AF_INET6, name, identity->octets) == 1) {
		identity->id.length = 16;
	} else {
		identity->id = (struct stls_id){STLS_DNS_ID, name, strlen(name)};
		identity->sni = name;
	}
}

static int open_tls(struct leg *leg, struct stls_receipt *receipt)
{
	struct identity identity;
	struct stls_tls_peer peer = {.size = sizeof(peer), .wanted = &identity.id};

	identify(&identity, leg->place->name);
	peer.sni = identity.sni;
	peer.wanted_count = identity.id.length > 0;
	peer.trust = leg->backend->verify ? STLS_TRUST_PKIX : STLS_TRUST_ANY;
	return side_start(&leg->side, leg->backend->context, receipt, &peer);
}

static bool start_tls(struct leg *leg)
{
	size_t count;
	const char *unread = talk_unread(&leg->talk, &count);
	struct stls_receipt receipt = stls_switch(leg->talk.dialogue, unread, count);
	enum stls_fault fault = stls_fault(leg->talk.dialogue);

	talk_close(&leg->talk);
	if (!stls_receipt_good(&receipt))
		return broken(leg, fault, NULL);
	if (open_tls(leg, &receipt) < 0)
		return broken(leg, STLS_FAULT_MEMORY, NULL);
	return next(leg, LEG_SHAKE);
}

static bool upgrade(struct leg *leg)
{
	enum stls_layer layer =
	    leg->backend->tls == BACKEND_IMPLICIT ? STLS_IMPLICIT : STLS_PLAINTEXT;

	if (!leg->talk.dialogue && open_talk(leg, STLS_UPGRADE, layer) < 0)
		return broken(leg, STLS_FAULT_MEMORY, NULL);
	switch (talk_run(&leg->talk, &leg->side)) {
	case STLS_IN:
	case STLS_OUT: return false;
	case STLS_SWITCH: return start_tls(leg);
	default: return broken(leg, stls_fault(leg->talk.dialogue), NULL);
	}
}

static bool shake(struct leg *leg)
{
	switch (side_shake(&leg->side)) {
	case STLS_DONE: return next(leg, LEG_LAST);
	case STLS_FAILED:
		return broken(leg, stls_tls_fault(leg->side.tls), stls_tls_detail(leg->side.tls));
	default: return false;
	}
}

static int open_last_talk(struct leg *leg)
{
	if (open_talk(leg, leg->order.goal, layer_at_last(leg)) < 0)
		return -1;
	leg->talk.keeps = leg->order.leave_greeting;
	return 0;
}

/* A greeting that says that the client is logged in is good enough to be passed on:
 * whether it may say so is for the client to judge. */
static bool last_failed(struct leg *leg)
{
	enum stls_fault fault = stls_fault(leg->talk.dialogue);

	if (leg->order.leave_greeting && fault == STLS_FAULT_PREAUTH)
		return next(leg, LEG_DONE);
	return broken(leg, fault, NULL);
}

static bool last(struct leg *leg)
{
	if (leg->order.goal == STLS_UPGRADE)
		return next(leg, LEG_DONE);
	if (!leg->talk.dialogue && open_last_talk(leg) < 0)
		return broken(leg, STLS_FAULT_MEMORY, NULL);
	switch (talk_run(&leg->talk, &leg->side)) {
	case STLS_IN:
	case STLS_OUT: return false;
	case STLS_DONE: return next(leg, LEG_DONE);
	default: return last_failed(leg);
	}
}

/* The header is kept until the connection takes it. */
static bool keep_header(struct leg *leg)
{
	if (!leg->order.length)
		return true;
	leg->header = pool_borrow(loop_pool(leg->loop));
	if (!leg->header || leg->order.length > POOL_BUFFER)
		return false;
	memcpy(leg->header, leg->order.header, leg->order.length);
	return true;
}

void leg_open(struct leg *leg, struct loop *loop, const struct backend *backend,
              struct backend_place *place, const struct leg_order *order, void (*wake)(void *owner),
              void *owner)
{
	*leg = (struct leg){.loop = loop,
	                    .backend = backend,
	                    .place = place,
	                    .order = *order,
	                    .wake = wake,
	                    .owner = owner,
	                    .side = SIDE_NONE};
	place->legs++;
	if (order->patience)
		leg->limit = timer_open(loop, on_limit, leg);
	if (!keep_header(leg) || (order->patience && !leg->limit))
		broken(leg, STLS_FAULT_MEMORY, NULL);
}

static enum leg_state ready(struct leg *leg)
{
	if (leg->limit)
		timer_clear(leg->limit);
	if (leg->talk.keeps)
		talk_again(&leg->talk);
	return LEG_READY;
}

enum leg_state leg_run(struct leg *leg)
{
	static bool (*const stages[])(struct leg *) = {
	    [LEG_DIAL] = dial,          [LEG_CONNECT] = await_connection,
	    [LEG_HEADER] = send_header, [LEG_UPGRADE] = upgrade,
	    [LEG_SHAKE] = shake,        [LEG_LAST] = last,
	};

	while (leg->stage < LEG_DONE)
		if (!stages[leg->stage](leg))
			return LEG_WAITS;
	return leg->stage == LEG_DONE ? ready(leg) : LEG_FAILED;
}

void leg_close(struct leg *leg)
{
	if (!leg->place)
		return;
	leg->place->legs--;
	leg->place = NULL;
	if (leg->header)
		pool_return(loop_pool(leg->loop), leg->header);
	leg->header = NULL;
	talk_close(&leg->talk);
	timer_close(leg->limit);
	leg->limit = NULL;
	side_close(&leg->side);
}
