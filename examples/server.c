/* SPDX-License-Identifier: ISC */
/*
 * A small SMTP server with STARTTLS: one client at a time, and what it is sent
 * goes to standard output.
 *
 *	cc server.c $(pkg-config --cflags --libs starttls-openssl) -o server
 *	./server PORT CHAIN.pem KEY.pem
 *
 * Port 0 chooses a free one; the first line of output says which.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <starttls/starttls.h>
#include <starttls/tls.h>

#define NAME "server.example.net"

/* ---- before TLS ---- */

/* What was read and not taken: commands, or the beginning of TLS. */
struct unread {
	char bytes[4096];
	size_t count;
};

static void hear(stls_dialogue *dialogue, int fd, struct unread *unread)
{
	ssize_t got = unread->count > 0 ? 0 : read(fd, unread->bytes, sizeof(unread->bytes));
	size_t taken;

	if (got > 0)
		unread->count = (size_t)got;
	if (unread->count == 0) {
		stls_eof(dialogue);
		return;
	}
	taken = stls_feed(dialogue, unread->bytes, unread->count);
	memmove(unread->bytes, unread->bytes + taken, unread->count - taken);
	unread->count -= taken;
}

static void say(stls_dialogue *dialogue, int fd)
{
	size_t count;
	const char *out = stls_out(dialogue, &count);
	ssize_t sent = write(fd, out, count);

	if (sent <= 0)
		stls_eof(dialogue);
	else
		stls_sent(dialogue, (size_t)sent);
}

/* A client that does not come to TLS gets a void receipt. */
static struct stls_receipt upgrade(int fd, struct unread *unread)
{
	struct stls_spec spec = {.size = sizeof(spec),
	                         .protocol = STLS_SMTP,
	                         .role = STLS_SERVER,
	                         .demand = STLS_REQUIRED,
	                         .name = NAME};
	struct stls_receipt receipt = {0};
	stls_dialogue *dialogue = stls_open(&spec);
	enum stls_need need;

	if (dialogue == NULL)
		return receipt;
	while ((need = stls_need(dialogue)) == STLS_IN || need == STLS_OUT)
		if (need == STLS_IN)
			hear(dialogue, fd, unread);
		else
			say(dialogue, fd);
	if (need == STLS_SWITCH)
		receipt = stls_switch(dialogue, unread->bytes, unread->count);
	if (stls_fault(dialogue) != STLS_FAULT_NONE)
		warnx("%s", stls_fault_sentence(stls_fault(dialogue)));
	stls_close(dialogue);
	return receipt;
}

/* ---- inside TLS ---- */

/* One step of ciphertext: out, if there is some, else in. */
static bool move(stls_tls *tls, int fd)
{
	char bytes[4096];
	size_t count;
	const char *out = stls_tls_out(tls, &count);
	ssize_t done = count > 0 ? write(fd, out, count) : read(fd, bytes, sizeof(bytes));

	if (count > 0) {
		stls_tls_sent(tls, done > 0 ? (size_t)done : 0);
		return done > 0;
	}
	if (done <= 0)
		stls_tls_eof(tls);
	else if (stls_tls_feed(tls, bytes, (size_t)done) != 0)
		return false;
	return stls_tls_need(tls) != STLS_FAILED;
}

/* A line without its CR LF; only CR LF ends one (RFC 5321 section 2.3.8). */
static bool read_line(stls_tls *tls, int fd, char *line, size_t size)
{
	for (size_t length = 0; length < size;) {
		ptrdiff_t got = stls_tls_read(tls, line + length, 1);

		if (got < 0 || (got == 0 && !move(tls, fd)))
			return false;
		length += (size_t)got;
		if (got > 0 && length >= 2 && memcmp(line + length - 2, "\r\n", 2) == 0) {
			line[length - 2] = '\0';
			return true;
		}
	}
	return false;
}

static bool reply(stls_tls *tls, const char *text)
{
	return stls_tls_write(tls, text, strlen(text)) == 0;
}

static bool take_message(stls_tls *tls, int fd)
{
	char line[2048];

	if (!reply(tls, "354 Go on\r\n"))
		return false;
	while (read_line(tls, fd, line, sizeof(line))) {
		if (strcmp(line, ".") == 0)
			return fflush(stdout) == 0 && reply(tls, "250 2.0.0 Taken\r\n");
		puts(line[0] == '.' ? line + 1 : line);
	}
	return false;
}

static bool is_command(const char *line, const char *command)
{
	return strncasecmp(line, command, strlen(command)) == 0;
}

/* One command; false when it is the last.  Nothing is known inside TLS of what
 * was said before it: without an EHLO in here there is no mail (RFC 3207 section
 * 4.2). */
static bool answer(stls_tls *tls, int fd, const char *line, bool *greeted)
{
	if (is_command(line, "EHLO ")) {
		*greeted = true;
		return reply(tls, "250-" NAME "\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n");
	}
	if (!*greeted && (is_command(line, "MAIL") || is_command(line, "DATA")))
		return reply(tls, "503 5.5.1 Say EHLO first\r\n");
	if (is_command(line, "MAIL FROM:") || is_command(line, "RCPT TO:") ||
	    is_command(line, "RSET") || is_command(line, "NOOP"))
		return reply(tls, "250 2.0.0 OK\r\n");
	if (is_command(line, "DATA"))
		return take_message(tls, fd);
	if (is_command(line, "STARTTLS"))
		return reply(tls, "503 5.5.1 TLS is active\r\n");
	if (is_command(line, "QUIT")) {
		reply(tls, "221 2.0.0 Bye\r\n");
		return false;
	}
	return reply(tls, "500 5.5.1 Command unrecognized\r\n");
}

static void serve_inside(stls_tls *tls, int fd)
{
	char line[2048];
	bool greeted = false;

	while (stls_tls_need(tls) != STLS_DONE)
		if (!move(tls, fd)) {
			size_t count;
			const char *alert = stls_tls_out(tls, &count);

			warnx("%s", stls_fault_sentence(stls_tls_fault(tls)));
			if (count > 0 && write(fd, alert, count) < 0)
				warn("write");
			return;
		}
	while (read_line(tls, fd, line, sizeof(line)) && answer(tls, fd, line, &greeted))
		;
	stls_tls_close(tls);
	while (stls_tls_need(tls) == STLS_OUT && move(tls, fd))
		;
}

static void serve(int fd, stls_tls_context *context)
{
	struct unread unread = {.count = 0};
	struct stls_receipt receipt = upgrade(fd, &unread);
	stls_tls *tls = stls_receipt_good(&receipt) ? stls_tls_open(context, &receipt, NULL) : NULL;

	/* What is unread here is the beginning of the client's handshake, or else
	 * there would be no receipt. */
	if (tls != NULL && stls_tls_feed(tls, unread.bytes, unread.count) == 0)
		serve_inside(tls, fd);
	stls_tls_free(tls);
}

/* ---- the listener ---- */

static int listen_on(int port)
{
	struct sockaddr_in here = {.sin_family = AF_INET,
	                           .sin_port = htons((in_port_t)port),
	                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(here);
	int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&here, size) != 0 || listen(fd, 16) != 0 ||
	    getsockname(fd, (struct sockaddr *)&here, &size) != 0)
		err(1, "listen");
	printf("port %d\n", ntohs(here.sin_port));
	fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	struct stls_tls_settings settings = {.size = sizeof(settings), .role = STLS_SERVER};
	struct stls_tls_error error;
	stls_tls_context *context = stls_tls_context_new(&settings, &error);
	int listener, fd;

	if (argc != 4)
		errx(2, "usage: server PORT CHAIN.pem KEY.pem");
	if (context == NULL || stls_tls_context_add(context, argv[2], argv[3], &error) != 0)
		errx(1, "%s", error.text);
	signal(SIGPIPE, SIG_IGN);
	listener = listen_on(atoi(argv[1]));
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		serve(fd, context);
		close(fd);
	}
	err(1, "accept");
}
