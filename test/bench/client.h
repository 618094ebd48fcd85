/* SPDX-License-Identifier: ISC */
/* One client: it goes through a script and then begins again, if it is told to. */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "script.h"
#include "stream.h"

struct client_terms {
	struct sockaddr_in place;
	const struct step *script;
	SSL_CTX *context; /* NULL: plaintext */
	char *name;       /* SNI */
	uint64_t octets;  /* of a bulk transfer */
	bool resume;
};

enum client_state { CLIENT_WAITS, CLIENT_STAYS, CLIENT_DONE, CLIENT_FAILED };

struct client {
	const struct client_terms *terms;
	struct stream stream;
	const struct step *step;
	char in[1024]; /* what was heard and not yet understood */
	size_t length;
	uint64_t left; /* octets of the bulk transfer */
	bool began;    /* the step that runs */
	bool resumed;
	double start, answered; /* seconds */
	SSL_SESSION *session;   /* the last ticket: it outlives the connection */
};

/* A context for clients: TLS 1.3, X25519 and AES-128-GCM alone, nothing verified. */
SSL_CTX *client_context(void);

/* 0 when it dials; its socket is to be watched. */
int client_begin(struct client *);
enum client_state client_run(struct client *, char *buffer, size_t size);
void client_end(struct client *);

double client_now(void);

#endif
