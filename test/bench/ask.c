/* SPDX-License-Identifier: ISC */
/*
 * Asks a socketmap service, so many questions in all, so many of them at once, about
 * the destinations of a file in turn.
 *
 *	bench-ask HOST PORT MAP FILE COUNT OUTSTANDING
 *
 * Prints how long that took in microseconds, and how many answers began with OK,
 * NOTFOUND, and something else.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DESTINATIONS 20000
#define AT_ONCE 4096 /* questions */

struct asker {
	int fd;
	const char *map;
	char *names[DESTINATIONS];
	size_t name_count, next;
	long left, outstanding, most;
	char in[1 << 17]; /* [0, filled) */
	size_t filled;
	long ok, not_found, other;
};

static void give_up(const char *what)
{
	fprintf(stderr, "bench-ask: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void read_names(struct asker *asker, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[300];

	if (!file)
		give_up(path);
	while (asker->name_count < DESTINATIONS && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		asker->names[asker->name_count++] = strdup(line);
	}
	fclose(file);
	if (!asker->name_count)
		give_up("no destinations");
}

static void dial(struct asker *asker, const char *host, const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int on = 1;

	inet_pton(AF_INET, host, &to.sin_addr);
	asker->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(asker->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		give_up("connect");
	setsockopt(asker->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void send_all(int fd, const char *bytes, size_t count)
{
	while (count > 0) {
		ssize_t n = write(fd, bytes, count);

		if (n <= 0)
			give_up("write");
		bytes += n;
		count -= (size_t)n;
	}
}

static void ask(struct asker *asker)
{
	static char out[AT_ONCE * 340];
	size_t length = 0;

	while (asker->left > 0 && asker->outstanding < asker->most) {
		const char *name = asker->names[asker->next++ % asker->name_count];
		size_t body = strlen(asker->map) + 1 + strlen(name);

		length += (size_t)sprintf(out + length, "%zu:%s %s,", body, asker->map, name);
		asker->left--;
		asker->outstanding++;
	}
	send_all(asker->fd, out, length);
}

static void count(struct asker *asker, const char *body)
{
	if (strncmp(body, "OK ", 3) == 0)
		asker->ok++;
	else if (strncmp(body, "NOTFOUND", 8) == 0)
		asker->not_found++;
	else
		asker->other++;
	asker->outstanding--;
}

static void hear(struct asker *asker)
{
	ssize_t n =
	    read(asker->fd, asker->in + asker->filled, sizeof(asker->in) - 1 - asker->filled);
	size_t at = 0;

	if (n <= 0)
		give_up("read");
	asker->filled += (size_t)n;
	asker->in[asker->filled] = '\0';
	while (at < asker->filled) {
		char *colon = memchr(asker->in + at, ':', asker->filled - at);
		size_t body = colon ? strtoul(asker->in + at, NULL, 10) : 0;

		if (!colon || (size_t)(colon - asker->in) + body + 2 > asker->filled)
			break;
		count(asker, colon + 1);
		at = (size_t)(colon - asker->in) + body + 2;
	}
	memmove(asker->in, asker->in + at, asker->filled - at);
	asker->filled -= at;
}

static int64_t clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
	static struct asker asker;
	int64_t begun;

	if (argc != 7) {
		fprintf(stderr, "usage: bench-ask HOST PORT MAP FILE COUNT OUTSTANDING\n");
		return 2;
	}
	asker.map = argv[3];
	read_names(&asker, argv[4]);
	asker.left = atol(argv[5]);
	asker.most = atol(argv[6]) < AT_ONCE ? atol(argv[6]) : AT_ONCE;
	dial(&asker, argv[1], argv[2]);
	begun = clock_us();
	while (asker.left > 0 || asker.outstanding > 0) {
		ask(&asker);
		hear(&asker);
	}
	printf("%" PRId64 " %ld %ld %ld\n", clock_us() - begun, asker.ok, asker.not_found,
	       asker.other);
	return 0;
}
