/* SPDX-License-Identifier: ISC */
/* starttls: the command line. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <starttls/api.h>

#include "cli/commands.h"

static const char usage[] =
    "usage: starttls connect [options] URL      upgrade, then stdin and stdout are the connection\n"
    "       starttls probe [options] URL ...    dialogue, TLS, certificate, verdict\n"
    "       starttls --version | --help\n"
    "\n"
    "  --ca-file FILE        authorities to verify with, instead of the system's\n"
    "  --timeout SECONDS     connect: until TLS is up (30); probe: for each service (10)\n"
    "  --servername NAME     the server's name, where the URL has another or an address\n"
    "  --domain DOMAIN       the domain that is served: user@DOMAIN\n"
    "  --name NAME           our own name, for EHLO\n"
    "connect:\n"
    "  --greeting            begin with a greeting, for programs that expect one\n"
    "  --no-verify           take any certificate: whoever sits on the wire can read along\n"
    "probe:\n"
    "  -v, --verbose         the whole dialogue\n"
    "  --json                one object a line\n"
    "  --user NAME --password-file FILE    log in, only inside TLS with a verified server\n";

static int print_usage(void)
{
	char schemes[512];

	service_schemes(schemes, sizeof(schemes));
	printf("%s\nA URL is SCHEME://HOST[:PORT], with one of these schemes:\n%s\n", usage,
	       schemes);
	return 0;
}

static int run(enum command command, int argc, char **argv)
{
	struct options options;
	int status = EXIT_USAGE;

	if (options_read(&options, command, argc, argv))
		status = command == COMMAND_CONNECT ? command_connect(&options)
		                                    : command_probe(&options);
	options_free(&options);
	return status;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	signal(SIGPIPE, SIG_IGN); /* write(2) tells */
	if (strcmp(word, "connect") == 0)
		return run(COMMAND_CONNECT, argc - 1, argv + 1);
	if (strcmp(word, "probe") == 0)
		return run(COMMAND_PROBE, argc - 1, argv + 1);
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return print_usage();
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
		puts("starttls " STLS_VERSION);
		return 0;
	}
	if (argc > 1)
		complain("unknown command %s; there are: connect, probe", word);
	else
		fputs(usage, stderr);
	return EXIT_USAGE;
}
