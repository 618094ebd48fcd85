/* SPDX-License-Identifier: ISC */
/*
 * What the sink says: a mail service that takes everything, bulk bytes on demand,
 * and nginx's idea of an authentication server.  Passive: it hears bytes and has
 * something to say.
 */
#ifndef BENCH_SERVICE_H
#define BENCH_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum service_kind { SERVICE_SMTP, SERVICE_IMAP, SERVICE_AUTH };

struct service {
	enum service_kind kind;
	bool data;    /* SMTP: a message is coming */
	bool literal; /* IMAP: the rest of a command that had one */
	bool leave;   /* once all is said */
	char tag[32];
	char line[256];
	size_t length; /* of the line; longer ones are cut */
	char say[1024];
	size_t saying;
	uint64_t give, take; /* bulk octets to say, and to hear */
};

/* -1 when there is no such kind; an auth's word is "auth=HOST:PORT". */
int service_kind(const char *word, enum service_kind *);

/* It greets. word is what an auth service tells: the place of the mail service. */
void service_begin(struct service *, enum service_kind);
void service_hear(struct service *, const char *word, const char *data, size_t length);

#endif
