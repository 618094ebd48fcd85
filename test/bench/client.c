/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client.h"

double client_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int keep(SSL *tls, SSL_SESSION *session)
{
	struct client *client = SSL_get_app_data(tls);
	SSL_SESSION_free(client->session);
	client->session = session;
	return 1;
}

SSL_CTX *client_context(void)
{
	char group[] = "X25519";
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") != 1 ||
	    SSL_CTX_set1_groups_list(context, group) != 1)
		return NULL;
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(context, keep);
	return context;
}

static int secure(struct client *client)
{
	SSL *tls = SSL_new(client->terms->context);
	client->stream.tls = tls;
	if (tls == NULL || SSL_set_fd(tls, client->stream.socket) != 1)
		return STREAM_GONE;
	SSL_set_app_data(tls, client);
	SSL_set_connect_state(tls);
	SSL_set_tlsext_host_name(tls, client->terms->name);
	if (client->terms->resume && client->session && SSL_set_session(tls, client->session) != 1)
		return STREAM_GONE;
	return 1;
}

static int step_tls(struct client *client)
{
	if (client->terms->context == NULL)
		return 1;
	if (!client->stream.tls && secure(client) != 1)
		return STREAM_GONE;
	int done = stream_handshake(&client->stream);
	if (done == 1)
		client->resumed = SSL_session_reused(client->stream.tls);
	return done == STREAM_END ? STREAM_GONE : done;
}

/* Small enough for any socket that has nothing else to send. */
static int say(struct client *client, const char *text)
{
	ssize_t length = (ssize_t)strlen(text);
	return stream_write(&client->stream, text, (size_t)length) == length ? 1 : STREAM_GONE;
}

static int hear(struct client *client)
{
	size_t room = sizeof(client->in) - client->length;
	ssize_t got =
	    room ? stream_read(&client->stream, client->in + client->length, room) : STREAM_GONE;
	if (got <= 0)
		return got == STREAM_WAIT ? STREAM_WAIT : STREAM_GONE;
	client->length += (size_t)got;
	return 1;
}

static void forget(struct client *client, size_t length)
{
	client->length -= length;
	memmove(client->in, client->in + length, client->length);
}

/* Takes lines: 1 when the last of them was the expected one, 0 when there is none. */
static int find(struct client *client, const char *text)
{
	size_t length = strlen(text);
	char *end;
	while ((end = memchr(client->in, '\n', client->length))) {
		size_t line = (size_t)(end - client->in) + 1;
		bool found = line > length && memcmp(client->in, text, length) == 0 &&
		             client->in[length] == ' ';
		forget(client, line);
		if (found)
			return 1;
	}
	return 0;
}

static int step_expect(struct client *client)
{
	int state = 1;
	while (state == 1 && !find(client, client->step->text))
		state = hear(client);
	return state;
}

static int ask(struct client *client, const char *verb)
{
	char line[64];
	snprintf(line, sizeof(line), "b %s %llu\r\n", verb,
	         (unsigned long long)client->terms->octets);
	client->left = client->terms->octets;
	client->began = true;
	return say(client, line);
}

static int step_get(struct client *client, char *buffer, size_t size)
{
	if (!client->began && ask(client, "GET") != 1)
		return STREAM_GONE;
	while (client->left > 0) {
		ssize_t got = stream_read(&client->stream, buffer, size);
		if (got <= 0 || (uint64_t)got > client->left)
			return got == STREAM_WAIT ? STREAM_WAIT : STREAM_GONE;
		client->left -= (uint64_t)got;
	}
	return 1;
}

static int step_put(struct client *client, const char *buffer, size_t size)
{
	if (!client->began && ask(client, "PUT") != 1)
		return STREAM_GONE;
	while (client->left > 0) {
		size_t length = client->left < size ? (size_t)client->left : size;
		ssize_t put = stream_write(&client->stream, buffer, length);
		if (put <= 0)
			return put == STREAM_WAIT ? STREAM_WAIT : STREAM_GONE;
		client->left -= (uint64_t)put;
	}
	return 1;
}

static int step_end(struct client *client)
{
	char rest[256];
	ssize_t got;
	do
		got = stream_read(&client->stream, rest, sizeof(rest));
	while (got > 0);
	return got == STREAM_END ? 1 : (int)got;
}

static int take_step(struct client *client, char *buffer, size_t size)
{
	switch (client->step->kind) {
	case STEP_CONNECT: return stream_connected(&client->stream);
	case STEP_TLS: return step_tls(client);
	case STEP_SAY: return say(client, client->step->text);
	case STEP_EXPECT: return step_expect(client);
	case STEP_ANSWERED: client->answered = client_now(); return 1;
	case STEP_GET: return step_get(client, buffer, size);
	case STEP_PUT: return step_put(client, buffer, size);
	case STEP_END: return step_end(client);
	case STEP_STAY: return STREAM_WAIT;
	}
	return STREAM_GONE;
}

int client_begin(struct client *client)
{
	client->step = client->terms->script;
	client->length = 0;
	client->left = 0;
	client->began = client->resumed = false;
	client->start = client_now();
	client->stream = (struct stream){.socket = stream_dial(&client->terms->place)};
	return client->stream.socket < 0 ? -1 : 0;
}

enum client_state client_run(struct client *client, char *buffer, size_t size)
{
	for (;;) {
		int state = take_step(client, buffer, size);
		if (client->step->kind == STEP_STAY)
			return CLIENT_STAYS;
		if (state != 1)
			return state == STREAM_WAIT ? CLIENT_WAITS : CLIENT_FAILED;
		if (client->step->kind == STEP_END)
			return CLIENT_DONE;
		client->step++;
		client->began = false;
	}
}

void client_end(struct client *client)
{
	stream_close(&client->stream);
}
