/* SPDX-License-Identifier: ISC */
/* starttls: the command line. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <starttls/api.h>

#include "cli/commands.h"

static const struct {
	const char *name;
	enum command command;
	int (*run)(const struct options *);
} commands[] = {
    {"connect", COMMAND_CONNECT, command_connect},
    {"probe", COMMAND_PROBE, command_probe},
    {"policy", COMMAND_POLICY, command_policy},
    {"ratchet", COMMAND_RATCHET, command_ratchet},
};

static int help(void)
{
	usage_print();
	return 0;
}

static int run(size_t index, int argc, char **argv)
{
	struct options options;
	int status = EXIT_USAGE;

	if (options_read(&options, commands[index].command, argc, argv))
		status = options.help ? help() : commands[index].run(&options);
	options_free(&options);
	return status;
}

static int other(const char *word)
{
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return help();
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
		puts("starttls " STLS_VERSION);
		return 0;
	}
	if (word[0] != '\0')
		complain("unknown command %s; there are: connect, probe, policy, ratchet",
		         quote(word).text);
	else
		fputs(usage_commands, stderr);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	signal(SIGPIPE, SIG_IGN); /* write(2) tells */
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(word, commands[i].name) == 0)
			return run(i, argc - 1, argv + 1);
	return other(word);
}
