/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"

void complain(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	fputs("starttls: ", stderr);
	vfprintf(stderr, format, values);
	fputc('\n', stderr);
	va_end(values);
}

/* Which commands have which option. */
struct known {
	const char *name;
	int has_argument;
	int letter;
	unsigned commands;
};

#define REACHING (COMMAND_CONNECT | COMMAND_PROBE)
#define LOOKING (REACHING | COMMAND_POLICY)
#define TELLING (COMMAND_PROBE | COMMAND_POLICY | COMMAND_RATCHET)

static const struct known known[] = {
    {"ca-file", required_argument, 'c', LOOKING},
    {"timeout", required_argument, 't', LOOKING},
    {"resolver-config", required_argument, 'r', LOOKING},
    {"service", required_argument, 'S', LOOKING},
    {"servername", required_argument, 's', REACHING},
    {"domain", required_argument, 'd', REACHING},
    {"name", required_argument, 'n', REACHING},
    {"accept", required_argument, 'a', REACHING},
    {"dane", no_argument, 'D', REACHING},
    {"no-verify", no_argument, 'k', COMMAND_CONNECT},
    {"greeting", no_argument, 'g', COMMAND_CONNECT},
    {"json", no_argument, 'j', TELLING},
    {"verbose", no_argument, 'v', COMMAND_PROBE},
    {"user", required_argument, 'u', COMMAND_PROBE},
    {"password-file", required_argument, 'p', COMMAND_PROBE},
    {"level", required_argument, 'l', COMMAND_POLICY},
    {"no-dane", no_argument, 'E', COMMAND_POLICY},
    {"no-mta-sts", no_argument, 'M', COMMAND_POLICY},
    {"requiretls", no_argument, 'R', COMMAND_POLICY},
    {"state", required_argument, 'm', COMMAND_POLICY | COMMAND_RATCHET},
    {"note", required_argument, 'N', COMMAND_RATCHET},
    {"authentication", no_argument, 'A', COMMAND_RATCHET},
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

static void options_for(enum command command, struct option options[KNOWN + 1])
{
	size_t count = 0;

	for (size_t i = 0; i < KNOWN; i++)
		if (known[i].commands & command)
			options[count++] = (struct option){known[i].name, known[i].has_argument,
			                                   NULL, known[i].letter};
	options[count] = (struct option){0};
}

/* ---- values ---- */

static bool read_timeout(struct options *options, const char *text)
{
	char *end;
	double seconds;

	errno = 0;
	seconds = strtod(text, &end);
	if (errno == 0 && end != text && *end == '\0' && seconds >= 0.001 && seconds <= 3600) {
		options->milliseconds = (int64_t)(seconds * 1000);
		return true;
	}
	complain("--timeout %s: say a number of seconds, at most 3600", text);
	return false;
}

static bool read_service(struct options *options, const char *text)
{
	if (stls_service_named(text, &options->service) == 0 &&
	    options->service != STLS_SERVICE_RELAY)
		return true;
	complain("--service %s: there are submission, imap, pop3, sieve, xmpp-client, xmpp-server",
	         text);
	return false;
}

static bool read_level(struct options *options, const char *text)
{
	static const enum stls_level floors[] = {STLS_LEVEL_MAY, STLS_LEVEL_ENCRYPT,
	                                         STLS_LEVEL_SECURE};

	for (size_t i = 0; i < sizeof(floors) / sizeof(floors[0]); i++)
		if (strcmp(text, stls_level_name(floors[i])) == 0) {
			options->level = floors[i];
			return true;
		}
	complain("--level %s: there are may, encrypt, secure", text);
	return false;
}

static bool read_value(struct options *options, int letter, const char *argument)
{
	switch (letter) {
	case 'c': options->ca_file = argument; break;
	case 't': return read_timeout(options, argument);
	case 'r': options->resolver_config = argument; break;
	case 'S': return read_service(options, argument);
	case 's': options->servername = argument; break;
	case 'd': options->domain = argument; break;
	case 'n': options->name = argument; break;
	case 'a': options->accept = argument; break;
	case 'u': options->user = argument; break;
	case 'p': options->password_file = argument; break;
	case 'l': return read_level(options, argument);
	case 'm': options->state = argument; break;
	case 'N': options->note = argument; break;
	default: return false; /* getopt_long(3) has said why */
	}
	return true;
}

static bool *flag(struct options *options, int letter)
{
	switch (letter) {
	case 'D': return &options->dane;
	case 'k': return &options->no_verify;
	case 'g': return &options->greeting;
	case 'j': return &options->json;
	case 'v': return &options->verbose;
	case 'E': return &options->no_dane;
	case 'M': return &options->no_mta_sts;
	case 'R': return &options->requiretls;
	case 'A': return &options->authentication;
	default: return NULL;
	}
}

static bool read_option(struct options *options, int letter, const char *argument)
{
	bool *set = flag(options, letter);

	if (set == NULL)
		return read_value(options, letter, argument);
	*set = true;
	return true;
}

bool options_read(struct options *options, enum command command, int argc, char **argv)
{
	struct option table[KNOWN + 1];
	int letter;

	*options = (struct options){.command = command,
	                            .milliseconds = command == COMMAND_PROBE ? 10000 : 30000};
	options_for(command, table);
	optind = 1;
	while ((letter = getopt_long(argc, argv, command == COMMAND_PROBE ? "v" : "", table,
	                             NULL)) != -1)
		if (!read_option(options, letter, optarg))
			return false;
	options->words = argv + optind;
	options->count = (size_t)(argc - optind);
	return options_take_words(options);
}

void options_free(struct options *options)
{
	free(options->services);
	options->services = NULL;
}

/* "localhost" and names of one label say nothing to a mail server. */
const char *options_own_name(char *buf, size_t size)
{
	if (gethostname(buf, size - 1) < 0)
		return NULL;
	buf[size - 1] = '\0';
	return strchr(buf, '.') != NULL ? buf : NULL;
}
