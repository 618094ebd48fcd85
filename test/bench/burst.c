/* SPDX-License-Identifier: ISC */
/*
 * Asks a socketmap service everything at once.  A line of the file is a connection,
 * and has the destinations that are asked for on it, between blanks.
 *
 *	bench-burst ADDRESS MAP FILE SECONDS
 *
 * Prints a line for each reply that came in that time, as it comes: microseconds
 * since the first question, the destination, and the reply's first word.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "socketmap.h"

#define LINES 1000
#define LONGEST 65536 /* octets of a line */
#define REPLY 16384

struct line {
	char *names; /* what has not been answered yet */
	char in[REPLY];
	size_t filled;
};

struct burst {
	const char *map;
	struct line *lines[LINES];
	struct pollfd fds[LINES];
	nfds_t count, open;
	int64_t begun;
};

static void read_lines(struct burst *burst, const char *address, const char *path)
{
	static char text[LONGEST];
	FILE *file = fopen(path, "r");

	if (!file)
		socketmap_give_up(path);
	while (burst->count < LINES && fgets(text, sizeof(text), file)) {
		struct line *line = calloc(1, sizeof(*line));

		if (!line)
			socketmap_give_up("memory");
		text[strcspn(text, "\n")] = '\0';
		line->names = strdup(text);
		burst->lines[burst->count] = line;
		burst->fds[burst->count++] =
		    (struct pollfd){.fd = socketmap_dial(address), .events = POLLIN};
	}
	fclose(file);
}

static void ask(const struct burst *burst, nfds_t which)
{
	static char out[LONGEST * 2];
	char *names = strdup(burst->lines[which]->names), *rest = NULL;
	size_t length = 0;

	for (char *name = strtok_r(names, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
		if (length + SOCKETMAP_QUESTION > sizeof(out))
			socketmap_give_up("a line that is too long");
		length += socketmap_question(out + length, burst->map, name);
	}
	socketmap_send(burst->fds[which].fd, out, length);
	free(names);
}

static void told(const struct burst *burst, struct line *line, const char *body, size_t length)
{
	size_t name = strcspn(line->names, " ");
	const char *blank = memchr(body, ' ', length);

	printf("%" PRId64 " %.*s %.*s\n", socketmap_clock() - burst->begun, (int)name, line->names,
	       (int)(blank ? blank - body : (ptrdiff_t)length), body);
	line->names += name + (line->names[name] == ' ');
}

static void hear(struct burst *burst, nfds_t which)
{
	struct line *line = burst->lines[which];
	ssize_t n = read(burst->fds[which].fd, line->in + line->filled, REPLY - line->filled);
	size_t at = 0, reply, length;
	const char *body;

	if (n > 0)
		line->filled += (size_t)n;
	while ((reply = socketmap_reply(line->in + at, line->filled - at, &body, &length))) {
		told(burst, line, body, length);
		at += reply;
	}
	memmove(line->in, line->in + at, line->filled - at);
	line->filled -= at;
	if (n > 0 && *line->names)
		return;
	burst->fds[which].fd = -1; /* the socket ends with the process */
	burst->open--;
}

int main(int argc, char **argv)
{
	static struct burst burst;
	int64_t left;

	if (argc != 5) {
		fprintf(stderr, "usage: bench-burst ADDRESS MAP FILE SECONDS\n");
		return 2;
	}
	burst.map = argv[2];
	read_lines(&burst, argv[1], argv[3]);
	burst.open = burst.count;
	burst.begun = socketmap_clock();
	for (nfds_t i = 0; i < burst.count; i++)
		ask(&burst, i);
	while (burst.open &&
	       (left = burst.begun + atoll(argv[4]) * 1000000 - socketmap_clock()) > 0) {
		if (poll(burst.fds, burst.count, (int)(left / 1000) + 1) < 0)
			socketmap_give_up("poll");
		for (nfds_t i = 0; i < burst.count; i++)
			if (burst.fds[i].revents)
				hear(&burst, i);
	}
	return 0;
}
