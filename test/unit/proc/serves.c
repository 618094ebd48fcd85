/* SPDX-License-Identifier: ISC */
/* What goes on in the sandbox: all that a worker does. */
#define _GNU_SOURCE
#include "children.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "../tls/certs.h"
#include "../tls/pair.h"
#include "loop/loop.h"
#include "loop/timer.h"

/* ---- TLS, over a socket ---- */

struct shake {
	struct raw server, client; /* contexts, prepared outside */
	int sockets[2];            /* the first one is the child's */
	bool serves;               /* what the child is */
	const struct raw *child, *parent;
};

static SSL *begin(const struct raw *raw, int fd, bool serves)
{
	SSL *ssl = SSL_new(raw->context);

	if (!ssl || SSL_set_fd(ssl, fd) != 1)
		return NULL;
	if (serves)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	return ssl;
}

/* The first handshake of this process: everything that is looked up once is now. */
static int shakes_hands(const void *given)
{
	const struct shake *shake = given;
	char text[8];
	SSL *ssl;

	enter_sandbox(false);
	ssl = begin(shake->child, shake->sockets[0], shake->serves);
	expect(ssl);
	expect(SSL_do_handshake(ssl) == 1);
	expect(shake->serves || SSL_get_verify_result(ssl) == X509_V_OK);
	expect(SSL_read(ssl, text, sizeof(text)) == 5);
	expect(SSL_write(ssl, text, 5) == 5);
	SSL_shutdown(ssl);
	SSL_free(ssl);
	return 0;
}

static void talk_to_child(const struct shake *shake)
{
	SSL *ssl = begin(shake->parent, shake->sockets[1], !shake->serves);
	char text[8] = "";

	assert_non_null(ssl);
	assert_int_equal(SSL_do_handshake(ssl), 1);
	assert_int_equal(SSL_write(ssl, "hello", 5), 5);
	assert_int_equal(SSL_read(ssl, text, sizeof(text)), 5);
	assert_string_equal(text, "hello");
	SSL_free(ssl);
}

static void shake_hands(enum who who, int version, bool serves)
{
	struct shake shake = {.serves = serves};
	pid_t pid;

	shake.server = raw_server(version, version, "server");
	shake.client = raw_client(version, version);
	shake.child = serves ? &shake.server : &shake.client;
	shake.parent = serves ? &shake.client : &shake.server;
	SSL_CTX_set_verify(shake.client.context, SSL_VERIFY_PEER, NULL);
	assert_int_equal(SSL_CTX_load_verify_file(shake.client.context, certs_chain("server")), 1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, shake.sockets), 0);
	pid = child_begin(who, shakes_hands, &shake);
	close(shake.sockets[0]);
	talk_to_child(&shake);
	close(shake.sockets[1]);
	assert_good(child_status(pid));
	raw_free(&shake.server);
	raw_free(&shake.client);
}

static void tls_is_spoken(void **state)
{
	(void)state;
	needs_sandbox();
	certs_begin();
	certs_make(&(struct certs_spec){.name = "server", .san = "DNS:server"});
	for (int who = 0; who < users(); who++)
		for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
			shake_hands((enum who)who, version, true);
			shake_hands((enum who)who, version, false);
		}
	certs_end();
}

/* ---- sockets ---- */

static int listen_at_loopback(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*address =
	    (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(bind(fd, (struct sockaddr *)address, length), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)address, &length), 0);
	return fd;
}

struct addresses {
	struct sockaddr_in tcp;
	struct sockaddr_un stream, datagram;
	int listener;
};

/* To itself: it is the client and the server. */
static void accepts(const struct addresses *addresses)
{
	int on = 1, client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), server;
	socklen_t length = sizeof(on);
	struct sockaddr_in peer;
	struct pollfd ready;
	char byte;

	expect(connect(client, (const struct sockaddr *)&addresses->tcp, sizeof(addresses->tcp)) ==
	       0);
	server = accept4(addresses->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	expect(server >= 0);
	expect(setsockopt(server, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) == 0);
	expect(getsockopt(server, SOL_SOCKET, SO_ERROR, &on, &length) == 0 && on == 0);
	length = sizeof(peer);
	expect(getpeername(server, (struct sockaddr *)&peer, &length) == 0);
	expect(send(client, "x", 1, MSG_NOSIGNAL) == 1);
	ready = (struct pollfd){.fd = server, .events = POLLIN};
	expect(poll(&ready, 1, 1000) == 1);
	expect(recv(server, &byte, 1, 0) == 1 && byte == 'x');
	expect(shutdown(client, SHUT_RDWR) == 0 && close(client) == 0 && close(server) == 0);
}

static void connects_to(const struct sockaddr_un *address, int type)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	expect(connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0);
	expect(send(fd, "x", 1, MSG_NOSIGNAL) == 1);
	close(fd);
}

static int uses_sockets(const void *given)
{
	const struct addresses *addresses = given;

	enter_sandbox(true);
	accepts(addresses);
	connects_to(&addresses->stream, SOCK_STREAM);
	connects_to(&addresses->datagram, SOCK_DGRAM);
	return 0;
}

static int bind_path(struct sockaddr_un *address, const char *name, int type)
{
	int fd = socket(AF_UNIX, type, 0);

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	strcpy(address->sun_path, folder_path(name));
	assert_int_equal(bind(fd, (struct sockaddr *)address, sizeof(*address)), 0);
	assert_int_equal(chmod(address->sun_path, 0666), 0);
	return fd;
}

static void sockets_are_used(void **state)
{
	struct addresses addresses;
	int stream, datagram;
	char bytes[4];

	(void)state;
	needs_sandbox();
	folder_begin();
	addresses.listener = listen_at_loopback(&addresses.tcp);
	stream = bind_path(&addresses.stream, "stream", SOCK_STREAM);
	datagram = bind_path(&addresses.datagram, "datagram", SOCK_DGRAM);
	assert_int_equal(listen(stream, 4), 0);
	for (int who = 0; who < users(); who++) {
		assert_good(status_of((enum who)who, uses_sockets, &addresses));
		assert_int_equal(recv(datagram, bytes, sizeof(bytes), MSG_DONTWAIT), 1);
	}
	unlink(addresses.stream.sun_path);
	unlink(addresses.datagram.sun_path);
	close(addresses.listener);
	close(stream);
	close(datagram);
	folder_end();
}

/* ---- the rest of a process ---- */

static void stop(void *loop)
{
	loop_stop(loop);
}

static int loops(const void *given)
{
	struct loop *loop;
	struct timer *timer;

	(void)given;
	enter_sandbox(false);
	loop = loop_create();
	expect(loop);
	timer = timer_open(loop, stop, loop);
	expect(timer && loop_signal(loop, SIGTERM, stop, loop) == 0);
	timer_set(timer, 20);
	expect(loop_run(loop) == 0);
	timer_set(timer, 10000);
	expect(raise(SIGTERM) == 0);
	expect(loop_run(loop) == 0 && timer_is_set(timer));
	timer_close(timer);
	loop_free(loop);
	return 0;
}

static void an_event_loop_begins_inside(void **state)
{
	(void)state;
	needs_sandbox();
	each_user_does(loops, NULL);
}

/* More than malloc has ready, from its heap and beside it. */
static void allocates(void)
{
	static char *pieces[2000];
	char *large = malloc(64 << 20);

	expect(large);
	memset(large, 1, 64 << 20);
	large = realloc(large, 96 << 20);
	expect(large);
	free(large);
	for (size_t i = 0; i < LENGTH(pieces); i++) {
		pieces[i] = calloc(1, 20000);
		expect(pieces[i]);
	}
	for (size_t i = 0; i < LENGTH(pieces); i++)
		free(pieces[i]);
}

static void tells_time(void)
{
	struct timespec now;
	struct tm tm;
	char text[64];

	expect(clock_gettime(CLOCK_REALTIME, &now) == 0);
	expect(gmtime_r(&now.tv_sec, &tm) && strftime(text, sizeof(text), "%FT%TZ", &tm) == 20);
	/* The zone is a file, which is not there now. */
	expect(localtime_r(&now.tv_sec, &tm) && strftime(text, sizeof(text), "%A %B %Z", &tm) > 0);
	now = (struct timespec){.tv_nsec = 1000000};
	expect(nanosleep(&now, NULL) == 0);
}

static int lives(const void *given)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	unsigned char chance[32];
	int pipe_ends[2];

	(void)given;
	enter_sandbox(false);
	allocates();
	tells_time();
	expect(RAND_bytes(chance, sizeof(chance)) == 1);
	expect(pthread_mutex_lock(&mutex) == 0 && pthread_mutex_unlock(&mutex) == 0);
	expect(pipe2(pipe_ends, O_CLOEXEC) == 0 && write(pipe_ends[1], "x", 1) == 1);
	/* stdio's buffers, and a message with an error in words. */
	expect(printf("# %s, %ld\n", strerror(EACCES), (long)getpid()) > 0 && fflush(stdout) == 0);
	return 0;
}

static void a_process_lives(void **state)
{
	(void)state;
	needs_sandbox();
	each_user_does(lives, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tls_is_spoken),
	    cmocka_unit_test(sockets_are_used),
	    cmocka_unit_test(an_event_loop_begins_inside),
	    cmocka_unit_test(a_process_lives),
	};
	return cmocka_run_group_tests_name("proc/serves", tests, NULL, NULL);
}
