/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound-event.h>
#include <unbound.h>
#include <unistd.h>

#include "names/dns_anchor.h"
#include "names/dns_context.h"

struct option {
	const char *name, *value;
};

/* Different from libunbound's own; the operator's file overrides them. */
static const struct option options[] = {
    /* resolvers listen on 127.0.0.1 and 127.0.0.53 */
    {"do-not-query-localhost:", "no"},
    /* for ten thousands of domains */
    {"msg-cache-size:", "16m"},
    {"rrset-cache-size:", "32m"},
    {"key-cache-size:", "8m"},
    {"neg-cache-size:", "4m"},
    /* A name server that was away is asked again soon when it is back. */
    {"infra-host-ttl:", "60"},
    {"infra-keep-probing:", "yes"},
    {"infra-cache-max-rtt:", "8000"},
    {"infra-cache-numhosts:", "20000"},
    /* The order of what has no order stays as the zone has it. */
    {"rrset-roundrobin:", "no"},
};

static int fail(char wrong[DNS_WRONG], const char *what, const char *why)
{
	snprintf(wrong, DNS_WRONG, "%s: %s", what, why);
	return -1;
}

static int set(struct ub_ctx *context, const char *name, const char *value, char wrong[DNS_WRONG])
{
	int error = ub_ctx_set_option(context, name, value);

	return error ? fail(wrong, name, ub_strerror(error)) : 0;
}

/* Each question has descriptors of its own until it is answered. */
static int set_options(struct ub_ctx *context, unsigned at_once, char wrong[DNS_WRONG])
{
	char count[16];

	snprintf(count, sizeof(count), "%u", at_once * DNS_ALL_TO_QUICK);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (set(context, options[i].name, options[i].value, wrong) < 0)
			return -1;
	return set(context, "outgoing-range:", count, wrong);
}

static int read_config(struct ub_ctx *context, const char *path, char wrong[DNS_WRONG])
{
	int error;

	if (access(path, R_OK) < 0)
		return fail(wrong, path, strerror(errno));
	error = ub_ctx_config(context, path);
	return error ? fail(wrong, path, ub_strerror(error)) : 0;
}

/* What an operator's file may not have: without validation everything would be insecure,
 * and nobody would see that DANE is gone (RFC 7672 section 2.1.1). */
static int check_validation(struct ub_ctx *context, char wrong[DNS_WRONG])
{
	static const struct {
		const char *name, *value; /* which it must have */
		const char *why;
	} wanted[] = {
	    {"module-config", "validator", "without \"validator\" nothing would be validated"},
	    {"val-permissive-mode", "no", "what is bogus would be taken for insecure"},
	    {"harden-dnssec-stripped", "yes", "whoever takes signatures away would be believed"},
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		char *value = NULL;
		bool good = ub_ctx_get_option(context, wanted[i].name, &value) == 0 && value &&
		            strstr(value, wanted[i].value);

		free(value);
		if (!good)
			return fail(wrong, wanted[i].name, wanted[i].why);
	}
	return 0;
}

static int read_forwarders(struct ub_ctx *context, const char *path, char wrong[DNS_WRONG])
{
	int error = ub_ctx_resolvconf(context, path);

	return error ? fail(wrong, path, ub_strerror(error)) : 0;
}

static int configure(struct ub_ctx *context, const struct dns_settings *settings,
                     char wrong[DNS_WRONG])
{
	if (set_options(context, settings->at_once, wrong) < 0)
		return -1;
	if (settings->config)
		return read_config(context, settings->config, wrong);
	return read_forwarders(context,
	                       settings->forwarders ? settings->forwarders : DNS_FORWARDERS, wrong);
}

/* Taking away a zone that is not there changes nothing, but after it the context is
 * complete, and so what is wrong with it comes to light now. */
static int finish(struct ub_ctx *context, char wrong[DNS_WRONG])
{
	int error = ub_ctx_zone_remove(context, "starttls.invalid.");

	return error ? fail(wrong, "the resolver cannot be set up", ub_strerror(error)) : 0;
}

static struct ub_ctx *attempt(struct ub_event_base *base, const struct dns_settings *settings,
                              FILE *log, char wrong[DNS_WRONG])
{
	struct ub_ctx *context = base ? ub_ctx_create_ub_event(base) : ub_ctx_create();
	int settled;

	if (!context) {
		snprintf(wrong, DNS_WRONG, "the resolver cannot be set up");
		return NULL;
	}
	ub_ctx_debugout(context, log);
	settled = configure(context, settings, wrong) == 0 &&
	          check_validation(context, wrong) == 0 &&
	          dns_anchor(context, settings, wrong) == 0;
	if (settled && finish(context, wrong) == 0) {
		ub_ctx_debugout(context, NULL);
		return context;
	}
	ub_ctx_debugout(context, NULL);
	/* What failed to be completed libunbound 1.17 cannot free: it would free the
	 * modules for a second time. */
	if (!settled)
		ub_ctx_delete(context);
	return NULL;
}

/* What libunbound logs meanwhile is the best reason that there is.  "[123:0] error:
 * text": the text of the first one. */
static void add_log(char wrong[DNS_WRONG], const char *log)
{
	const char *text = strstr(log, "error: ");
	size_t length = strlen(wrong);

	if (!text)
		return;
	text += strlen("error: ");
	snprintf(wrong + length, DNS_WRONG - length, " (%.*s)", (int)strcspn(text, "\n"), text);
}

static struct ub_ctx *attempt_logged(struct ub_event_base *base,
                                     const struct dns_settings *settings, char wrong[DNS_WRONG])
{
	struct ub_ctx *context = NULL;
	char *text = NULL;
	size_t length = 0;
	FILE *log = open_memstream(&text, &length);

	wrong[0] = '\0';
	if (!log) {
		snprintf(wrong, DNS_WRONG, "there is no memory left");
		return NULL;
	}
	context = attempt(base, settings, log, wrong);
	fclose(log);
	if (!context && text)
		add_log(wrong, text);
	free(text);
	return context;
}

struct ub_ctx *dns_context(struct ub_event_base *base, const struct dns_settings *settings,
                           char wrong[DNS_WRONG])
{
	struct dns_settings packaged = *settings;
	struct ub_ctx *context = attempt_logged(base, settings, wrong);
	char ignored[DNS_WRONG];

	if (context || !settings->state)
		return context;
	/* What is kept in the state may be damaged; the packaged anchor is as good. */
	packaged.state = NULL;
	return attempt_logged(base, &packaged, ignored);
}

int dns_check(const struct dns_settings *settings, char wrong[DNS_WRONG])
{
	struct dns_settings packaged = *settings;
	struct ub_ctx *context;

	packaged.state = NULL;
	if (!packaged.at_once)
		packaged.at_once = 1;
	context = attempt_logged(NULL, &packaged, wrong);
	if (!context)
		return -1;
	ub_ctx_delete(context);
	return 0;
}
