/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "loop/sockets.h"

struct sockets {
	struct socket_set *sets;
};

/* Whether a Unix socket is left over from somebody who is gone. */
static int is_stale(const struct sockaddr *address, socklen_t length)
{
	const struct sockaddr_un *unix_address = (const void *)address;
	struct stat file;
	int fd, stale;

	if (lstat(unix_address->sun_path, &file) < 0 || !S_ISSOCK(file.st_mode))
		return 0;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return 0;
	stale = connect(fd, address, length) < 0 && errno == ECONNREFUSED;
	close(fd);
	return stale;
}

/* Whoever may get at its folder may connect, whatever mask we were started with: clients
 * are other users, and to connect is to write (unix(7)). */
static int bind_open(int fd, const struct sockaddr *address, socklen_t length)
{
	const char *path = ((const struct sockaddr_un *)(const void *)address)->sun_path;

	return bind(fd, address, length) < 0 || chmod(path, 0666) < 0 ? -1 : 0;
}

static int bind_unix(int fd, const struct sockaddr *address, socklen_t length)
{
	if (bind_open(fd, address, length) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -1;
	if (!is_stale(address, length)) {
		errno = EADDRINUSE;
		return -1;
	}
	if (unlink(((const struct sockaddr_un *)(const void *)address)->sun_path) < 0)
		return -1;
	return bind_open(fd, address, length);
}

/* Inherited by what is accepted: a reply is one write, and is not to wait for the
 * acknowledgement of the one before; and a client that has vanished is noticed, though
 * nobody speaks for hours (its service asks us, and we would answer in its place). A Unix
 * socket knows of neither. */
static void set_for_accepted(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

static int bind_internet(int fd, const struct sockaddr *address, socklen_t length, int shared)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -1;
	if (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0)
		return -1;
	if (address->sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		return -1;
	set_for_accepted(fd);
	return bind(fd, address, length);
}

/* -1, with the errno that there was. */
static int give_up(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
	return -1;
}

/* Bound, not yet listening; -1 with errno. */
static int bound(const struct sockaddr *address, socklen_t length, int shared)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int done;

	if (fd < 0)
		return -1;
	done = address->sa_family == AF_UNIX ? bind_unix(fd, address, length)
	                                     : bind_internet(fd, address, length, shared);
	return done == 0 ? fd : give_up(fd);
}

/* The first of a set listens at once, so that the address is seen to be taken; the others
 * do when somebody accepts there. */
static int another(const struct sockaddr *address, socklen_t length, size_t before)
{
	int fd = bound(address, length, 1);

	return fd < 0 || before || listen(fd, SOMAXCONN) == 0 ? fd : give_up(fd);
}

/* A port that is shared among sockets of ours would be shared with a stranger's
 * of the same user, too: another daemon that was started by mistake.  One that
 * is not shared tells. */
static int is_free(const struct sockaddr *address, socklen_t length)
{
	int fd;

	if (address->sa_family == AF_UNIX)
		return 1;
	fd = bound(address, length, 0);
	if (fd < 0)
		return 0;
	close(fd);
	return 1;
}

struct sockets *sockets_new(void)
{
	return calloc(1, sizeof(struct sockets));
}

static void free_set(struct socket_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		close(set->fds[i]);
	free(set->fds);
	free(set);
}

void sockets_free(struct sockets *sockets)
{
	while (sockets && sockets->sets) {
		struct socket_set *set = sockets->sets;

		sockets->sets = set->next;
		free_set(set);
	}
	free(sockets);
}

/* Port 0 is another one each time. */
static int is_port_0(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return !((const struct sockaddr_in *)(const void *)address)->sin_port;
	if (address->sa_family == AF_INET6)
		return !((const struct sockaddr_in6 *)(const void *)address)->sin6_port;
	return 0;
}

/* A path may come with or without its NUL, as to length. */
static int is_same(const struct socket_set *set, const struct sockaddr *address, socklen_t length)
{
	const struct sockaddr_un *ours = (const void *)&set->address;
	const struct sockaddr_un *other = (const void *)address;

	if (set->address.ss_family != address->sa_family)
		return 0;
	if (address->sa_family == AF_UNIX)
		return strncmp(ours->sun_path, other->sun_path, sizeof(ours->sun_path)) == 0;
	return set->length == length && memcmp(&set->address, address, length) == 0;
}

static struct socket_set *find(struct sockets *sockets, const struct sockaddr *address,
                               socklen_t length)
{
	if (is_port_0(address))
		return NULL;
	for (struct socket_set *set = sockets->sets; set; set = set->next)
		if (is_same(set, address, length))
			return set;
	return NULL;
}

static struct socket_set *add_set(struct sockets *sockets, const struct sockaddr *address,
                                  socklen_t length)
{
	struct socket_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	memcpy(&set->address, address, length);
	set->length = length;
	set->next = sockets->sets;
	sockets->sets = set;
	return set;
}

static int add_socket(struct socket_set *set, int fd)
{
	int *fds = realloc(set->fds, (set->count + 1) * sizeof(*fds));

	if (!fds) {
		close(fd);
		return -1;
	}
	set->fds = fds;
	set->fds[set->count++] = fd;
	return 0;
}

/* More sockets, on the port that the first one got; a Unix path has one. */
static int grow(struct socket_set *set, size_t count)
{
	struct sockaddr_storage address = set->address;
	socklen_t length = sizeof(address);

	if (address.ss_family == AF_UNIX)
		count = 1;
	while (set->count < count) {
		int fd;

		if (set->count &&
		    getsockname(set->fds[0], (struct sockaddr *)&address, &length) < 0)
			return -1;
		fd = another((struct sockaddr *)&address, set->length, set->count);
		if (fd < 0 || add_socket(set, fd) < 0)
			return -1;
	}
	return 0;
}

static void remove_set(struct sockets *sockets, struct socket_set *set)
{
	struct socket_set **link = &sockets->sets;

	while (*link != set)
		link = &(*link)->next;
	*link = set->next;
	free_set(set);
}

static int is_everywhere(const struct sockaddr *address)
{
	const struct sockaddr_in *four = (const void *)address;
	const struct sockaddr_in6 *six = (const void *)address;

	if (address->sa_family == AF_INET)
		return four->sin_addr.s_addr == htonl(INADDR_ANY);
	return address->sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr);
}

/* In both families it is in the same place. */
static in_port_t port_of(const struct sockaddr *address)
{
	return ((const struct sockaddr_in *)(const void *)address)->sin_port;
}

/* Whether ours are in the way: an address instead of all of them, or the other way round. */
static int is_near_ours(const struct sockets *sockets, const struct sockaddr *address)
{
	for (const struct socket_set *set = sockets->sets; set; set = set->next) {
		const struct sockaddr *one = (const struct sockaddr *)&set->address;

		if (address->sa_family != AF_UNIX && one->sa_family == address->sa_family &&
		    port_of(one) == port_of(address) &&
		    (is_everywhere(one) || is_everywhere(address)))
			return 1;
	}
	return 0;
}

static struct socket_set *new_set(struct sockets *sockets, const struct sockaddr *address,
                                  socklen_t length)
{
	if (!is_near_ours(sockets, address) && !is_free(address, length))
		return NULL;
	return add_set(sockets, address, length);
}

struct socket_set *sockets_take(struct sockets *sockets, const struct sockaddr *address,
                                socklen_t length, size_t count)
{
	struct socket_set *set = find(sockets, address, length);

	if (!set)
		set = new_set(sockets, address, length);
	if (!set)
		return NULL;
	if (!set->inherited && grow(set, count) < 0 && !set->count) {
		int error = errno;

		remove_set(sockets, set);
		errno = error;
		return NULL;
	}
	set->holders++;
	return set;
}

void sockets_keep(struct sockets *sockets)
{
	for (struct socket_set *set = sockets->sets; set; set = set->next)
		set->kept = set->count;
}

void sockets_shrink(struct sockets *sockets)
{
	for (struct socket_set *set = sockets->sets; set; set = set->next)
		while (!set->inherited && set->count > set->kept)
			close(set->fds[--set->count]);
}

int sockets_own(const struct socket_set *set, size_t index)
{
	if (index && !set->inherited && listen(set->fds[index], SOMAXCONN) < 0)
		return -1;
	return fcntl(set->fds[index], F_DUPFD_CLOEXEC, 0);
}

int sockets_adopt(struct sockets *sockets, int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t length = sizeof(address);
	struct socket_set *set;

	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		return -1;
	set = find(sockets, (struct sockaddr *)&address, length);
	if (!set)
		set = add_set(sockets, (struct sockaddr *)&address, length);
	if (!set)
		return -1;
	set->inherited = 1;
	set_for_accepted(fd);
	return add_socket(set, fd);
}

/* Its file is of no use to anybody any more. */
static void remove_file(const struct socket_set *set)
{
	const struct sockaddr_un *address = (const void *)&set->address;

	if (set->address.ss_family == AF_UNIX && !set->inherited && address->sun_path[0])
		unlink(address->sun_path);
}

void sockets_drop(struct sockets *sockets, struct socket_set *set)
{
	if (--set->holders || set->inherited)
		return;
	remove_file(set);
	remove_set(sockets, set);
}

const struct socket_set *sockets_unused(const struct sockets *sockets,
                                        const struct socket_set *after)
{
	const struct socket_set *set = after ? after->next : sockets->sets;

	while (set && set->holders)
		set = set->next;
	return set;
}
