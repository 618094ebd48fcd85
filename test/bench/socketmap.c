/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "socketmap.h"

void socketmap_give_up(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static int dial(int family, const void *to, socklen_t length, const char *address)
{
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, to, length) < 0)
		socketmap_give_up(address);
	return fd;
}

static int dial_unix(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	return dial(AF_UNIX, &to, sizeof(to), path);
}

int socketmap_dial(const char *address)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	const char *colon = strrchr(address, ':');
	char host[64] = "";
	int fd, on = 1;

	if (strncmp(address, "unix:", 5) == 0)
		return dial_unix(address + 5);
	if (colon && colon - address < (ptrdiff_t)sizeof(host))
		memcpy(host, address, (size_t)(colon - address));
	if (!colon || inet_pton(AF_INET, host, &to.sin_addr) != 1)
		socketmap_give_up(address);
	to.sin_port = htons((uint16_t)atoi(colon + 1));
	fd = dial(AF_INET, &to, sizeof(to), address);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

size_t socketmap_question(char *out, const char *map, const char *name)
{
	return (size_t)snprintf(out, SOCKETMAP_QUESTION, "%zu:%s %s,",
	                        strlen(map) + 1 + strlen(name), map, name);
}

size_t socketmap_reply(const char *bytes, size_t count, const char **body, size_t *length)
{
	size_t digits = 0, value = 0;

	while (digits < count && bytes[digits] >= '0' && bytes[digits] <= '9')
		value = value * 10 + (size_t)(bytes[digits++] - '0');
	if (digits == count || digits + value + 2 > count)
		return 0;
	*body = bytes + digits + 1;
	*length = value;
	return digits + value + 2;
}

void socketmap_send(int fd, const char *bytes, size_t count)
{
	while (count > 0) {
		ssize_t n = write(fd, bytes, count);

		if (n <= 0)
			socketmap_give_up("write");
		bytes += n;
		count -= (size_t)n;
	}
}

int64_t socketmap_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
