/* SPDX-License-Identifier: ISC */
/*
 * What is behind the servers under measurement, and with a certificate the floor
 * under them: a service that does TLS by itself.
 *
 *	bench-sink [CHAIN KEY] {smtp|imap|auth=HOST:PORT} HOST:PORT ...
 *
 * CHAIN and KEY are there when the first begins with a slash.
 */
#define _GNU_SOURCE /* accept4 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "service.h"
#include "stream.h"

struct door {
	enum service_kind kind;
	const char *word; /* of an auth service: where mail is */
};

/* A door's own stream is its listening socket. */
struct guest {
	struct stream stream;
	const struct door *door;
	bool listens, greeted;
	struct service service;
	size_t said;
};

struct sink {
	int epoll;
	SSL_CTX *context; /* NULL: plaintext */
	char block[65536], heard[65536];
};

static int watch(struct sink *sink, struct guest *guest)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = guest};
	if (!guest->listens)
		event.events |= EPOLLOUT | EPOLLRDHUP;
	return epoll_ctl(sink->epoll, EPOLL_CTL_ADD, guest->stream.socket, &event);
}

/* 1 when all is said, else STREAM_WAIT or STREAM_GONE. */
static ssize_t speak(struct sink *sink, struct guest *guest)
{
	struct service *service = &guest->service;
	while (guest->said < service->saying || service->give > 0) {
		bool bulk = guest->said == service->saying;
		size_t length = bulk ? sizeof(sink->block) : service->saying - guest->said;
		if (bulk && length > service->give)
			length = (size_t)service->give;
		ssize_t put = stream_write(&guest->stream,
		                           bulk ? sink->block : service->say + guest->said, length);
		if (put <= 0)
			return put == STREAM_WAIT ? STREAM_WAIT : STREAM_GONE;
		if (bulk)
			service->give -= (uint64_t)put;
		else
			guest->said += (size_t)put;
	}
	guest->said = service->saying = 0;
	return service->leave ? STREAM_GONE : 1;
}

static ssize_t hear(struct sink *sink, struct guest *guest)
{
	ssize_t got = stream_read(&guest->stream, sink->heard, sizeof(sink->heard));
	if (got > 0)
		service_hear(&guest->service, guest->door->word, sink->heard, (size_t)got);
	return got == STREAM_END ? STREAM_GONE : got;
}

static ssize_t greet(struct guest *guest)
{
	int done = guest->greeted ? 1 : stream_handshake(&guest->stream);
	if (done == 1 && !guest->greeted)
		service_begin(&guest->service, guest->door->kind);
	guest->greeted |= done == 1;
	return done;
}

static void serve(struct sink *sink, struct guest *guest)
{
	ssize_t state = greet(guest);
	while (state > 0) {
		state = speak(sink, guest);
		if (state > 0)
			state = hear(sink, guest);
	}
	if (state == STREAM_WAIT)
		return;
	stream_close(&guest->stream);
	free(guest);
}

static bool secure(struct sink *sink, struct guest *guest)
{
	if (sink->context == NULL)
		return true;
	guest->stream.tls = SSL_new(sink->context);
	if (guest->stream.tls == NULL)
		return false;
	SSL_set_accept_state(guest->stream.tls);
	return SSL_set_fd(guest->stream.tls, guest->stream.socket) == 1;
}

static void welcome(struct sink *sink, const struct guest *door)
{
	int one, on = 1;
	while ((one = accept4(door->stream.socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >=
	       0) {
		struct guest *guest = calloc(1, sizeof(*guest));
		if (guest == NULL)
			abort();
		setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		guest->stream.socket = one;
		guest->door = door->door;
		if (!secure(sink, guest) || watch(sink, guest) < 0)
			abort();
		serve(sink, guest);
	}
}

static int open_door(struct sink *sink, const char *word, const char *place)
{
	struct sockaddr_in address;
	struct guest *guest = calloc(1, sizeof(*guest));
	struct door *door = calloc(1, sizeof(*door));
	if (guest == NULL || door == NULL || service_kind(word, &door->kind) < 0 ||
	    stream_place(place, &address) < 0)
		return -1;
	door->word = strchr(word, '=') ? strchr(word, '=') + 1 : "";
	guest->door = door;
	guest->listens = true;
	guest->stream.socket = stream_listen(&address);
	return guest->stream.socket < 0 ? -1 : watch(sink, guest);
}

static SSL_CTX *certify(const char *chain, const char *key)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	if (context == NULL || SSL_CTX_use_certificate_chain_file(context, chain) != 1 ||
	    SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
		ERR_print_errors_fp(stderr);
		exit(1);
	}
	SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(context, 1);
	SSL_CTX_set_session_id_context(context, (const unsigned char *)"sink", 4);
	return context;
}

static void run(struct sink *sink)
{
	struct epoll_event events[256];
	for (;;) {
		int count = epoll_wait(sink->epoll, events, 256, -1);
		for (int i = 0; i < count; i++) {
			struct guest *guest = events[i].data.ptr;
			if (guest->listens)
				welcome(sink, guest);
			else
				serve(sink, guest);
		}
	}
}

static void leave(int signal)
{
	(void)signal;
	stream_abandon();
}

int main(int count, char **arguments)
{
	struct sink *sink = calloc(1, sizeof(*sink));
	int i = 1;
	if (sink == NULL || count < 3)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, leave);
	sink->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (arguments[1][0] == '/') {
		sink->context = certify(arguments[1], arguments[2]);
		i = 3;
	}
	for (; i + 1 < count; i += 2)
		if (open_door(sink, arguments[i], arguments[i + 1]) < 0) {
			fprintf(stderr, "bench-sink: %s %s: no\n", arguments[i], arguments[i + 1]);
			return 1;
		}
	run(sink);
}
