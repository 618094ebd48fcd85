/* SPDX-License-Identifier: ISC */
/*
 * Addresses as people write them: "127.0.0.1:25", "[::]:25", "[fe80::1%eth0]:25",
 * "mail.example.org:25", "unix:/run/service.sock".
 *
 * Reading one is pure; only address_resolve() asks anybody, and only for names.
 */
#ifndef NAMES_ADDRESS_H
#define NAMES_ADDRESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum address_kind { ADDRESS_IP4, ADDRESS_IP6, ADDRESS_UNIX, ADDRESS_NAME };

struct address {
	enum address_kind kind;
	uint16_t port;
	char host[254]; /* without brackets; the path of a Unix socket */
};

/* NULL, or what is wrong with the text, as the rest of a sentence. */
const char *address_parse(struct address *, const char *text);

/* True when both are the same socket; names are compared without case. */
int address_equal(const struct address *, const struct address *);

struct address_socket {
	socklen_t length;
	struct sockaddr_storage storage;
};

/* For all but names. 0, or -1: a name, or an interface that there is not. */
int address_socket(const struct address *, struct address_socket *);

/* Of an IP socket. */
void address_set_port(struct address_socket *, uint16_t port);

/*
 * The sockets behind an address, in the order in which to try them: one, or all
 * that the system's resolver has for a name (it blocks meanwhile).  The count,
 * at most room; 0 when there is none, with the resolver's reason.
 */
size_t address_resolve(const struct address *, struct address_socket *out, size_t room,
                       const char **reason);

/* A socket's address in the forms above, "unknown" for what has none of them (a
 * Unix client's is "unix:"). Returns out. */
#define ADDRESS_TEXT 128
char *address_format(char out[ADDRESS_TEXT], const struct sockaddr *, socklen_t);

#endif
