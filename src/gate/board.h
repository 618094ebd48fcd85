/* SPDX-License-Identifier: ISC */
/*
 * The board: everything that is counted, in memory that all processes of the
 * daemon share and that lives as long as the daemon does, over reloads and dead
 * workers.
 *
 * There is a row for each front's name, of counters that only grow; whoever has
 * something to count adds to them.  And there is a slot for each process, with
 * numbers that go up and down; only that process writes them, and when it is gone
 * they count no more, so that a worker which was killed takes along what it had
 * open and nothing else.
 */
#ifndef GATE_BOARD_H
#define GATE_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <starttls/tls.h>

#define BOARD_ROWS 256 /* the last one is for all fronts beyond */
#define BOARD_SLOTS 1024
#define BOARD_NAME 72

typedef _Atomic uint64_t board_counter;
typedef _Atomic uint32_t board_gauge;

/* No order is promised between one number and another. */
static inline void board_add(board_counter *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static inline uint64_t board_read(const board_counter *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/* Only the process whose slot it is may do that. */
static inline void board_set(board_gauge *gauge, uint32_t n)
{
	atomic_store_explicit(gauge, n, memory_order_relaxed);
}

static inline uint32_t board_level(const board_gauge *gauge)
{
	return atomic_load_explicit(gauge, memory_order_relaxed);
}

static inline void board_up(board_gauge *gauge)
{
	board_set(gauge, board_level(gauge) + 1);
}

static inline void board_down(board_gauge *gauge)
{
	board_set(gauge, board_level(gauge) - 1);
}

/* Why a connection is turned away before a word is said. */
#define BOARD_REFUSALS(X)                                                                          \
	X(CONNECTIONS, "connections")                                                              \
	X(ADDRESS, "connections-per-address")                                                      \
	X(RATE, "handshakes-per-address")                                                          \
	X(MEMORY, "memory")

enum board_refusal {
#define BOARD_REFUSAL_ENUM(NAME, name) BOARD_REFUSED_##NAME,
	BOARD_REFUSALS(BOARD_REFUSAL_ENUM)
#undef BOARD_REFUSAL_ENUM
	    BOARD_REFUSAL_COUNT
};

/* What a client's SNI was. */
enum board_sni { BOARD_SNI_KNOWN, BOARD_SNI_MISSING, BOARD_SNI_UNKNOWN, BOARD_SNI_COUNT };

/* The names that rows count by; the last one of each is "other". */
#define BOARD_VERSIONS 3
#define BOARD_GROUPS 8
#define BOARD_CIPHERS 10
extern const char *const board_refusals[BOARD_REFUSAL_COUNT];
extern const char *const board_snis[BOARD_SNI_COUNT];
extern const char *const board_versions[BOARD_VERSIONS];
extern const char *const board_groups[BOARD_GROUPS];
extern const char *const board_ciphers[BOARD_CIPHERS];

/* Handshakes by how long they took: up to so many milliseconds, the last ones
 * longer. */
#define BOARD_BOUNDS 13
extern const unsigned board_bounds[BOARD_BOUNDS];

struct board_row {
	char front[BOARD_NAME];
	char protocol[16];
	board_counter accepted;
	board_counter refused[BOARD_REFUSAL_COUNT];
	board_counter ended[STLS_FAULT_COUNT]; /* sessions, by what went wrong */
	board_counter offered;                 /* dialogues in which STARTTLS was to be had */
	board_counter taken;                   /* ... and was asked for */
	board_counter declined;                /* ... and the client went on in plaintext */
	board_counter commands;                /* refused because they were said in plaintext */
	board_counter handshakes[STLS_FAULT_COUNT];
	board_counter versions[BOARD_VERSIONS];
	board_counter groups[BOARD_GROUPS];
	board_counter ciphers[BOARD_CIPHERS];
	board_counter resumed;
	board_counter sni[BOARD_SNI_COUNT];
	board_counter took[BOARD_BOUNDS + 1];    /* handshakes that went well */
	board_counter took_ms;                   /* all of them together */
	board_counter backend[STLS_FAULT_COUNT]; /* connections to it */
	board_counter bytes[2];                  /* from clients, to clients */
};

/* Of one front in one process. */
struct board_gauges {
	board_gauge opening;           /* sessions that have not got to the service */
	board_gauge open;              /* ... and those that have */
	board_gauge places, places_up; /* where the service should be, and is */
};

enum board_state {
	BOARD_FREE,
	BOARD_STARTING, /* a worker that does not serve yet */
	BOARD_SERVING,
	BOARD_RETIRING, /* it has its sessions, and takes no more */
	BOARD_STATE_COUNT
};

struct board_slot {
	_Atomic int state;
};

/* Of the policy services together, and of what they stand on.  Each text is read alone. */
#define BOARD_ADVICE(X)                                                                            \
	X(asked, "starttls_policy_questions_total", "Questions to the policy services.")           \
	X(known, "starttls_policy_questions_known_total",                                          \
	  "Questions to the policy services that were answered at once.")                          \
	X(found_out, "starttls_policy_lookups_total",                                              \
	  "Destinations whose policy was found out, or looked at again.")                          \
	X(troubled, "starttls_policy_lookups_troubled_total",                                      \
	  "Destinations that were found out with trouble that defers mail.")                       \
	X(dns, "starttls_dns_questions_total", "Questions to name servers.")                       \
	X(dns_failed, "starttls_dns_questions_failed_total",                                       \
	  "Questions to name servers without an answer, or with a bogus one.")                     \
	X(fetched, "starttls_fetches_total", "Policies of MTA-STS that were to be fetched.")       \
	X(fetches_failed, "starttls_fetches_failed_total",                                         \
	  "Policies of MTA-STS that could not be fetched.")

struct board_advice {
#define BOARD_ADVICE_MEMBER(member, name, help) board_counter member;
	BOARD_ADVICE(BOARD_ADVICE_MEMBER)
#undef BOARD_ADVICE_MEMBER
	board_counter store_failures;
	_Atomic int store_troubled; /* now */
};

/* The kinds of processes that the parent starts. */
#define BOARD_PROCESSES(X)                                                                         \
	X(WORKER, "worker")                                                                        \
	X(METRICS, "metrics")                                                                      \
	X(POLICY, "policy")

enum board_process {
#define BOARD_PROCESS_ENUM(NAME, name) BOARD_PROCESS_##NAME,
	BOARD_PROCESSES(BOARD_PROCESS_ENUM)
#undef BOARD_PROCESS_ENUM
	    BOARD_PROCESS_COUNT
};
extern const char *const board_processes[BOARD_PROCESS_COUNT];

/* Of the daemon as a whole; times are seconds since 1970. */
struct board_daemon {
	_Atomic int64_t started, reloaded;
	_Atomic int broken; /* the last reload failed, and what was before goes on */
	_Atomic int draining;
	board_counter reloads, reloads_failed;
	board_counter workers;                   /* started */
	board_counter died[BOARD_PROCESS_COUNT]; /* killed, crashed or failed */
	board_counter ticket_keys;               /* made */
	board_counter log_lines;                 /* left out */
	struct board_advice advice;
};

struct board {
	struct board_daemon daemon;
	_Atomic size_t used; /* rows */
	struct board_row rows[BOARD_ROWS];
	struct board_slot slots[BOARD_SLOTS + 1]; /* the last one is nobody's, and not told */
	struct board_gauges now[BOARD_SLOTS + 1][BOARD_ROWS]; /* touched where there is a process */
};

/* In memory of sizeof(struct board) that is all zeros. */
void board_begin(struct board *, int64_t now);
void board_reloaded(struct board *, bool good, int64_t now);

/*
 * The parent's: the row of a front's name, a new one if there is none yet, and a
 * slot for a process that is about to be.  There is always an answer.
 */
struct board_row *board_row(struct board *, const char *front, const char *protocol);
struct board_slot *board_take(struct board *);
void board_tell(struct board_slot *, enum board_state); /* the process itself may, too */
void board_release(struct board_slot *);

struct board_gauges *board_gauges(struct board *, const struct board_slot *,
                                  const struct board_row *);

/* What a handshake that went well has to tell. */
void board_handshake(struct board_row *, const struct stls_facts *, int64_t milliseconds);

#endif
