/* SPDX-License-Identifier: ISC */
/* What operators and systemd are told. */
#include <stdio.h>

#include <starttls/api.h>

#include "gate/parent.h"
#include "proc/notify.h"

/* Before anything serves, whoever has started the daemon is looking. */
static void print(const struct config_error *error)
{
	for (size_t i = 0; i < error->count && i < CONFIG_ERRORS; i++)
		fprintf(stderr, "%s\n", error->list[i].text);
	if (error->count > CONFIG_ERRORS)
		fprintf(stderr, "... and %zu more\n", error->count - CONFIG_ERRORS);
}

void parent_complain(struct parent *parent, const struct config_error *error)
{
	if (!parent->current) {
		print(error);
		return;
	}
	for (size_t i = 0; i < error->count && i < CONFIG_ERRORS; i++)
		log_say(parent->log, LOG_LEVEL_ERROR, "reload", "%s", error->list[i].text);
	log_say(parent->log, LOG_LEVEL_ERROR, "reload",
	        "The new configuration is not used: the old one stays.");
}

void parent_report_end(struct parent *parent, const struct child *child, const char *how)
{
	struct log_line line;

	log_begin(&line, parent->log, LOG_LEVEL_ERROR, board_processes[child->kind]);
	log_number(&line, "worker", (int64_t)child->index);
	log_text(&line, "message", how);
	log_end(&line);
}

/* Sockets that systemd opens for addresses that no front listens on. */
static void tell_unused(struct parent *parent)
{
	const struct socket_set *set = NULL;
	char text[ADDRESS_TEXT];

	while ((set = sockets_unused(parent->sockets, set)))
		log_say(parent->log, LOG_LEVEL_WARNING, "inherited",
		        "We were started with a socket on %s, where no front listens.",
		        address_format(text, (const struct sockaddr *)&set->address, set->length));
}

void parent_serves(struct parent *parent, bool first)
{
	tell_unused(parent);
	proc_notify("READY=1\nSTATUS=Serving.");
	if (first)
		log_say(parent->log, LOG_LEVEL_INFO, "ready", "starttlsd " STLS_VERSION);
	else
		log_say(parent->log, LOG_LEVEL_INFO, "reloaded",
		        "The new configuration is in force; sessions of the old one go on.");
}
