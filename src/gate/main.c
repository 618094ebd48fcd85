/* SPDX-License-Identifier: ISC */
/* starttlsd: the command line. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <starttls/api.h>

#include "gate/gate.h"
#include "proc/inherited.h"

static const char usage[] = "usage: starttlsd -c FILE [-t]\n"
                            "       starttlsd -V | -h\n"
                            "\n"
                            "  -c FILE  the configuration, see starttlsd.conf(5)\n"
                            "  -t       test it, certificates and keys too, and exit\n"
                            "  -V       version\n"
                            "  -h       this help\n";

struct options {
	const char *file;
	bool test;
};

/* -1: go on; else the exit status. */
static int read_options(struct options *options, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "c:tVh")) != -1) {
		switch (option) {
		case 'c': options->file = optarg; break;
		case 't': options->test = true; break;
		case 'V': puts("starttlsd " STLS_VERSION); return EXIT_SUCCESS;
		case 'h': fputs(usage, stdout); return EXIT_SUCCESS;
		default: fputs(usage, stderr); return 2;
		}
	}
	if (options->file && optind == argc)
		return -1;
	fputs(usage, stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	int status = proc_standard() < 0 ? EXIT_FAILURE : read_options(&options, argc, argv);

	if (status >= 0)
		return status;
	/* A peer or a log reader that is gone, and a file that may not grow any more, are
	 * told by an error of write(2). */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return options.test ? gate_test(options.file) : gate_run(options.file);
}
