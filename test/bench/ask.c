/* SPDX-License-Identifier: ISC */
/*
 * Asks a socketmap service, so many questions in all, so many of them at once, about
 * the destinations of a file in turn.
 *
 *	bench-ask ADDRESS MAP FILE COUNT OUTSTANDING
 *
 * Prints how long that took in microseconds, and how many answers began with OK,
 * NOTFOUND, and something else.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "socketmap.h"

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

static void read_names(struct asker *asker, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[300];

	if (!file)
		socketmap_give_up(path);
	while (asker->name_count < DESTINATIONS && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		asker->names[asker->name_count++] = strdup(line);
	}
	fclose(file);
	if (!asker->name_count)
		socketmap_give_up("no destinations");
}

static void ask(struct asker *asker)
{
	static char out[AT_ONCE * SOCKETMAP_QUESTION];
	size_t length = 0;

	while (asker->left > 0 && asker->outstanding < asker->most) {
		const char *name = asker->names[asker->next++ % asker->name_count];

		length += socketmap_question(out + length, asker->map, name);
		asker->left--;
		asker->outstanding++;
	}
	socketmap_send(asker->fd, out, length);
}

static void count(struct asker *asker, const char *body, size_t length)
{
	if (length >= 3 && memcmp(body, "OK ", 3) == 0)
		asker->ok++;
	else if (length >= 8 && memcmp(body, "NOTFOUND", 8) == 0)
		asker->not_found++;
	else
		asker->other++;
	asker->outstanding--;
}

static void hear(struct asker *asker)
{
	ssize_t n = read(asker->fd, asker->in + asker->filled, sizeof(asker->in) - asker->filled);
	size_t at = 0, reply, length;
	const char *body;

	if (n <= 0)
		socketmap_give_up("read");
	asker->filled += (size_t)n;
	while ((reply = socketmap_reply(asker->in + at, asker->filled - at, &body, &length))) {
		count(asker, body, length);
		at += reply;
	}
	memmove(asker->in, asker->in + at, asker->filled - at);
	asker->filled -= at;
}

int main(int argc, char **argv)
{
	static struct asker asker;
	int64_t begun;

	if (argc != 6) {
		fprintf(stderr, "usage: bench-ask ADDRESS MAP FILE COUNT OUTSTANDING\n");
		return 2;
	}
	asker.map = argv[2];
	read_names(&asker, argv[3]);
	asker.left = atol(argv[4]);
	asker.most = atol(argv[5]) < AT_ONCE ? atol(argv[5]) : AT_ONCE;
	asker.fd = socketmap_dial(argv[1]);
	begun = socketmap_clock();
	while (asker.left > 0 || asker.outstanding > 0) {
		ask(&asker);
		hear(&asker);
	}
	printf("%" PRId64 " %ld %ld %ld\n", socketmap_clock() - begun, asker.ok, asker.not_found,
	       asker.other);
	return 0;
}
