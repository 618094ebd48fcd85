/* SPDX-License-Identifier: ISC */
/*
 * The hosts of backends that are written as names.  They are looked up by a
 * process of its own, which has no privileges: what a name server says is never
 * read by one that has.
 *
 * What is known stays known: a name that cannot be looked up now has the
 * addresses that it had before.
 */
#ifndef GATE_HOSTS_H
#define GATE_HOSTS_H

#include "gate/config.h"

#define HOST_SOCKETS 16

struct host {
	struct address address; /* with the name */
	uint32_t count;         /* 0: never found, and the reason says why */
	struct address_socket sockets[HOST_SOCKETS];
	char reason[128]; /* "": the last time went well */
};

struct hosts {
	struct host *list;
	size_t count;
};

/* Looks up all names of a configuration.  -1 when that cannot be, with errno. */
int hosts_look_up(struct hosts *, const struct config *);

/* The sockets of an address with a name or without; 0 with a reason. */
size_t hosts_find(const struct hosts *, const struct address *,
                  struct address_socket out[HOST_SOCKETS], const char **reason);

void hosts_forget(struct hosts *);

#endif
