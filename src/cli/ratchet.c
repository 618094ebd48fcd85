/* SPDX-License-Identifier: ISC */
/* starttls ratchet: the hosts that are held to what they have shown, and the operator's
 * word on them. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <starttls/ratchet.h>

#include "cli/commands.h"
#include "cli/hosts.h"
#include "cli/state.h"
#include "loop/loop.h"

enum {
	RATCHET_FINE,
	RATCHET_FOUND,   /* list: mail is held back; else: there is no such host */
	RATCHET_TROUBLE, /* it does not last, or cannot be had */
};

struct ratchet {
	const struct options *options;
	struct store *store;
	int64_t now;
};

static int trouble(const struct ratchet *ratchet)
{
	complain("%s: %s", ratchet->options->state, store_reason(ratchet->store));
	return RATCHET_TROUBLE;
}

/* The next one; at first the key is "". */
static enum store_result next(const struct ratchet *ratchet, struct store_host *host)
{
	char key[sizeof(host->key)];

	snprintf(key, sizeof(key), "%s", host->key);
	return store_host_next(ratchet->store, key, host);
}

/* ---- list ---- */

static int list(const struct ratchet *ratchet)
{
	struct hosts_table table = {
	    .to = stdout, .json = ratchet->options->json, .now = ratchet->now};
	struct store_host host = {.key = ""};
	enum store_result result;
	int status = RATCHET_FINE;

	while ((result = next(ratchet, &host)) == STORE_OK) {
		hosts_put(&table, &host);
		if (host.hold_until > ratchet->now)
			status = RATCHET_FOUND;
	}
	return result == STORE_TROUBLE ? trouble(ratchet) : status;
}

/* ---- one host, or all address blocks of it ---- */

typedef enum store_result deed(const struct ratchet *, struct store_host *);

static enum store_result forget(const struct ratchet *ratchet, struct store_host *host)
{
	return store_host_forget(ratchet->store, host->key, ratchet->now);
}

static enum store_result pin(const struct ratchet *ratchet, struct store_host *host)
{
	const char *note = ratchet->options->note;

	host->pinned = STLS_PIN_TLS;
	if (ratchet->options->authentication)
		host->pinned |= STLS_PIN_AUTHENTICATION;
	host->set = ratchet->now;
	if (note != NULL)
		snprintf(host->note, sizeof(host->note), "%s", note);
	return store_host_put(ratchet->store, host, ratchet->now);
}

static enum store_result unpin(const struct ratchet *ratchet, struct store_host *host)
{
	host->pinned = 0;
	host->note[0] = '\0';
	host->set = ratchet->now;
	return store_host_put(ratchet->store, host, ratchet->now);
}

/* "mx.example.org 192.0.2.0/24", or "mx.example.org" for all blocks. */
static bool is_meant(const char *key, const char *word)
{
	size_t length = strlen(word);

	return strncmp(key, word, length) == 0 && (key[length] == '\0' || key[length] == ' ');
}

static int each(const struct ratchet *ratchet, const char *word, deed *act, size_t *count)
{
	struct store_host host = {.key = ""};
	enum store_result result;

	while ((result = next(ratchet, &host)) == STORE_OK) {
		struct store_host one = host;

		if (!is_meant(host.key, word))
			continue;
		if (act(ratchet, &one) == STORE_TROUBLE)
			return trouble(ratchet);
		(*count)++;
		printf("%s\n", host.key);
	}
	return result == STORE_TROUBLE ? trouble(ratchet) : RATCHET_FINE;
}

/* A host that was never seen can be pinned, if it is named as it would be remembered. */
static int pin_new(const struct ratchet *ratchet, const char *key)
{
	struct store_host host = {.key = ""};

	if (!hosts_is_key(key)) {
		complain("%s: nothing is known of it; to pin it nevertheless, say its name and the "
		         "block of its address: \"mx.example.org 192.0.2.0/24\"",
		         key);
		return RATCHET_FOUND;
	}
	snprintf(host.key, sizeof(host.key), "%s", key);
	if (pin(ratchet, &host) == STORE_TROUBLE)
		return trouble(ratchet);
	printf("%s\n", key);
	return RATCHET_FINE;
}

static int change(const struct ratchet *ratchet, const char *verb, const char *given)
{
	bool pins = strcmp(verb, "pin") == 0;
	deed *act = pins ? pin : strcmp(verb, "unpin") == 0 ? unpin : forget;
	char word[sizeof(((struct store_host *)NULL)->key)];
	size_t count = 0;
	int status;

	snprintf(word, sizeof(word), "%s", given);
	for (char *letter = word; *letter != '\0'; letter++)
		*letter = (char)tolower((unsigned char)*letter);
	status = each(ratchet, word, act, &count);
	if (status != RATCHET_FINE || count > 0)
		return status;
	if (pins)
		return pin_new(ratchet, word);
	complain("%s: nothing is known of it", word);
	return RATCHET_FOUND;
}

int command_ratchet(const struct options *options)
{
	struct options completed = *options;
	struct ratchet ratchet = {.options = &completed, .now = loop_date()};
	const char *verb = options->words[0];
	int status;

	if (completed.state == NULL)
		completed.state = STATE_USUAL;
	ratchet.store = state_open(completed.state, ratchet.now);
	if (ratchet.store == NULL)
		return EXIT_USAGE;
	status =
	    strcmp(verb, "list") == 0 ? list(&ratchet) : change(&ratchet, verb, options->words[1]);
	store_close(ratchet.store);
	return status;
}
