/* SPDX-License-Identifier: ISC */
/* The other end of a log's descriptor: every write() arrives as one packet. */
#ifndef TEST_LOG_WIRE_H
#define TEST_LOG_WIRE_H

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/log.h"

struct wire {
	int writer, reader;
	char packet[2 * LOG_LINE];
};

static inline void wire_open(struct wire *wire)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	*wire = (struct wire){.writer = ends[0], .reader = ends[1]};
}

static inline void wire_close(struct wire *wire)
{
	close(wire->writer);
	close(wire->reader);
}

/* The next line without its newline, NULL when there is none.  Whatever is in it, it
 * is printable ASCII, and no longer than lines are. */
static inline const char *wire_line(struct wire *wire)
{
	ssize_t got = recv(wire->reader, wire->packet, sizeof(wire->packet) - 1, MSG_DONTWAIT);

	if (got < 0)
		return NULL;
	assert_in_range(got, 1, LOG_LINE);
	assert_int_equal(wire->packet[got - 1], '\n');
	wire->packet[--got] = '\0';
	for (ssize_t i = 0; i < got; i++)
		assert_in_range(wire->packet[i], ' ', '~');
	return wire->packet;
}

/* The same without its time. */
static inline const char *wire_timeless(struct wire *wire)
{
	const char *line = wire_line(wire);

	if (!line)
		return NULL;
	line = strchr(line, line[0] == '{' ? ',' : ' ');
	assert_non_null(line);
	return line + 1;
}

#endif
