/* SPDX-License-Identifier: ISC */
/* TLS straight on a pipe: narrow, blocked, closed and broken ones. */
#include "mail.h"

#include <malloc.h>

#include "tls/direct.h"

/* ---- a line with two ends, each of which holds so many octets ---- */

struct hose {
	char bytes[100000];
	size_t count, room; /* room: how much it takes before it is full */
	int closed, broken;
	unsigned reads, writes;
};

struct tap {
	struct hose *in, *out;
};

static ptrdiff_t tap_recv(void *owner, void *to, size_t count)
{
	struct hose *in = ((struct tap *)owner)->in;

	in->reads++;
	if (in->broken)
		return TLS_PIPE_BROKEN;
	if (in->count == 0)
		return in->closed ? TLS_PIPE_EOF : TLS_PIPE_WAIT;
	if (count > in->count)
		count = in->count;
	memcpy(to, in->bytes, count);
	memmove(in->bytes, in->bytes + count, in->count - count);
	in->count -= count;
	return (ptrdiff_t)count;
}

static ptrdiff_t tap_send(void *owner, const void *from, size_t count)
{
	struct hose *out = ((struct tap *)owner)->out;
	size_t room = out->room > out->count ? out->room - out->count : 0;

	out->writes++;
	if (out->broken)
		return TLS_PIPE_BROKEN;
	if (room == 0)
		return TLS_PIPE_WAIT;
	if (count > room)
		count = room;
	memcpy(out->bytes + out->count, from, count);
	out->count += count;
	return (ptrdiff_t)count;
}

struct line {
	struct hose up, down; /* to the server, to the client */
	struct tap client_tap, server_tap;
	stls_tls *client, *server;
};

static void attach(stls_tls *tls, struct tap *tap)
{
	const struct tls_pipe pipe = {tap, tap_recv, tap_send};

	stls_tls_direct(tls, &pipe);
}

static struct line *line_open(size_t room)
{
	struct line *line = calloc(1, sizeof(*line));

	assert_non_null(line);
	line->up.room = line->down.room = room;
	line->client_tap = (struct tap){&line->down, &line->up};
	line->server_tap = (struct tap){&line->up, &line->down};
	line->client = pair_open(client, STLS_SMTP, STLS_CLIENT, &peer);
	line->server = pair_open(server, STLS_SMTP, STLS_SERVER, NULL);
	attach(line->client, &line->client_tap);
	attach(line->server, &line->server_tap);
	return line;
}

static void line_shake(struct line *line)
{
	enum stls_need a = STLS_IN, b = STLS_IN;

	for (int i = 0; i < 20000 && (a != STLS_DONE || b != STLS_DONE); i++) {
		char none[1];

		a = stls_tls_advance(line->client);
		if (a == STLS_OUT) /* what is asked for is what is missing */
			assert_int_equal(line->up.count, line->up.room);
		b = stls_tls_advance(line->server);
		assert_int_not_equal(a, STLS_FAILED);
		assert_int_not_equal(b, STLS_FAILED);
		if (a == STLS_DONE) /* nothing was said yet */
			assert_int_equal(stls_tls_read(line->client, none, 1), 0);
	}
	assert_int_equal(a, STLS_DONE);
	assert_int_equal(b, STLS_DONE);
}

static void line_free(struct line *line)
{
	stls_tls_free(line->client);
	stls_tls_free(line->server);
	free(line);
}

/* ---- tests ---- */

static void narrow(void **unused)
{
	static const size_t rooms[] = {1, 2, 7, 100, 1000, 65536};

	(void)unused;
	for (size_t i = 0; i < LENGTH(rooms); i++) {
		struct line *line = line_open(rooms[i]);
		char got[8];

		line_shake(line);
		while (stls_tls_push(line->client, "QUIT\r\n", 6) == 0)
			assert_int_equal(stls_tls_read(line->server, got, sizeof(got)), 0);
		assert_int_equal(stls_tls_read(line->server, got, sizeof(got)), 6);
		assert_memory_equal(got, "QUIT\r\n", 6);
		line_free(line);
	}
}

/* A full pipe takes a part, and the rest when it is offered again. */
static void partial_writes(void **unused)
{
	struct line *line = line_open(65536);
	static char sent[300000], got[300000];
	size_t pushed = 0, read = 0;
	int blocked = 0;

	(void)unused;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 13 + i / 255);
	line_shake(line);
	line->up.room = 20000;
	while (read < sizeof(sent)) {
		ptrdiff_t n = stls_tls_push(line->client, sent + pushed, sizeof(sent) - pushed);

		assert_true(n >= 0);
		pushed += (size_t)n;
		blocked += n == 0 && pushed < sizeof(sent);
		if (n > 0)
			continue;
		while ((n = stls_tls_read(line->server, got + read, sizeof(got) - read)) > 0)
			read += (size_t)n;
		assert_int_equal(n, 0);
	}
	assert_true(blocked > 5);
	assert_memory_equal(sent, got, sizeof(sent));
	line_free(line);
}

/* One read of the pipe brings a whole record, and knows of what it left. */
static void whole_records(void **unused)
{
	struct line *line = line_open(65536);
	static char text[4000];
	char got[1000];
	unsigned before;

	(void)unused;
	line_shake(line);
	while (stls_tls_read(line->client, got, sizeof(got)) > 0)
		;
	assert_int_equal(stls_tls_push(line->client, text, sizeof(text)), sizeof(text));
	assert_false(stls_tls_pending(line->server));
	before = line->up.reads;
	assert_int_equal(stls_tls_read(line->server, got, sizeof(got)), sizeof(got));
	assert_true(stls_tls_pending(line->server));
	for (int i = 0; i < 3; i++)
		assert_int_equal(stls_tls_read(line->server, got, sizeof(got)), sizeof(got));
	assert_int_equal(line->up.reads - before, 1);
	assert_false(stls_tls_pending(line->server));
	line_free(line);
}

/* A pipelined ClientHello was read before TLS began (RFC 9051 section 6.2.1). */
static void fed_before(void **unused)
{
	struct line *line = line_open(65536);
	size_t count, half;

	(void)unused;
	for (half = 0; half < 2; half++) {
		stls_tls_free(line->client);
		stls_tls_free(line->server);
		line->up.count = line->down.count = 0;
		line->client = pair_open(client, STLS_SMTP, STLS_CLIENT, &peer);
		attach(line->client, &line->client_tap);
		assert_int_equal(stls_tls_advance(line->client), STLS_IN);
		count = half ? line->up.count / 2 : line->up.count;
		line->server = pair_open(server, STLS_SMTP, STLS_SERVER, NULL);
		assert_int_equal(stls_tls_feed(line->server, line->up.bytes, count), 0);
		memmove(line->up.bytes, line->up.bytes + count, line->up.count - count);
		line->up.count -= count;
		attach(line->server, &line->server_tap);
		line_shake(line);
	}
	line_free(line);
}

static void closes(void **unused)
{
	struct line *line = line_open(65536);
	char got[8];

	(void)unused;
	line_shake(line);
	line->up.room = 1;
	while (stls_tls_finish(line->client) == 0)
		assert_int_equal(stls_tls_read(line->server, got, sizeof(got)) > 0, 0);
	assert_int_equal(stls_tls_finish(line->client), 1);
	assert_int_equal(stls_tls_push(line->client, "x", 1), -1);
	assert_int_equal(stls_tls_read(line->server, got, sizeof(got)), -1);
	assert_int_equal(stls_tls_end(line->server), STLS_END_CLOSED);
	/* and the other half */
	assert_int_equal(stls_tls_push(line->server, "221\r\n", 5), 5);
	assert_int_equal(stls_tls_finish(line->server), 1);
	assert_int_equal(stls_tls_read(line->client, got, sizeof(got)), 5);
	assert_int_equal(stls_tls_read(line->client, got, sizeof(got)), -1);
	assert_int_equal(stls_tls_end(line->client), STLS_END_CLOSED);
	line_free(line);
}

static void cuts(void **unused)
{
	for (int broken = 0; broken < 2; broken++) {
		struct line *line = line_open(65536);
		char got[8];

		(void)unused;
		line_shake(line);
		line->up.closed = !broken;
		line->up.broken = broken;
		assert_int_equal(stls_tls_read(line->server, got, sizeof(got)), -1);
		assert_int_equal(stls_tls_end(line->server), STLS_END_CUT);
		pair_expect(line->server, STLS_FAULT_CUT);
		if (broken)
			assert_int_equal(stls_tls_push(line->client, "x", 1), -1);
		line_free(line);
	}
}

static void cut_in_the_handshake(void **unused)
{
	struct line *line = line_open(65536);

	(void)unused;
	assert_int_equal(stls_tls_advance(line->client), STLS_IN);
	assert_int_equal(stls_tls_advance(line->server), STLS_IN);
	line->up.closed = 1;
	assert_int_equal(stls_tls_advance(line->server), STLS_FAILED);
	pair_expect(line->server, STLS_FAULT_CLOSED);
	line_free(line);
}

static void plaintext_instead(void **unused)
{
	struct line *line = line_open(65536);

	(void)unused;
	strcpy(line->up.bytes, "GET / HTTP/1.1\r\n\r\n");
	line->up.count = strlen(line->up.bytes);
	line->down.count = 0;
	assert_int_equal(stls_tls_advance(line->server), STLS_FAILED);
	pair_expect(line->server, STLS_FAULT_CROSS_PROTOCOL);
	assert_int_equal(line->down.count, 0);
	line_free(line);
}

/* TLS-41: an answer to KeyUpdate does not wait for a full pipe, and is not lost. */
static void key_update_and_a_full_pipe(void **unused)
{
	struct raw raw = raw_client(TLS1_3_VERSION, TLS1_3_VERSION);
	struct line *line = line_open(65536);
	char buffer[4096], got[8];
	int n;

	(void)unused;
	raw_open(&raw);
	for (int i = 0; i < 4; i++) {
		SSL_do_handshake(raw.ssl);
		while ((n = BIO_read(SSL_get_wbio(raw.ssl), buffer, sizeof(buffer))) > 0) {
			memcpy(line->up.bytes + line->up.count, buffer, (size_t)n);
			line->up.count += (size_t)n;
		}
		stls_tls_advance(line->server);
		BIO_write(SSL_get_rbio(raw.ssl), line->down.bytes, (int)line->down.count);
		line->down.count = 0;
	}
	pair_expect_up(line->server);
	assert_int_equal(SSL_read(raw.ssl, got, sizeof(got)), -1);
	line->down.room = 0;
	assert_int_equal(SSL_key_update(raw.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
	assert_int_equal(SSL_write(raw.ssl, "a", 1), 1);
	n = BIO_read(SSL_get_wbio(raw.ssl), line->up.bytes, sizeof(line->up.bytes));
	line->up.count = (size_t)n;
	assert_int_equal(stls_tls_read(line->server, got, sizeof(got)), 1);
	assert_int_equal(stls_tls_push(line->server, "b", 1), 0);
	line->down.room = 65536;
	assert_int_equal(stls_tls_push(line->server, "b", 1), 1);
	BIO_write(SSL_get_rbio(raw.ssl), line->down.bytes, (int)line->down.count);
	assert_int_equal(SSL_read(raw.ssl, got, sizeof(got)), 1);
	assert_int_equal(got[0], 'b');
	raw_free(&raw);
	line_free(line);
}

/* What is short waits for the owner, and goes out in one piece. */
static void corked(void **unused)
{
	struct line *line = line_open(65536);
	char got[16];
	unsigned before;

	(void)unused;
	line_shake(line);
	before = line->down.writes;
	stls_tls_cork(line->server);
	assert_int_equal(stls_tls_push(line->server, "220 hi\r\n", 8), 8);
	assert_int_equal(stls_tls_push(line->server, "221 bye\r\n", 9), 9);
	assert_int_equal(stls_tls_read(line->server, got, 1), 0);
	assert_int_equal(line->down.writes, before);
	line->down.room = 0;
	assert_int_equal(stls_tls_uncork(line->server), 0);
	line->down.room = 65536;
	before = line->down.writes;
	assert_int_equal(stls_tls_uncork(line->server), 1);
	assert_int_equal(line->down.writes, before + 1);
	assert_int_equal(stls_tls_read(line->client, got, sizeof(got)), 8);
	assert_int_equal(stls_tls_read(line->client, got, sizeof(got)), 9);
	assert_int_equal(stls_tls_push(line->server, "a", 1), 1); /* as ever */
	assert_int_equal(stls_tls_read(line->client, got, sizeof(got)), 1);
	line_free(line);
}

/* A ticket is the owner's to give, once, and then goes out at once. */
static void a_ticket(void **unused)
{
	struct line *line = line_open(65536);
	char got[16];
	unsigned before;

	(void)unused;
	line_shake(line);
	before = line->down.writes;
	stls_tls_ticket(line->client); /* has none to give */
	assert_int_equal(line->down.writes, before);
	stls_tls_ticket(line->server);
	assert_int_equal(line->down.writes, before + 1);
	stls_tls_ticket(line->server);
	assert_int_equal(line->down.writes, before + 1);
	assert_int_equal(stls_tls_push(line->server, "a", 1), 1);
	assert_int_equal(stls_tls_read(line->client, got, sizeof(got)), 1);
	line_free(line);
}

/* What a full pipe does not take of it goes before what is said next. */
static void a_ticket_that_waits(void **unused)
{
	struct line *line = line_open(65536);
	char got[16];

	(void)unused;
	line_shake(line);
	line->down.room = 10;
	stls_tls_ticket(line->server);
	assert_int_equal(line->down.count, 10);
	assert_int_equal(stls_tls_push(line->server, "a", 1), 0);
	line->down.room = 65536;
	assert_int_equal(stls_tls_push(line->server, "a", 1), 1);
	assert_int_equal(stls_tls_read(line->client, got, sizeof(got)), 1);
	assert_int_equal(got[0], 'a');
	line_free(line);
}

/* Four records may wait; one more makes them go, and waits in their stead. */
static void corked_and_full(void **unused)
{
	struct line *line = line_open(100000);
	static char text[16384], got[16384];
	unsigned before;

	(void)unused;
	line_shake(line);
	before = line->down.writes;
	stls_tls_cork(line->server);
	for (int i = 0; i < 4; i++) {
		text[0] = (char)i;
		assert_int_equal(stls_tls_push(line->server, text, sizeof(text)), sizeof(text));
	}
	assert_int_equal(line->down.writes, before);
	text[0] = 4;
	assert_int_equal(stls_tls_push(line->server, text, sizeof(text)), sizeof(text));
	assert_int_equal(line->down.writes, before + 1);
	for (int i = 0; i < 5; i++) {
		if (i == 4)
			assert_int_equal(stls_tls_read(line->client, got, sizeof(got)), 0);
		if (i == 4)
			assert_int_equal(stls_tls_uncork(line->server), 1);
		assert_int_equal(stls_tls_read(line->client, got, sizeof(got)), sizeof(text));
		assert_int_equal(got[0], i);
	}
	stls_tls_cork(line->server);
	line->down.broken = 1;
	assert_int_equal(stls_tls_push(line->server, "late", 4), 4);
	assert_int_equal(stls_tls_uncork(line->server), -1);
	assert_int_equal(stls_tls_push(line->server, "later", 5), -1);
	line_free(line);
}

/* ---- what an idle session costs ---- */

#define SESSIONS 200

static size_t in_use(void)
{
	return mallinfo2().uordblks;
}

/* A session that kept a record buffer (16 KiB and more) would be over the bound. */
static void idle_memory(void **unused)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	static stls_tls *idle[SESSIONS];

	(void)unused;
	if (in_use() == 0)
		skip(); /* a sanitizer's malloc() does not tell */
	for (size_t v = 0; v < LENGTH(versions); v++) {
		size_t before = 0, each;

		for (int i = 0; i < SESSIONS; i++) {
			struct raw raw = raw_client(versions[v], versions[v]);
			char got[4];

			if (i == 1) /* the first one pays for what all share */
				before = in_use();
			raw_open(&raw);
			idle[i] = pair_open(server, STLS_SMTP, STLS_SERVER, NULL);
			raw_run(&raw, idle[i]);
			assert_int_equal(SSL_write(raw.ssl, "NOOP", 4), 4);
			raw_carry(&raw, idle[i]);
			assert_int_equal(stls_tls_read(idle[i], got, 4), 4);
			assert_int_equal(stls_tls_read(idle[i], got, 4), 0);
			raw_free(&raw);
		}
		each = (in_use() - before) / (SESSIONS - 1);
		print_message("an idle session of %s costs %zu octets\n", v ? "TLS 1.3" : "TLS 1.2",
		              each);
		assert_true(each < 20000);
		for (int i = 0; i < SESSIONS; i++)
			stls_tls_free(idle[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(narrow),
	    cmocka_unit_test(partial_writes),
	    cmocka_unit_test(whole_records),
	    cmocka_unit_test(fed_before),
	    cmocka_unit_test(closes),
	    cmocka_unit_test(cuts),
	    cmocka_unit_test(cut_in_the_handshake),
	    cmocka_unit_test(plaintext_instead),
	    cmocka_unit_test(key_update_and_a_full_pipe),
	    cmocka_unit_test(corked),
	    cmocka_unit_test(a_ticket),
	    cmocka_unit_test(a_ticket_that_waits),
	    cmocka_unit_test(corked_and_full),
	    cmocka_unit_test(idle_memory),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
