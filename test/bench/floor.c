/* SPDX-License-Identifier: ISC */
/*
 * What no server is below: waits for one connection at a time, and gives the same
 * reply to each question, without reading it.  Two system calls, and nothing between.
 *
 *	bench-floor ADDRESS
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "socketmap.h"

static const char reply[] = "48:OK secure match=mx.many.test servername=hostname,";

static int listen_unix(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 16) < 0)
		socketmap_give_up(path);
	return fd;
}

static int listen_tcp(const char *address)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_port = htons((uint16_t)atoi(strrchr(address, ':') + 1));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 16) < 0)
		socketmap_give_up(address);
	return fd;
}

static void serve(int fd)
{
	static char in[16384], out[65536];
	ssize_t count;

	while ((count = read(fd, in, sizeof(in))) > 0) {
		size_t length = 0;

		for (ssize_t i = 0; i < count; i++) {
			if (in[i] != ',')
				continue;
			if (length + sizeof(reply) > sizeof(out)) {
				socketmap_send(fd, out, length);
				length = 0;
			}
			memcpy(out + length, reply, sizeof(reply) - 1);
			length += sizeof(reply) - 1;
		}
		socketmap_send(fd, out, length);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	int fd, listener, on = 1;

	if (argc != 2 || !strchr(argv[1], ':')) {
		fprintf(stderr, "usage: bench-floor 127.0.0.1:PORT | unix:PATH\n");
		return 2;
	}
	listener =
	    strncmp(argv[1], "unix:", 5) == 0 ? listen_unix(argv[1] + 5) : listen_tcp(argv[1]);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		serve(fd);
	}
	return 1;
}
