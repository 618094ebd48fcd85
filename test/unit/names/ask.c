/* SPDX-License-Identifier: ISC */
/*
 * Looks names up as the daemon does, for tests to drive:
 *
 *	names_ask [--config FILE] [--forwarders FILE] [--anchor FILE] [--state FOLDER]
 *		[--patience MS] [--grudge S] [--at-once N] [--remembered N]
 *
 * Lines on standard input: "TYPE NAME" asks, "ADDRESS NAME" for A and AAAA, "drop TYPE
 * NAME" asks and does not want to know, "many COUNT TYPE NAME" asks that often and
 * tells the last answer, with the processor time that it took, "counts" tells counts.
 * One line of JSON is an answer.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ask.h"
#include "names/dns.h"
#include "names/dns_addresses.h"

#define AT_A_TIME 64

struct ask {
	struct dns *dns;
	struct lines lines;
};

struct many {
	struct ask *ask;
	enum dns_type type;
	unsigned long count, asked, answered;
	clock_t begun;
	char name[256];
};

static json_t *hex(const unsigned char *bytes, size_t length)
{
	char text[1024];
	size_t used = 0;

	for (size_t i = 0; i < length && used + 3 < sizeof(text); i++)
		used += (size_t)sprintf(text + used, "%02x", bytes[i]);
	return json_stringn(text, used);
}

static json_t *record_json(enum dns_type type, const struct dns_record *record)
{
	switch (type) {
	case DNS_A:
	case DNS_AAAA:
	case DNS_TLSA: return hex(record->bytes, record->length);
	case DNS_CNAME: return json_string(record->host);
	case DNS_MX: return json_pack("[is]", (int)record->preference, record->host);
	case DNS_TXT: return json_stringn((const char *)record->bytes, record->length);
	case DNS_SRV:
		return json_pack("[iiis]", (int)record->preference, (int)record->weight,
		                 (int)record->port, record->host);
	}
	return NULL;
}

static json_t *records_json(const struct dns_answer *answer)
{
	json_t *records = json_array();

	for (size_t i = 0; i < answer->count; i++)
		json_array_append_new(records, record_json(answer->type, &answer->records[i]));
	return records;
}

static json_t *aliases_json(const struct dns_answer *answer)
{
	json_t *aliases = json_array();

	for (size_t i = 0; i < answer->alias_count; i++)
		json_array_append_new(aliases, json_string(answer->aliases[i]));
	return aliases;
}

static json_t *answer_json(const struct dns_answer *answer)
{
	static const char *const absent[] = {"there", "no records", "no name"};

	return json_pack("{ss ss ss ss si si ss ss so so}", "type", dns_type_name(answer->type),
	                 "name", answer->name, "security", dns_security_name(answer->security),
	                 "absent", absent[answer->absent], "rcode", (int)answer->rcode, "ttl",
	                 (int)answer->ttl, "why", answer->why, "canonical", answer->canonical,
	                 "aliases", aliases_json(answer), "records", records_json(answer));
}

static void on_answer(void *owner, const struct dns_answer *answer)
{
	struct ask *ask = owner;

	lines_answer(&ask->lines, answer_json(answer));
}

static void on_addresses(void *owner, const struct dns_addresses *all)
{
	static const char *const absent[] = {"there", "no records", "no name"};
	struct ask *ask = owner;
	json_t *sockets = json_array();
	char text[ADDRESS_TEXT];

	for (size_t i = 0; i < all->count; i++)
		json_array_append_new(sockets, json_string(address_format(
		                                   text, (const void *)&all->sockets[i].storage,
		                                   all->sockets[i].length)));
	lines_answer(&ask->lines,
	             json_pack("{ss ss ss si ss ss so}", "type", "ADDRESS", "security",
	                       dns_security_name(all->security), "absent", absent[all->absent],
	                       "ttl", (int)all->ttl, "why", all->why, "canonical", all->canonical,
	                       "addresses", sockets));
}

static void on_one_of_many(void *owner, const struct dns_answer *answer)
{
	struct many *many = owner;
	json_t *line;

	many->answered++;
	if (many->asked < many->count) {
		many->asked++;
		dns_ask(many->ask->dns, many->name, many->type, on_one_of_many, many);
		return;
	}
	if (many->answered < many->count)
		return;
	line = answer_json(answer);
	json_object_set_new(line, "seconds",
	                    json_real((double)(clock() - many->begun) / CLOCKS_PER_SEC));
	lines_answer(&many->ask->lines, line);
	free(many);
}

static void ask_many(struct ask *ask, unsigned long count, enum dns_type type, const char *name)
{
	struct many *many = calloc(1, sizeof(*many));

	*many = (struct many){.ask = ask, .type = type, .count = count, .begun = clock()};
	snprintf(many->name, sizeof(many->name), "%s", name);
	while (many->asked < count && many->asked < AT_A_TIME) {
		many->asked++;
		dns_ask(ask->dns, name, type, on_one_of_many, many);
	}
}

static enum dns_type type_named(const char *name)
{
	static const enum dns_type types[] = {DNS_A,    DNS_CNAME, DNS_MX,  DNS_TXT,
	                                      DNS_AAAA, DNS_SRV,   DNS_TLSA};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(dns_type_name(types[i]), name) == 0)
			return types[i];
	fprintf(stderr, "no type: %s\n", name);
	exit(64);
}

static void tell_counts(struct ask *ask)
{
	struct dns_counts counts = dns_count(ask->dns);

	lines_print(json_pack("{sI sI sI si si si}", "asked", (json_int_t)counts.asked, "looked_up",
	                      (json_int_t)counts.looked_up, "failed", (json_int_t)counts.failed,
	                      "under_way", (int)counts.under_way, "waiting", (int)counts.waiting,
	                      "remembered", (int)counts.remembered));
}

static void on_line(void *owner, char *line)
{
	struct ask *ask = owner;
	char type[16], name[1024];
	unsigned long count;

	name[0] = '\0';
	if (strcmp(line, "counts") == 0) {
		tell_counts(ask);
		return;
	}
	if (sscanf(line, "drop %15s %1023s", type, name) == 2) {
		dns_drop(dns_ask(ask->dns, name, type_named(type), on_answer, ask));
		return;
	}
	ask->lines.waiting++;
	if (sscanf(line, "many %lu %15s %1023s", &count, type, name) == 3)
		ask_many(ask, count, type_named(type), name);
	else if (sscanf(line, "ADDRESS %1023s", name) == 1)
		dns_ask_addresses(ask->dns, name, on_addresses, ask);
	else if (sscanf(line, "%15s %1023[^\n]", type, name) >= 1)
		dns_ask(ask->dns, name, type_named(type), on_answer, ask);
}

int main(int argc, char **argv)
{
	struct dns_settings settings = {
	    .config = argument(argv, "--config", NULL),
	    .forwarders = argument(argv, "--forwarders", NULL),
	    .anchor = argument(argv, "--anchor", NULL),
	    .state = argument(argv, "--state", NULL),
	    .patience = argument_number(argv, "--patience"),
	    .grudge = argument_number(argv, "--grudge"),
	    .at_once = argument_number(argv, "--at-once"),
	    .remembered = argument_number(argv, "--remembered"),
	};
	struct loop *loop = loop_create();
	char wrong[DNS_WRONG];
	struct ask ask = {0};

	(void)argc;
	ask.dns = dns_open(loop, &settings, wrong);
	if (*wrong)
		fprintf(stderr, "%s\n", wrong);
	if (!ask.dns)
		return 1;
	if (lines_open(&ask.lines, loop, on_line, &ask) == 0)
		loop_run(loop);
	dns_close(ask.dns);
	loop_free(loop);
	return 0;
}
