/* SPDX-License-Identifier: ISC */
#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/tape.h"
#include "cli/options.h"
#include "cli/values.h"
#include "policy/name.h"

/* Words of the command line are in it, and what peers have said: nothing of that makes a
 * terminal do anything. */
void complain(const char *format, ...)
{
	char text[8192], escaped[sizeof(text)];
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	tape_escape(escaped, sizeof(escaped), text, strlen(text));
	fprintf(stderr, "starttls: %s\n", escaped);
}

struct quoted quote(const char *word)
{
	struct quoted quoted;

	snprintf(quoted.text, sizeof(quoted.text), "\"%.80s%s\"", word,
	         strnlen(word, 81) > 80 ? "..." : "");
	return quoted;
}

/* Which commands have which option, where its value goes and how it is read. */
struct known {
	const char *name;
	unsigned commands;
	size_t place;
	value_reader *read;
};

#define REACHING (COMMAND_CONNECT | COMMAND_PROBE)
#define LOOKING (REACHING | COMMAND_POLICY)
#define TELLING (COMMAND_PROBE | COMMAND_POLICY | COMMAND_RATCHET)
#define KEEPING (COMMAND_POLICY | COMMAND_RATCHET)
#define ALL (LOOKING | COMMAND_RATCHET)
#define TO(member) offsetof(struct options, member)

static const struct known known[] = {
    {"accept", REACHING, TO(accept), value_name},
    {"authentication", COMMAND_RATCHET, TO(authentication), value_flag},
    {"ca-file", LOOKING, TO(ca_file), value_file},
    {"dane", REACHING, TO(dane), value_flag},
    {"domain", REACHING, TO(domain), value_peer},
    {"greeting", COMMAND_CONNECT, TO(greeting), value_flag},
    {"help", ALL, TO(help), value_flag},
    {"json", TELLING, TO(json), value_flag},
    {"level", COMMAND_POLICY, TO(level), value_level},
    {"name", REACHING, TO(name), value_self},
    {"no-dane", COMMAND_POLICY, TO(no_dane), value_flag},
    {"no-mta-sts", COMMAND_POLICY, TO(no_mta_sts), value_flag},
    {"no-verify", COMMAND_CONNECT, TO(no_verify), value_flag},
    {"note", COMMAND_RATCHET, TO(note), value_note},
    {"password-file", COMMAND_PROBE, TO(password_file), value_file},
    {"requiretls", COMMAND_POLICY, TO(requiretls), value_flag},
    {"resolver-config", LOOKING, TO(resolver_config), value_file},
    {"servername", REACHING, TO(servername), value_peer},
    {"service", LOOKING, TO(service), value_service},
    {"state", KEEPING, TO(state), value_state},
    {"timeout", LOOKING, TO(milliseconds), value_milliseconds},
    {"user", COMMAND_PROBE, TO(user), value_user},
    {"verbose", COMMAND_PROBE, TO(verbose), value_flag},
};

#define KNOWN ((int)(sizeof(known) / sizeof(known[0])))
#define FIRST 256 /* what getopt_long(3) says for the first of them: behind all letters */

static void options_for(enum command command, struct option options[KNOWN + 1])
{
	int count = 0;

	for (int i = 0; i < KNOWN; i++)
		if (known[i].commands & command)
			options[count++] = (struct option){
			    known[i].name,
			    known[i].read == value_flag ? no_argument : required_argument, NULL,
			    FIRST + i};
	options[count] = (struct option){0};
}

/* ---- what is refused ---- */

/* "--a, --b": the command's options that begin with that; how many. */
static size_t list_options(const struct option *table, const char *begin, char *out, size_t room)
{
	size_t used = 0, count = 0;

	out[0] = '\0';
	for (; table->name != NULL; table++)
		if (strncmp(table->name, begin, strlen(begin)) == 0 && used < room)
			used += (size_t)snprintf(out + used, room - used, "%s--%s",
			                         count++ > 0 ? ", " : "", table->name);
	return count;
}

static void complain_unknown(const struct option *table, const char *command, const char *word)
{
	const char *name = word + strspn(word, "-");
	char begin[32], list[512];

	snprintf(begin, sizeof(begin), "%.*s", (int)strcspn(name, "="), name);
	if (word[1] == '-' && list_options(table, begin, list, sizeof(list)) > 1) {
		complain("%s: this could be %s", quote(word).text, list);
		return;
	}
	list_options(table, "", list, sizeof(list));
	complain("%s: starttls %s has no such option; there are: %s", quote(word).text, command,
	         list);
}

/* getopt_long(3) has refused the word that it has come to, or a letter of it. */
static bool complain_option(const struct option *table, char **argv, bool lacks_value)
{
	const char letter[] = {'-', (char)optopt, '\0'};

	if (optopt >= FIRST)
		complain("--%s: %s", known[optopt - FIRST].name,
		         lacks_value ? "say its value behind it" : "it has no value");
	else
		complain_unknown(table, argv[0], optopt != 0 ? letter : argv[optind - 1]);
	return false;
}

static bool read_option(struct options *options, const struct known *option, const char *text)
{
	const char *allowed = option->read((char *)options + option->place, text);

	if (allowed != NULL)
		complain("--%s: %s is not allowed; allowed: %s", option->name, quote(text).text,
		         allowed);
	return allowed == NULL;
}

static bool read_options(struct options *options, int argc, char **argv)
{
	struct option table[KNOWN + 1];
	int found;

	options_for(options->command, table);
	opterr = 0;
	optind = 1;
	while ((found = getopt_long(argc, argv, options->command == COMMAND_PROBE ? ":v" : ":",
	                            table, NULL)) != -1) {
		if (found == '?' || found == ':')
			return complain_option(table, argv, found == ':');
		if (found == 'v')
			options->verbose = true;
		else if (!read_option(options, &known[found - FIRST], optarg))
			return false;
	}
	options->words = argv + optind;
	options->count = (size_t)(argc - optind);
	return true;
}

bool options_read(struct options *options, enum command command, int argc, char **argv)
{
	*options = (struct options){.command = command,
	                            .milliseconds = command == COMMAND_PROBE ? 10000 : 30000};
	return read_options(options, argc, argv) && (options->help || options_take_words(options));
}

void options_free(struct options *options)
{
	free(options->services);
	options->services = NULL;
}

/* "localhost" and names of one label say nothing to a mail server. */
const char *options_own_name(char *buf, size_t size)
{
	char name[NAME_ROOM];

	if (gethostname(buf, size - 1) < 0)
		return NULL;
	buf[size - 1] = '\0';
	return strchr(buf, '.') != NULL && name_read(name, buf, strlen(buf)) ? buf : NULL;
}
