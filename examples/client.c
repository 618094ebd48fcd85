/* SPDX-License-Identifier: ISC */
/* A whole client: SMTP, STARTTLS, a verified server, and its EHLO list from inside TLS. */
#include <err.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <starttls/tls.h>

/* The plaintext phase: it ends with the receipt that TLS starts from. */
static struct stls_receipt upgrade(stls_dialogue *dialogue, int fd)
{
	char in[4096];
	size_t count, unread = 0; /* octets at the beginning of in that were not taken */
	for (enum stls_need need; (need = stls_need(dialogue)) == STLS_IN || need == STLS_OUT;) {
		const char *out = stls_out(dialogue, &count);
		ssize_t done = need == STLS_OUT ? write(fd, out, count)
		                                : read(fd, in + unread, sizeof(in) - unread);
		if (done <= 0)
			stls_eof(dialogue);
		else if (need == STLS_OUT)
			stls_sent(dialogue, (size_t)done);
		else
			unread += (size_t)done;
		count = stls_feed(dialogue, in, unread);
		memmove(in, in + count, unread -= count);
	}
	return stls_switch(dialogue, in, unread); /* the law: nothing may be unread */
}

/* One step of ciphertext: out, if there is some, else in. */
static void move(stls_tls *tls, int fd)
{
	char bytes[4096];
	size_t count;
	const char *out = stls_tls_out(tls, &count);
	ssize_t done = count > 0 ? write(fd, out, count) : read(fd, bytes, sizeof(bytes));
	if (done > 0 && count > 0)
		stls_tls_sent(tls, (size_t)done);
	else if (done <= 0 || stls_tls_feed(tls, bytes, (size_t)done) != 0)
		stls_tls_eof(tls);
	if (stls_tls_need(tls) == STLS_FAILED || (done <= 0 && count > 0))
		errx(1, "%s", stls_fault_sentence(stls_tls_fault(tls)));
}

int main(int argc, char **argv)
{
	struct stls_spec spec = {sizeof(spec), STLS_SMTP, STLS_CLIENT, STLS_MUST};
	struct stls_tls_settings settings = {sizeof(settings), STLS_CLIENT,
	                                     argc > 3 ? argv[3] : NULL};
	struct stls_id id = {STLS_DNS_ID, argv[1], argc > 2 ? strlen(argv[1]) : 0};
	struct stls_tls_peer peer = {sizeof(peer), argv[1], STLS_TRUST_PKIX, &id, 1};
	struct stls_tls_error error;
	stls_dialogue *dialogue = stls_open(&spec);
	stls_tls_context *context = stls_tls_context_new(&settings, &error);
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *a;
	if (argc < 3 || !dialogue || !context || getaddrinfo(argv[1], argv[2], &hints, &a) != 0)
		errx(1, "client HOST PORT [CA.pem]: %s", context ? "no such host" : error.text);
	int fd = -1;
	for (; a != NULL && fd < 0; a = a->ai_next)
		if (connect(fd = socket(a->ai_family, SOCK_STREAM, 0), a->ai_addr, a->ai_addrlen) !=
		    0)
			fd = -1; /* upgrade() hears of it */
	struct stls_receipt receipt = upgrade(dialogue, fd);
	stls_tls *tls = stls_tls_open(context, &receipt, &peer);
	if (tls == NULL)
		errx(1, "%s", stls_fault_sentence(stls_fault(dialogue)));
	while (stls_tls_need(tls) != STLS_DONE)
		move(tls, fd);
	char reply[8192] = "\n"; /* what was heard before TLS is forgotten: ask again */
	ptrdiff_t length = 1, got = stls_tls_write(tls, "EHLO client.example.org\r\n", 25);
	while (got >= 0 && length < 8191 && (got = stls_tls_read(tls, reply + length, 1)) >= 0)
		if (got == 0)
			move(tls, fd);
		else if (reply[length++] == '\n' && strstr(reply, "\n250 ") != NULL)
			break;
	printf("%s", reply + 1);
	return got < 0 || stls_tls_write(tls, "QUIT\r\n", 6) != 0 || (move(tls, fd), 0);
}
