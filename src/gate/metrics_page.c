/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include <starttls/api.h>

#include "gate/metrics_page.h"

/* "front", "protocol" and one more, all of them escaped. */
#define LABELS 1024

static void labels_of(char out[LABELS], const struct board_row *row, const char *key,
                      const char *word)
{
	char front[METRICS_VALUE], protocol[METRICS_VALUE];
	int length;

	metrics_escape(front, row->front);
	metrics_escape(protocol, row->protocol);
	length = snprintf(out, LABELS, "front=\"%s\",protocol=\"%s\"", front, protocol);
	if (key)
		snprintf(out + length, LABELS - (size_t)length, ",%s=\"%s\"", key, word);
}

/* The rows that are in use, one after the other; NULL behind the last one. */
static const struct board_row *next_row(const struct board *board, const struct board_row *before)
{
	const struct board_row *row = before ? before + 1 : board->rows;
	const struct board_row *other = &board->rows[BOARD_ROWS - 1];

	if (row < other && row < board->rows + atomic_load(&board->used))
		return row;
	return before != other && board_read(&other->accepted) ? other : NULL;
}

/* ---- counters of fronts ---- */

static const char *fault_word(size_t i)
{
	return stls_fault_name((enum stls_fault)i);
}

static const char *refusal_word(size_t i)
{
	return board_refusals[i];
}

static const char *sni_word(size_t i)
{
	return board_snis[i];
}

static const char *version_word(size_t i)
{
	return board_versions[i];
}

static const char *group_word(size_t i)
{
	return board_groups[i];
}

static const char *cipher_word(size_t i)
{
	return board_ciphers[i];
}

static const char *direction_word(size_t i)
{
	return i ? "out" : "in";
}

/* One counter, or several that a label tells apart. */
struct family {
	const char *name, *help;
	size_t at, size; /* in a row */
	const char *label;
	const char *(*word)(size_t);
	bool sparse; /* only those that are not 0 are told, and always the first one */
};

#define AT(member) offsetof(struct board_row, member), sizeof(((struct board_row *)0)->member)

static const struct family families[] = {
    {"starttls_connections_total", "Connections accepted.", AT(accepted)},
    {"starttls_connections_refused_total", "Connections turned away because of a limit.",
     AT(refused), "reason", refusal_word},
    {"starttls_sessions_total", "Sessions that are over, by what went wrong.", AT(ended), "fault",
     fault_word, true},
    {"starttls_upgrades_offered_total", "Dialogues in which STARTTLS was to be had.", AT(offered)},
    {"starttls_upgrades_taken_total", "Dialogues in which the client asked for STARTTLS.",
     AT(taken)},
    {"starttls_upgrades_declined_total", "Dialogues in which the client went on in plaintext.",
     AT(declined)},
    {"starttls_commands_refused_total", "Commands refused because they were said in plaintext.",
     AT(commands)},
    {"starttls_handshakes_total", "TLS handshakes with clients, by what went wrong.",
     AT(handshakes), "fault", fault_word, true},
    {"starttls_handshake_versions_total", "Handshakes that went well, by version of TLS.",
     AT(versions), "version", version_word},
    {"starttls_handshake_groups_total", "Handshakes that went well, by group of key exchange.",
     AT(groups), "group", group_word, true},
    {"starttls_handshake_ciphers_total", "Handshakes that went well, by cipher suite.", AT(ciphers),
     "cipher", cipher_word, true},
    {"starttls_handshakes_resumed_total", "Handshakes that went well and resumed a session.",
     AT(resumed)},
    {"starttls_handshake_names_total",
     "Handshakes by the name that was asked for: a certificate has it, none was, none has it.",
     AT(sni), "name", sni_word},
    {"starttls_backend_connections_total", "Connections to backends, by what went wrong.",
     AT(backend), "fault", fault_word, true},
    {"starttls_bytes_total", "Bytes that crossed, from clients (in) and to them (out).", AT(bytes),
     "direction", direction_word},
};

static void say_counters(struct metrics_text *text, const struct family *family,
                         const struct board_row *row)
{
	const board_counter *counters = (const void *)((const char *)row + family->at);
	char labels[LABELS];

	for (size_t i = 0; i < family->size / sizeof(*counters); i++) {
		uint64_t value = board_read(&counters[i]);

		if (family->sparse && i && !value)
			continue;
		labels_of(labels, row, family->label, family->label ? family->word(i) : NULL);
		metrics_number(text, family->name, labels, value);
	}
}

static void say_family(struct metrics_text *text, const struct family *family,
                       const struct board *board)
{
	const struct board_row *row = NULL;

	metrics_family(text, family->name, "counter", family->help);
	while ((row = next_row(board, row)))
		say_counters(text, family, row);
}

/* Words that somebody has put where they do not belong, on either side.  They are
 * told also when there were none, so that the first one is seen. */
static void say_injections(struct metrics_text *text, const struct board *board)
{
	static const char name[] = "starttls_injections_total";
	static const enum stls_fault faults[] = {STLS_FAULT_INJECTED, STLS_FAULT_EARLY,
	                                         STLS_FAULT_SMUGGLED};
	const struct board_row *row = NULL;
	char labels[LABELS];

	metrics_family(text, name, "counter",
	               "Commands or replies put where they do not belong: attacks.");
	while ((row = next_row(board, row)))
		for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
			labels_of(labels, row, "fault", stls_fault_name(faults[i]));
			metrics_number(text, name, labels,
			               board_read(&row->ended[faults[i]]) +
			                   board_read(&row->backend[faults[i]]));
		}
}

static void bound_of(char text[16], size_t bucket)
{
	if (bucket < BOARD_BOUNDS)
		snprintf(text, 16, "%g", board_bounds[bucket] / 1000.0);
	else
		snprintf(text, 16, "+Inf");
}

static void say_durations_of(struct metrics_text *text, const struct board_row *row)
{
	uint64_t total = 0;
	char labels[LABELS], bound[16];

	for (size_t i = 0; i <= BOARD_BOUNDS; i++) {
		total += board_read(&row->took[i]);
		bound_of(bound, i);
		labels_of(labels, row, "le", bound);
		metrics_number(text, "starttls_handshake_duration_seconds_bucket", labels, total);
	}
	labels_of(labels, row, NULL, NULL);
	metrics_seconds(text, "starttls_handshake_duration_seconds_sum", labels,
	                board_read(&row->took_ms));
	metrics_number(text, "starttls_handshake_duration_seconds_count", labels, total);
}

static void say_durations(struct metrics_text *text, const struct board *board)
{
	const struct board_row *row = NULL;

	metrics_family(text, "starttls_handshake_duration_seconds", "histogram",
	               "How long handshakes took that went well.");
	while ((row = next_row(board, row)))
		say_durations_of(text, row);
}

/* ---- gauges of fronts ---- */

/* Whoever may write on the board is not trusted by who reads it. */
static enum board_state state_of(const struct board_slot *slot)
{
	int state = atomic_load(&slot->state);

	return state > BOARD_FREE && state < BOARD_STATE_COUNT ? (enum board_state)state
	                                                       : BOARD_FREE;
}

/* Of a front, in all processes together; of places, as the worker sees them that
 * sees the worst. */
enum { OPENING, OPEN, UP, DOWN, NUMBERS };

static void take_places(uint64_t sum[NUMBERS], const struct board_gauges *now)
{
	uint64_t places = board_level(&now->places), up = board_level(&now->places_up);
	uint64_t down = places > up ? places - up : 0;

	if (down < sum[DOWN] || (down == sum[DOWN] && up < sum[UP]))
		return;
	sum[UP] = up;
	sum[DOWN] = down;
}

static void sum_up(uint64_t sum[NUMBERS], const struct board *board, const struct board_row *row)
{
	memset(sum, 0, NUMBERS * sizeof(*sum));
	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		const struct board_gauges *now = &board->now[i][row - board->rows];
		enum board_state state = state_of(&board->slots[i]);

		if (state == BOARD_FREE)
			continue;
		sum[OPENING] += board_level(&now->opening);
		sum[OPEN] += board_level(&now->open);
		if (state == BOARD_SERVING)
			take_places(sum, now);
	}
}

static void say_gauge(struct metrics_text *text, const struct board *board, const char *name,
                      const char *help, int first)
{
	static const char *const words[NUMBERS] = {"opening", "open", "up", "down"};
	const struct board_row *row = NULL;
	uint64_t sum[NUMBERS];
	char labels[LABELS];

	metrics_family(text, name, "gauge", help);
	while ((row = next_row(board, row))) {
		sum_up(sum, board, row);
		for (int i = first; i < first + 2; i++) {
			labels_of(labels, row, "state", words[i]);
			metrics_number(text, name, labels, sum[i]);
		}
	}
}

/* ---- the daemon ---- */

static void say_one(struct metrics_text *text, const char *name, const char *type, const char *help,
                    uint64_t value)
{
	metrics_family(text, name, type, help);
	metrics_number(text, name, "", value);
}

static void say_workers(struct metrics_text *text, const struct board *board)
{
	static const char *const states[BOARD_STATE_COUNT] = {
	    [BOARD_STARTING] = "state=\"starting\"",
	    [BOARD_SERVING] = "state=\"serving\"",
	    [BOARD_RETIRING] = "state=\"retiring\"",
	};
	uint64_t counts[BOARD_STATE_COUNT] = {0};

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		counts[state_of(&board->slots[i])]++;
	metrics_family(text, "starttls_workers", "gauge", "Worker processes, which serve fronts.");
	for (int i = BOARD_FREE + 1; i < BOARD_STATE_COUNT; i++)
		metrics_number(text, "starttls_workers", states[i], counts[i]);
}

static void say_deaths(struct metrics_text *text, const struct board_daemon *daemon)
{
	static const char name[] = "starttls_worker_deaths_total";
	char label[64];

	metrics_family(text, name, "counter",
	               "Processes that were killed, crashed or failed, by what they were for.");
	for (size_t i = 0; i < BOARD_PROCESS_COUNT; i++) {
		snprintf(label, sizeof(label), "process=\"%s\"", board_processes[i]);
		metrics_number(text, name, label, board_read(&daemon->died[i]));
	}
}

static void say_reloads(struct metrics_text *text, const struct board_daemon *daemon)
{
	metrics_family(text, "starttls_reloads_total", "counter",
	               "New configurations, taken (good) or refused (failed).");
	metrics_number(text, "starttls_reloads_total", "result=\"good\"",
	               board_read(&daemon->reloads));
	metrics_number(text, "starttls_reloads_total", "result=\"failed\"",
	               board_read(&daemon->reloads_failed));
	say_one(text, "starttls_reload_last_successful", "gauge",
	        "Whether the last new configuration was taken.", !atomic_load(&daemon->broken));
	say_one(text, "starttls_reload_last_success_timestamp_seconds", "gauge",
	        "When a configuration was taken last, in seconds since 1970.",
	        (uint64_t)atomic_load(&daemon->reloaded));
}

static void say_daemon(struct metrics_text *text, const struct board *board)
{
	const struct board_daemon *daemon = &board->daemon;

	metrics_family(text, "starttls_build_info", "gauge", "The version of starttlsd.");
	metrics_number(text, "starttls_build_info", "version=\"" STLS_VERSION "\"", 1);
	say_one(text, "starttls_start_time_seconds", "gauge",
	        "When the daemon was started, in seconds since 1970.",
	        (uint64_t)atomic_load(&daemon->started));
	say_one(text, "starttls_draining", "gauge", "Whether the daemon is about to end.",
	        (uint64_t)atomic_load(&daemon->draining));
	say_workers(text, board);
	say_one(text, "starttls_worker_starts_total", "counter", "Worker processes started.",
	        board_read(&daemon->workers));
	say_deaths(text, daemon);
	say_reloads(text, daemon);
	say_one(text, "starttls_ticket_keys_total", "counter",
	        "Keys made to seal session tickets with.", board_read(&daemon->ticket_keys));
	say_one(text, "starttls_log_lines_suppressed_total", "counter",
	        "Lines left out of the log because there were too many.",
	        board_read(&daemon->log_lines));
}

/* So that who sees no worker can tell whether there should be one. */
static void say_services(struct metrics_text *text, const struct metrics_facts *facts)
{
	metrics_family(text, "starttls_services", "gauge",
	               "Fronts and policy services in the configuration.");
	metrics_number(text, "starttls_services", "kind=\"front\"", facts->fronts);
	metrics_number(text, "starttls_services", "kind=\"policy\"", facts->policies);
}

static void say_advice(struct metrics_text *text, const struct board_advice *advice)
{
#define SAY(member, name, help) say_one(text, name, "counter", help, board_read(&advice->member));
	BOARD_ADVICE(SAY)
#undef SAY
}

static void say_store(struct metrics_text *text, const struct board_advice *advice)
{
	say_one(text, "starttls_store_failures_total", "counter",
	        "Times that the store could not be asked.", board_read(&advice->store_failures));
	say_one(text, "starttls_store_troubled", "gauge",
	        "Whether what is to outlive the daemon is in memory only.",
	        (uint64_t)atomic_load(&advice->store_troubled));
}

static void say_certificates(struct metrics_text *text, const struct metrics_facts *facts)
{
	static const char name[] = "starttls_certificate_expiry_timestamp_seconds";
	char labels[LABELS], front[METRICS_VALUE], subject[METRICS_VALUE], key[METRICS_VALUE];

	metrics_family(text, name, "gauge", "When a certificate expires, in seconds since 1970.");
	for (size_t i = 0; i < facts->certificate_count; i++) {
		const struct metrics_certificate *one = &facts->certificates[i];

		metrics_escape(front, one->front);
		metrics_escape(subject, one->subject);
		metrics_escape(key, one->key);
		snprintf(labels, sizeof(labels), "front=\"%s\",subject=\"%s\",key=\"%s\"", front,
		         subject, key);
		metrics_number(text, name, labels, (uint64_t)one->expiry);
	}
}

void metrics_page(struct metrics_text *text, const struct board *board,
                  const struct metrics_facts *facts)
{
	say_daemon(text, board);
	say_services(text, facts);
	if (facts->policies)
		say_advice(text, &board->daemon.advice);
	if (facts->keeps)
		say_store(text, &board->daemon.advice);
	say_certificates(text, facts);
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		say_family(text, &families[i], board);
	say_injections(text, board);
	say_durations(text, board);
	say_gauge(text, board, "starttls_open_sessions",
	          "Sessions now: before the backend is reached, and after.", OPENING);
	say_gauge(text, board, "starttls_backends",
	          "Addresses of backends, as the worker sees them that sees the worst.", UP);
	metrics_end(text);
}
