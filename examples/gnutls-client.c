/* SPDX-License-Identifier: ISC */
/*
 * A client whose TLS is GnuTLS: libstarttls only brings it to where TLS starts.
 *
 *	cc gnutls-client.c $(pkg-config --cflags --libs starttls gnutls) -o gnutls-client
 *	./gnutls-client HOST PORT [AUTHORITIES.pem]
 */
#include <err.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

#include <starttls/starttls.h>

static int dial(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *at;
	int wrong = getaddrinfo(host, port, &hints, &list), fd = -1;

	if (wrong != 0)
		errx(1, "%s: %s", host, gai_strerror(wrong));
	for (at = list; at != NULL && fd < 0; at = at->ai_next) {
		fd = socket(at->ai_family, SOCK_STREAM, 0);
		if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	if (fd < 0)
		err(1, "%s", host);
	return fd;
}

static void say(stls_dialogue *dialogue, int fd)
{
	size_t count;
	const char *out = stls_out(dialogue, &count);
	ssize_t sent = write(fd, out, count);

	if (sent < 0)
		err(1, "write");
	stls_sent(dialogue, (size_t)sent);
}

/* What was not taken is kept at the beginning of in: it is unread. */
static void hear(stls_dialogue *dialogue, int fd, char *in, size_t size, size_t *unread)
{
	ssize_t got = read(fd, in + *unread, size - *unread);
	size_t taken;

	if (got <= 0) {
		stls_eof(dialogue);
		return;
	}
	*unread += (size_t)got;
	taken = stls_feed(dialogue, in, *unread);
	memmove(in, in + taken, *unread - taken);
	*unread -= taken;
}

static struct stls_receipt upgrade(int fd)
{
	struct stls_spec spec = {.size = sizeof(spec),
	                         .protocol = STLS_SMTP,
	                         .role = STLS_CLIENT,
	                         .demand = STLS_MUST,
	                         .name = "client.example.org"};
	stls_dialogue *dialogue = stls_open(&spec);
	struct stls_receipt receipt = {0};
	char in[4096];
	size_t unread = 0;

	if (dialogue == NULL)
		errx(1, "out of memory");
	for (;;) {
		switch (stls_need(dialogue)) {
		case STLS_OUT: say(dialogue, fd); continue;
		case STLS_IN: hear(dialogue, fd, in, sizeof(in), &unread); continue;
		case STLS_SWITCH: receipt = stls_switch(dialogue, in, unread); break;
		default: break;
		}
		break;
	}
	if (!stls_receipt_good(&receipt))
		errx(1, "%s", stls_fault_sentence(stls_fault(dialogue)));
	stls_close(dialogue);
	return receipt;
}

static void check(int result, const char *what)
{
	if (result < 0)
		errx(1, "%s: %s", what, gnutls_strerror(result));
}

static gnutls_certificate_credentials_t trust(const char *authorities)
{
	gnutls_certificate_credentials_t credentials;

	check(gnutls_certificate_allocate_credentials(&credentials), "credentials");
	check(authorities == NULL ? gnutls_certificate_set_x509_system_trust(credentials)
	                          : gnutls_certificate_set_x509_trust_file(credentials, authorities,
	                                                                   GNUTLS_X509_FMT_PEM),
	      "authorities");
	return credentials;
}

/* The receipt is spent where the handshake starts, and there is none without. */
static gnutls_session_t handshake(struct stls_receipt *receipt, int fd, const char *host,
                                  gnutls_certificate_credentials_t credentials)
{
	gnutls_session_t session;
	int result;

	if (!stls_receipt_spend(receipt))
		errx(1, "the receipt is void");
	check(gnutls_init(&session, GNUTLS_CLIENT), "session");
	check(gnutls_set_default_priority(session), "priority");
	check(gnutls_server_name_set(session, GNUTLS_NAME_DNS, host, strlen(host)), "name");
	check(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials), "credentials");
	gnutls_session_set_verify_cert(session, host, 0);
	gnutls_transport_set_int(session, fd);
	do
		result = gnutls_handshake(session);
	while (result < 0 && !gnutls_error_is_fatal(result));
	check(result, "handshake");
	return session;
}

/* A command, and its reply to standard output. */
static void ask(gnutls_session_t session, const char *command)
{
	char line[2048];
	size_t length = 0;

	check((int)gnutls_record_send(session, command, strlen(command)), "send");
	for (;;) {
		ssize_t got = gnutls_record_recv(session, line + length, 1);

		if (got == GNUTLS_E_INTERRUPTED || got == GNUTLS_E_AGAIN)
			continue;
		if (got <= 0 || length + 2 > sizeof(line))
			errx(1, "the reply was cut");
		if (line[length++] != '\n')
			continue;
		fwrite(line, 1, length, stdout);
		if (length < 4 || line[3] != '-')
			return;
		length = 0;
	}
}

int main(int argc, char **argv)
{
	struct stls_receipt receipt;
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
	int fd;

	if (argc < 3)
		errx(2, "usage: gnutls-client HOST PORT [AUTHORITIES.pem]");
	fd = dial(argv[1], argv[2]);
	receipt = upgrade(fd);
	credentials = trust(argv[3]);
	session = handshake(&receipt, fd, argv[1], credentials);
	ask(session, "EHLO client.example.org\r\n"); /* the list before TLS is forgotten */
	ask(session, "QUIT\r\n");
	gnutls_bye(session, GNUTLS_SHUT_WR);
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(credentials);
	close(fd);
	return 0;
}
