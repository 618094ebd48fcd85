/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <netinet/in.h>

#include "store/redis_tls.h"
#include "store/store.h"

#define RECORDS 16384

stls_tls_context *redis_tls_context(const struct redis_address *address, struct store_error *error)
{
	const struct stls_tls_settings settings = {
	    .size = sizeof(settings),
	    .role = STLS_CLIENT,
	    .ca_file = address->ca[0] ? address->ca : NULL,
	};
	struct stls_tls_error wrong = {""};
	stls_tls_context *context = stls_tls_context_new(&settings, &wrong);

	if (context && address->cert[0] &&
	    stls_tls_context_add(context, address->cert, address->key, &wrong) < 0) {
		stls_tls_context_free(context);
		context = NULL;
	}
	if (!context)
		snprintf(error->text, sizeof(error->text), "state: %s", wrong.text);
	return context;
}

/* ---- the handshake ---- */

/* There is no dialogue before it: as with services whose TLS is implicit and that have no
 * name in ALPN. */
static struct stls_receipt receipt_of(void)
{
	const struct stls_spec spec = {
	    .size = sizeof(spec),
	    .protocol = STLS_SMTP,
	    .role = STLS_CLIENT,
	    .demand = STLS_MUST,
	    .layer = STLS_IMPLICIT,
	};
	stls_dialogue *dialogue = stls_open(&spec);
	struct stls_receipt receipt = {0};

	if (dialogue)
		receipt = stls_switch(dialogue, NULL, 0);
	stls_close(dialogue);
	return receipt;
}

/* The address in octets, where the host is one. */
static struct stls_id identity(const struct redis_address *address, struct address_socket *socket)
{
	struct stls_id id = {STLS_DNS_ID, address->host, strlen(address->host)};

	if (address->address.kind == ADDRESS_NAME || address_socket(&address->address, socket) < 0)
		return id;
	id.kind = STLS_IP_ID;
	if (address->address.kind == ADDRESS_IP4) {
		id.bytes = (const char *)&((struct sockaddr_in *)&socket->storage)->sin_addr;
		id.length = 4;
	} else {
		id.bytes = (const char *)&((struct sockaddr_in6 *)&socket->storage)->sin6_addr;
		id.length = 16;
	}
	return id;
}

static stls_tls *begin(const struct redis_address *address, stls_tls_context *context)
{
	struct address_socket socket;
	struct stls_id id = identity(address, &socket);
	struct stls_receipt receipt = receipt_of();
	const struct stls_tls_peer peer = {
	    .size = sizeof(peer),
	    .sni = id.kind == STLS_DNS_ID ? address->host : NULL,
	    .trust = STLS_TRUST_PKIX,
	    .wanted = &id,
	    .wanted_count = 1,
	};

	return stls_tls_open(context, &receipt, &peer);
}

static bool send_records(struct redis_pipe *redis)
{
	const char *bytes;
	size_t count;

	for (;;) {
		bytes = stls_tls_out(redis->tls, &count);
		if (count == 0)
			return true;
		if (!redis_pipe_give(redis, bytes, count))
			return false;
		stls_tls_sent(redis->tls, count);
	}
}

static bool take_records(struct redis_pipe *redis)
{
	char records[RECORDS];
	size_t count = redis_pipe_take(redis, records, sizeof(records));

	if (count == 0)
		return false;
	return stls_tls_feed(redis->tls, records, count) == 0 ||
	       redis_pipe_failed(redis, "TLS", "there is no memory");
}

static bool failed(struct redis_pipe *redis)
{
	const char *detail = stls_tls_detail(redis->tls);
	enum stls_fault fault = stls_tls_fault(redis->tls);

	return redis_pipe_failed(redis, fault ? stls_fault_sentence(fault) : "TLS",
	                         detail[0] ? detail : "the connection has ended");
}

bool redis_tls_open(struct redis_pipe *redis, const struct redis_address *address,
                    stls_tls_context *context)
{
	redis->tls = begin(address, context);
	if (!redis->tls)
		return redis_pipe_failed(redis, "TLS", "there is no memory");
	for (;;)
		switch (stls_tls_need(redis->tls)) {
		case STLS_OUT:
			if (!send_records(redis))
				return false;
			break;
		case STLS_IN:
			if (!take_records(redis))
				return false;
			break;
		case STLS_DONE: return true;
		default:
			/* the alert, if it can still be told */
			send_records(redis);
			return failed(redis);
		}
}

/* ---- what crosses ---- */

bool redis_tls_send(struct redis_pipe *redis, const char *bytes, size_t count)
{
	if (stls_tls_write(redis->tls, bytes, count) < 0)
		return failed(redis);
	return send_records(redis);
}

size_t redis_tls_receive(struct redis_pipe *redis, char *bytes, size_t room)
{
	for (;;) {
		ptrdiff_t count = stls_tls_read(redis->tls, bytes, room);

		if (count > 0)
			return (size_t)count;
		if (count < 0) {
			failed(redis);
			return 0;
		}
		if (!send_records(redis) || !take_records(redis))
			return 0;
	}
}
