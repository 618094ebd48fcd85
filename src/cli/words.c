/* SPDX-License-Identifier: ISC */
/* What stands behind the options: URLs, domains, keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/values.h"
#include "store/record.h"

static bool take_urls(struct options *options)
{
	struct service_error error;

	options->services = calloc(options->count, sizeof(*options->services));
	if (options->services == NULL) {
		complain("%s", stls_fault_sentence(STLS_FAULT_MEMORY));
		return false;
	}
	for (size_t i = 0; i < options->count; i++)
		if (service_parse(&options->services[i], options->words[i], &error) < 0) {
			complain("%s: %s", quote(options->words[i]).text, error.text);
			return false;
		}
	return true;
}

/* A next hop; of services, a domain only. */
static bool is_destination(const struct options *options, const char *word)
{
	struct stls_destination to = {.size = sizeof(to)};
	bool by_service = options->service != STLS_SERVICE_RELAY;
	const char *wrong = stls_destination_parse(&to, word);

	if (wrong == NULL && to.kind == STLS_DESTINATION_PARENT)
		wrong = "there is nothing at a domain with a leading dot";
	if (by_service && (strchr(word, ':') != NULL || to.kind == STLS_DESTINATION_HOST ||
	                   to.kind == STLS_DESTINATION_ADDRESS))
		wrong = "with --service, say the domain, without host or port";
	if (wrong != NULL)
		complain("%s: %s; allowed: %s", quote(word).text, wrong,
		         by_service ? "a domain such as example.org"
		                    : "example.org, example.org:587, [mail.example.org], "
		                      "[192.0.2.1]");
	return wrong == NULL;
}

static bool take_destinations(const struct options *options)
{
	for (size_t i = 0; i < options->count; i++)
		if (!is_destination(options, options->words[i]))
			return false;
	return true;
}

/* ---- connect, probe ---- */

static bool may_name_service(const struct options *options)
{
	const char *other = options->servername != NULL ? "--servername"
	                    : options->domain != NULL   ? "--domain"
	                    : options->dane             ? "--dane"
	                                                : NULL;

	if (options->service == STLS_SERVICE_RELAY && options->accept != NULL)
		complain("--accept belongs to --service: a URL names its host");
	else if (options->service != STLS_SERVICE_RELAY && other != NULL)
		complain("%s is for URLs: with --service, names and TLSA records are found", other);
	else
		return true;
	return false;
}

static bool take_targets(struct options *options)
{
	bool connects = options->command == COMMAND_CONNECT;

	if (options->count == 0 || (connects && options->count != 1))
		complain(connects ? "say which service to connect to: starttls connect imap://HOST"
		                  : "say which services to probe: starttls probe smtp://HOST ...");
	else if ((options->user == NULL) != (options->password_file == NULL))
		complain("--user and --password-file belong together: say both");
	else if (may_name_service(options))
		return options->service == STLS_SERVICE_RELAY ? take_urls(options)
		                                              : take_destinations(options);
	return false;
}

/* ---- policy ---- */

static bool take_policy(const struct options *options)
{
	if (options->count == 0)
		complain("say where mail is to go: starttls policy DOMAIN ...");
	else if (options->service != STLS_SERVICE_RELAY &&
	         (options->level != 0 || options->requiretls || options->no_mta_sts ||
	          options->state != NULL))
		complain("--level, --requiretls, --no-mta-sts and --state are for mail to a "
		         "domain, not for --service");
	else
		return take_destinations(options);
	return false;
}

/* ---- ratchet ---- */

static bool take_ratchet(const struct options *options)
{
	const char *verb = options->count > 0 ? options->words[0] : "";
	bool lists = strcmp(verb, "list") == 0, pins = strcmp(verb, "pin") == 0;
	const size_t longest = sizeof(((struct store_host *)NULL)->key) - 1;

	if (!lists && !pins && strcmp(verb, "forget") != 0 && strcmp(verb, "unpin") != 0)
		complain("starttls ratchet can list, forget KEY, pin KEY, unpin KEY");
	else if (options->count != (lists ? 1 : 2) ||
	         (!lists && !value_is_text(options->words[1], longest)))
		complain(lists ? "starttls ratchet list: nothing belongs behind it"
		               : "say one host, as starttls ratchet list shows it, in quotes: "
		                 "\"mx.example.org 192.0.2.0/24\"");
	else if (!pins && (options->note != NULL || options->authentication))
		complain("--note and --authentication belong to starttls ratchet pin");
	else if (!lists && options->json)
		complain("--json belongs to starttls ratchet list");
	else
		return true;
	return false;
}

bool options_take_words(struct options *options)
{
	switch (options->command) {
	case COMMAND_CONNECT:
	case COMMAND_PROBE: return take_targets(options);
	case COMMAND_POLICY: return take_policy(options);
	case COMMAND_RATCHET: return take_ratchet(options);
	}
	return false;
}
