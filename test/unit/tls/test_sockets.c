/* SPDX-License-Identifier: ISC */
/* TLS straight on a socket that takes and gives little, and not always. */
#include "mail.h"

#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "tls/direct.h"

/* ---- one end of a socketpair ---- */

struct tap {
	int fd;
	size_t step; /* so many octets at once */
	bool turns;  /* every other call would block */
	unsigned calls;
	bool stuffed; /* nothing goes out */
	bool broken;
};

static bool waits(struct tap *tap)
{
	return tap->turns && tap->calls++ % 2 == 0;
}

static ptrdiff_t tap_recv(void *owner, void *bytes, size_t count)
{
	struct tap *tap = owner;
	ssize_t n;

	if (tap->broken)
		return TLS_PIPE_BROKEN;
	if (waits(tap))
		return TLS_PIPE_WAIT;
	n = recv(tap->fd, bytes, count < tap->step ? count : tap->step, MSG_DONTWAIT);
	return n < 0 ? TLS_PIPE_WAIT : n;
}

static ptrdiff_t tap_send(void *owner, const void *bytes, size_t count)
{
	struct tap *tap = owner;
	ssize_t n;

	if (tap->broken)
		return TLS_PIPE_BROKEN;
	if (tap->stuffed || waits(tap))
		return TLS_PIPE_WAIT;
	n = send(tap->fd, bytes, count < tap->step ? count : tap->step,
	         MSG_DONTWAIT | MSG_NOSIGNAL);
	return n < 0 ? TLS_PIPE_WAIT : n;
}

static void put_on(stls_tls *tls, struct tap *tap)
{
	stls_tls_direct(tls, &(struct tls_pipe){tap, tap_recv, tap_send});
}

/* ---- two of them ---- */

struct line {
	struct tap near, far;
	stls_tls *client, *server;
};

static void open_line(struct line *line, size_t step, bool turns)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	line->near = (struct tap){.fd = fds[0], .step = step, .turns = turns};
	line->far = (struct tap){.fd = fds[1], .step = step, .turns = turns};
	line->client = pair_open(client, STLS_IMAP, STLS_CLIENT, &peer);
	line->server = pair_open(server, STLS_IMAP, STLS_SERVER, NULL);
}

static void close_line(struct line *line)
{
	stls_tls_free(line->client);
	stls_tls_free(line->server);
	close(line->near.fd);
	close(line->far.fd);
	assert_int_equal(ERR_peek_error(), 0);
}

static bool is_settled(enum stls_need need)
{
	return need == STLS_DONE || need == STLS_FAILED;
}

/* An owner that asks again and again, and reads as soon as it may; it must not take
 * for ever. */
static void shake(struct line *line)
{
	enum stls_need here = STLS_IN, there = STLS_IN;
	char nothing[1];

	for (unsigned i = 0; i < 100000 && !(is_settled(here) && is_settled(there)); i++) {
		here = stls_tls_advance(line->client);
		there = stls_tls_advance(line->server);
		if (here == STLS_DONE) /* tickets */
			assert_int_equal(stls_tls_read(line->client, nothing, 1), 0);
	}
	assert_int_equal(here, STLS_DONE);
	assert_int_equal(there, STLS_DONE);
}

static void put_both_on(struct line *line)
{
	put_on(line->client, &line->near);
	put_on(line->server, &line->far);
	shake(line);
}

/* Pushes text at one end until it has come out at the other. */
static void pass(stls_tls *from, stls_tls *to, const char *text, size_t count)
{
	char *got = malloc(count);
	size_t pushed = 0, read = 0;

	for (unsigned i = 0; i < 1000000 && read < count; i++) {
		ptrdiff_t n =
		    pushed < count ? stls_tls_push(from, text + pushed, count - pushed) : 0;

		assert_true(n >= 0);
		pushed += (size_t)n;
		n = stls_tls_read(to, got + read, count - read);
		assert_true(n >= 0);
		read += (size_t)n;
	}
	assert_int_equal(read, count);
	assert_memory_equal(got, text, count);
	free(got);
}

/* ---- what is tried ---- */

static const struct {
	size_t step;
	bool turns;
} ways[] = {{1, false}, {1, true}, {7, true}, {4096, true}, {65536, false}};

static void any_pipe(void **unused)
{
	static char much[40000];

	(void)unused;
	for (size_t i = 0; i < sizeof(much); i++)
		much[i] = (char)(i * 7 + i / 251);
	for (size_t i = 0; i < LENGTH(ways); i++) {
		struct line line;
		struct stls_facts facts;

		open_line(&line, ways[i].step, ways[i].turns);
		put_both_on(&line);
		stls_tls_facts(line.server, &facts);
		assert_string_equal(facts.alpn, "imap");
		pass(line.client, line.server, "a NOOP\r\n", 8);
		pass(line.server, line.client, much, sizeof(much));
		pass(line.client, line.server, much, sizeof(much));
		close_line(&line);
	}
}

/* More in a record than is read at once: the pipe may be empty, and yet there is
 * something. */
static void pending(void **unused)
{
	struct line line;
	char got[8];

	(void)unused;
	open_line(&line, 65536, false);
	put_both_on(&line);
	assert_int_equal(stls_tls_read(line.server, got, 4), 0);
	assert_false(stls_tls_pending(line.server));
	assert_int_equal(stls_tls_push(line.client, "a NOOP\r\n", 8), 8);
	assert_int_equal(stls_tls_push(line.client, "b NOOP\r\n", 8), 8);
	assert_int_equal(stls_tls_read(line.server, got, 8), 8);
	assert_true(stls_tls_pending(line.server)); /* the other record */
	assert_int_equal(stls_tls_read(line.server, got, 3), 3);
	assert_true(stls_tls_pending(line.server));
	assert_int_equal(stls_tls_read(line.server, got, 8), 5);
	assert_int_equal(stls_tls_read(line.server, got, 8), 0);
	assert_false(stls_tls_pending(line.server));
	close_line(&line);
}

/* TLS-18: the notice goes out, however full the pipe was, and whatever was read
 * meanwhile. */
static void finish(void **unused)
{
	struct line line;
	char got[8];

	(void)unused;
	open_line(&line, 65536, false);
	put_both_on(&line);
	line.far.stuffed = true;
	assert_int_equal(stls_tls_finish(line.server), 0);
	assert_int_equal(stls_tls_push(line.client, "late", 4), 4);
	assert_int_equal(stls_tls_read(line.server, got, sizeof(got)), 4);
	assert_int_equal(stls_tls_read(line.server, got, sizeof(got)), 0);
	assert_int_equal(stls_tls_finish(line.server), 0);
	assert_int_equal(stls_tls_read(line.client, got, sizeof(got)), 0);
	line.far.stuffed = false;
	assert_int_equal(stls_tls_finish(line.server), 1);
	assert_int_equal(stls_tls_finish(line.server), 1);
	assert_int_equal(stls_tls_push(line.server, "more", 4), -1);
	assert_int_equal(stls_tls_read(line.client, got, sizeof(got)), -1);
	assert_int_equal(stls_tls_end(line.client), STLS_END_CLOSED);
	/* and the other way, in a pipe that is not full */
	assert_int_equal(stls_tls_finish(line.client), 1);
	assert_int_equal(stls_tls_read(line.server, got, sizeof(got)), -1);
	assert_int_equal(stls_tls_end(line.server), STLS_END_CLOSED);
	pair_expect(line.server, STLS_FAULT_NONE);
	close_line(&line);
}

/* A pipe that breaks at any point ends the connection: nobody waits for it. */
static void broken(void **unused)
{
	(void)unused;
	for (int late = 0; late < 2; late++) {
		struct line line;
		char got[8];

		open_line(&line, 65536, false);
		put_on(line.client, &line.near);
		put_on(line.server, &line.far);
		if (late)
			shake(&line);
		line.near.broken = line.far.broken = true;
		assert_int_equal(stls_tls_advance(line.client), late ? STLS_DONE : STLS_FAILED);
		assert_int_equal(stls_tls_advance(line.server), late ? STLS_DONE : STLS_FAILED);
		assert_int_equal(stls_tls_push(line.client, "x", 1), -1);
		assert_int_equal(stls_tls_read(line.server, got, sizeof(got)), -1);
		pair_expect(line.server, late ? STLS_FAULT_CUT : STLS_FAULT_CLOSED);
		close_line(&line);
	}
}

/* The alert is out when the handshake has failed (RFC 8446 section 6.2). */
static void alert(void **unused)
{
	static const struct stls_id other = {STLS_DNS_ID, "mail.example.net", 16};
	struct stls_tls_peer wrong = peer;
	struct line line;
	enum stls_need need = STLS_IN;

	(void)unused;
	wrong.wanted = &other;
	open_line(&line, 65536, false);
	stls_tls_free(line.client);
	line.client = pair_open(client, STLS_IMAP, STLS_CLIENT, &wrong);
	put_on(line.client, &line.near);
	put_on(line.server, &line.far);
	for (int i = 0; i < 9 && need != STLS_FAILED; i++) {
		need = stls_tls_advance(line.client);
		stls_tls_advance(line.server);
	}
	pair_expect(line.client, STLS_FAULT_MISMATCH);
	/* a server of TLS 1.3 learns of it when it reads */
	assert_int_equal(stls_tls_read(line.server, (char[8]){0}, 8), -1);
	pair_expect(line.server, STLS_FAULT_CERTIFICATE);
	close_line(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_pipe), cmocka_unit_test(pending), cmocka_unit_test(finish),
	    cmocka_unit_test(broken),   cmocka_unit_test(alert),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
