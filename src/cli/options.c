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

#define BOTH (COMMAND_CONNECT | COMMAND_PROBE)

static const struct known known[] = {
    {"ca-file", required_argument, 'c', BOTH},
    {"timeout", required_argument, 't', BOTH},
    {"servername", required_argument, 's', BOTH},
    {"domain", required_argument, 'd', BOTH},
    {"name", required_argument, 'n', BOTH},
    {"no-verify", no_argument, 'k', COMMAND_CONNECT},
    {"greeting", no_argument, 'g', COMMAND_CONNECT},
    {"json", no_argument, 'j', COMMAND_PROBE},
    {"verbose", no_argument, 'v', COMMAND_PROBE},
    {"user", required_argument, 'u', COMMAND_PROBE},
    {"password-file", required_argument, 'p', COMMAND_PROBE},
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

static bool read_option(struct options *options, int letter, const char *argument)
{
	switch (letter) {
	case 'c': options->ca_file = argument; break;
	case 't': return read_timeout(options, argument);
	case 's': options->servername = argument; break;
	case 'd': options->domain = argument; break;
	case 'n': options->name = argument; break;
	case 'k': options->no_verify = true; break;
	case 'g': options->greeting = true; break;
	case 'j': options->json = true; break;
	case 'v': options->verbose = true; break;
	case 'u': options->user = argument; break;
	case 'p': options->password_file = argument; break;
	default: return false; /* getopt_long(3) has said why */
	}
	return true;
}

static bool read_services(struct options *options, char **urls)
{
	struct service_error error;

	options->services = calloc(options->count, sizeof(*options->services));
	if (options->services == NULL) {
		complain("%s", stls_fault_sentence(STLS_FAULT_MEMORY));
		return false;
	}
	for (size_t i = 0; i < options->count; i++)
		if (service_parse(&options->services[i], urls[i], &error) < 0) {
			complain("%s: %s", urls[i], error.text);
			return false;
		}
	return true;
}

static bool is_complete(const struct options *options, enum command command)
{
	if (options->count == 0 || (command == COMMAND_CONNECT && options->count != 1))
		complain(command == COMMAND_CONNECT
		             ? "say which service to connect to: starttls connect imap://HOST"
		             : "say which services to probe: starttls probe smtp://HOST ...");
	else if ((options->user == NULL) != (options->password_file == NULL))
		complain("--user and --password-file belong together: say both");
	else
		return true;
	return false;
}

bool options_read(struct options *options, enum command command, int argc, char **argv)
{
	struct option table[KNOWN + 1];
	int letter;

	*options = (struct options){.milliseconds = command == COMMAND_PROBE ? 10000 : 30000};
	options_for(command, table);
	optind = 1;
	while ((letter = getopt_long(argc, argv, command == COMMAND_PROBE ? "v" : "", table,
	                             NULL)) != -1)
		if (!read_option(options, letter, optarg))
			return false;
	options->count = (size_t)(argc - optind);
	return is_complete(options, command) && read_services(options, argv + optind);
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
