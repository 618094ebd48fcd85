/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <string.h>

#include <jansson.h>
#include <starttls/ratchet.h>

#include "check/tape.h"
#include "cli/hosts.h"
#include "cli/render.h"
#include "policy/name.h"

static const char *pinned_word(int64_t pinned)
{
	if (pinned & STLS_PIN_AUTHENTICATION)
		return "tls, certificate";
	return pinned & STLS_PIN_TLS ? "tls" : "-";
}

static void day(char out[16], int64_t moment)
{
	snprintf(out, 16, "-");
	if (moment > 0)
		render_date(out, moment);
}

static void put_line(struct hosts_table *table, const struct store_host *host)
{
	char first[16], last[16], held[16], note[512];

	if (table->count == 0)
		fprintf(table->to, "%-44s %-10s %-10s %9s %5s %-10s %s\n", "HOST", "FIRST", "LAST",
		        "OCCASIONS", "DAYS", "HELD UNTIL", "PINNED");
	day(first, host->first_seen);
	day(last, host->last_seen);
	day(held, host->hold_until > table->now ? host->hold_until : 0);
	tape_escape(note, sizeof(note), host->note, strlen(host->note));
	fprintf(table->to, "%-44s %-10s %-10s %9" PRId64 " %5" PRId64 " %-10s %s%s%s\n", host->key,
	        first, last, host->occasions, host->days, held, pinned_word(host->pinned),
	        note[0] != '\0' ? ": " : "", note);
}

static json_t *moment(int64_t when)
{
	return when > 0 ? json_integer(when) : json_null();
}

static void put_json(const struct hosts_table *table, const struct store_host *host)
{
	char note[512];
	json_t *object;

	tape_escape(note, sizeof(note), host->note, strlen(host->note));
	object = json_pack("{s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:b, s:b, s:s}",
	                   "host", host->key, "first_seen", moment(host->first_seen), "last_seen",
	                   moment(host->last_seen), "occasions", (json_int_t)host->occasions,
	                   "days", (json_int_t)host->days, "vanished", (json_int_t)host->vanished,
	                   "authenticated", (json_int_t)host->authenticated, "authenticated_days",
	                   (json_int_t)host->authenticated_days, "held_since",
	                   moment(host->held_since), "hold_until", moment(host->hold_until),
	                   "pinned", (host->pinned & STLS_PIN_TLS) != 0, "pinned_authentication",
	                   (host->pinned & STLS_PIN_AUTHENTICATION) != 0, "note", note);
	if (object != NULL)
		json_dumpf(object, table->to, JSON_COMPACT);
	fputc('\n', table->to);
	json_decref(object);
}

void hosts_put(struct hosts_table *table, const struct store_host *host)
{
	if (table->json)
		put_json(table, host);
	else
		put_line(table, host);
	table->count++;
}

bool hosts_is_key(const char *key)
{
	const char *space = strchr(key, ' '), *slash = strrchr(key, '/');
	unsigned char octets[16];
	char block[64], again[STLS_RATCHET_KEY], host[STLS_RATCHET_KEY];
	size_t length;

	if (space == NULL || slash == NULL || slash < space || strlen(key) >= sizeof(again))
		return false;
	snprintf(host, sizeof(host), "%.*s", (int)(space - key), key);
	snprintf(block, sizeof(block), "%.*s", (int)(slash - space - 1), space + 1);
	length = name_address(octets, block, strlen(block));
	return length > 0 && stls_ratchet_key(again, sizeof(again), host, octets, length) > 0 &&
	       strcmp(again, key) == 0;
}
