/* SPDX-License-Identifier: ISC */
/* The command line of a command. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <starttls/policy.h>

#include "check/service.h"

#define EXIT_USAGE 3 /* as monitoring plugins have it: we could not tell */

enum command { COMMAND_CONNECT = 1, COMMAND_PROBE = 2, COMMAND_POLICY = 4, COMMAND_RATCHET = 8 };

struct options {
	enum command command;
	const char *ca_file, *servername, *domain, *name;
	const char *user, *password_file;
	const char *resolver_config, *accept, *state, *note;
	int64_t milliseconds;
	bool help, no_verify, greeting, json, verbose, dane;
	bool no_dane, no_mta_sts, requiretls, authentication;
	enum stls_level level;
	enum stls_service service; /* STLS_SERVICE_RELAY: none was named */
	char **words;              /* what stands behind the options */
	size_t count;
	struct service *services; /* connect, probe: the words as URLs, if they are some */
};

/* True, or an explanation is on the standard error output. argv[0] is the command.
 * With help nothing else has been looked at.  The services are to be freed with options_free(). */
bool options_read(struct options *, enum command, int argc, char **argv);
void options_free(struct options *);

/* Whether the words behind the options are what the command wants; and then the
 * services are there. */
bool options_take_words(struct options *);

/* Our own name where the system has a real one, else NULL. */
const char *options_own_name(char *buf, size_t size);

/* A line on the standard error output, in which nothing makes a terminal do anything. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A word of the command line in quotes, cut where it is long: complain("%s", quote(w).text). */
struct quoted {
	char text[96];
};
struct quoted quote(const char *);

#endif
