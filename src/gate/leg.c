/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gate/leg.h"
#include "loop/dial.h"

#define IMPATIENCE 5000 /* ms for one of several places to accept a connection */

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

static enum dial dial_once(struct leg *leg)
{
	struct backend *backend = leg->backend;
	const struct address_socket *to;

	leg->at = (backend->turn + leg->tried++) % backend->count;
	to = &backend->places[leg->at].socket;
	side_close(&leg->side);
	if (leg->impatience && leg->tried < backend->count)
		timer_set(leg->impatience, IMPATIENCE);
	return dial_begin(&leg->side.end, leg->loop, (const struct sockaddr *)&to->storage,
	                  to->length, leg->wake, leg->owner);
}

/* The place that is being tried does not answer: on to the next one. */
static void on_impatience(void *owner)
{
	struct leg *leg = owner;

	if (leg->stage != LEG_DIAL)
		return;
	leg->side.end.error = ETIMEDOUT;
	leg->wake(leg->owner);
}

static enum dial dial_again(struct leg *leg)
{
	return leg->side.end.error ? DIAL_FAILED : dial_check(&leg->side.end);
}

static bool dial(struct leg *leg)
{
	enum dial dial = leg->tried ? dial_again(leg) : dial_once(leg);

	while (dial == DIAL_FAILED && leg->tried < leg->backend->count)
		dial = dial_once(leg);
	if (dial == DIAL_WAIT)
		return false;
	if (dial == DIAL_FAILED)
		return broken(leg, STLS_FAULT_CONNECT, strerror(leg->side.end.error));
	if (leg->impatience)
		timer_clear(leg->impatience);
	leg->backend->turn = leg->at;
	return next(leg, LEG_HEADER);
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

	identify(&identity, leg->backend->places[leg->at].name);
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

static bool last(struct leg *leg)
{
	if (leg->order.goal == STLS_UPGRADE)
		return next(leg, LEG_DONE);
	if (!leg->talk.dialogue && open_talk(leg, leg->order.goal, layer_at_last(leg)) < 0)
		return broken(leg, STLS_FAULT_MEMORY, NULL);
	switch (talk_run(&leg->talk, &leg->side)) {
	case STLS_IN:
	case STLS_OUT: return false;
	case STLS_DONE: return next(leg, LEG_DONE);
	default: return broken(leg, stls_fault(leg->talk.dialogue), NULL);
	}
}

void leg_open(struct leg *leg, struct loop *loop, struct backend *backend,
              const struct leg_order *order, void (*wake)(void *owner), void *owner)
{
	*leg = (struct leg){.loop = loop,
	                    .backend = backend,
	                    .order = *order,
	                    .wake = wake,
	                    .owner = owner,
	                    .side = SIDE_NONE};
	if (backend->count > 1)
		leg->impatience = timer_open(loop, on_impatience, leg);
	if (!order->length)
		return;
	leg->header = pool_borrow(loop_pool(loop));
	if (leg->header && order->length <= POOL_BUFFER)
		memcpy(leg->header, order->header, order->length);
	else
		broken(leg, STLS_FAULT_MEMORY, NULL);
}

enum leg_state leg_run(struct leg *leg)
{
	static bool (*const stages[])(struct leg *) = {
	    [LEG_DIAL] = dial,   [LEG_HEADER] = send_header, [LEG_UPGRADE] = upgrade,
	    [LEG_SHAKE] = shake, [LEG_LAST] = last,
	};

	while (leg->stage < LEG_DONE)
		if (!stages[leg->stage](leg))
			return LEG_WAITS;
	return leg->stage == LEG_DONE ? LEG_READY : LEG_FAILED;
}

void leg_close(struct leg *leg)
{
	if (leg->header)
		pool_return(loop_pool(leg->loop), leg->header);
	leg->header = NULL;
	if (leg->talk.dialogue)
		talk_close(&leg->talk);
	timer_close(leg->impatience);
	leg->impatience = NULL;
	if (leg->loop)
		side_close(&leg->side);
}
