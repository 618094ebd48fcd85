/* SPDX-License-Identifier: ISC */
/*
 * Fetches documents as the daemon does, for tests to drive:
 *
 *	names_fetch --config FILE --ca FILE --port PORT [--patience MS] [--size N] [--at-once N]
 *
 * Lines on standard input: a URL fetches, "drop URL" fetches and does not want to
 * know, "counts" tells counts.  One line of JSON is an answer.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "names/fetch.h"

struct user {
	struct fetcher *fetcher;
	struct lines lines;
};

static void on_answer(void *owner, const struct fetch_answer *answer)
{
	struct user *user = owner;

	lines_answer(&user->lines,
	             json_pack("{ss ss ss si ss ss# si}", "fault", fetch_fault_name(answer->fault),
	                       "why", answer->why, "security", dns_security_name(answer->security),
	                       "status", answer->status, "type", answer->type, "body", answer->body,
	                       (int)answer->length, "length", (int)answer->length));
}

static void tell_counts(struct user *user)
{
	struct fetch_counts counts = fetch_count(user->fetcher);

	lines_print(json_pack("{sI sI si si si}", "asked", (json_int_t)counts.asked, "failed",
	                      (json_int_t)counts.failed, "under_way", (int)counts.under_way, "slow",
	                      (int)counts.slow, "waiting", (int)counts.waiting));
}

static void on_line(void *owner, char *line)
{
	struct user *user = owner;

	if (strcmp(line, "counts") == 0) {
		tell_counts(user);
	} else if (strncmp(line, "drop ", 5) == 0) {
		fetch_drop(fetch_ask(user->fetcher, line + 5, on_answer, user));
	} else {
		user->lines.waiting++;
		fetch_ask(user->fetcher, line, on_answer, user);
	}
}

int main(int argc, char **argv)
{
	struct dns_settings dns_settings = {.config = argument(argv, "--config", NULL),
	                                    .patience = argument_number(argv, "--patience")};
	struct fetch_settings settings = {
	    .ca_file = argument(argv, "--ca", NULL),
	    .port = argument_number(argv, "--port"),
	    .patience = argument_number(argv, "--patience"),
	    .size = argument_number(argv, "--size"),
	    .at_once = argument_number(argv, "--at-once"),
	};
	struct loop *loop = loop_create();
	char wrong[DNS_WRONG];
	struct user user = {0};
	struct dns *dns;

	(void)argc;
	signal(SIGPIPE, SIG_IGN);
	dns = dns_open(loop, &dns_settings, wrong);
	if (!dns) {
		fprintf(stderr, "%s\n", wrong);
		return 1;
	}
	user.fetcher = fetcher_open(loop, dns, &settings);
	if (lines_open(&user.lines, loop, on_line, &user) == 0)
		loop_run(loop);
	fetcher_close(user.fetcher);
	dns_close(dns);
	loop_free(loop);
	return 0;
}
