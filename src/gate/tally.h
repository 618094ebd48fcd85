/* SPDX-License-Identifier: ISC */
/*
 * The tally: how many connections an address has, and how many handshakes it has
 * begun within a minute, over all processes of the daemon.
 *
 * Each process has a tally of its own in memory that all of them share; only that
 * process writes there, and whoever wants to know adds them all up.  The parent
 * wipes the tally of a process that is gone, and with it what that one had open.
 *
 * A tally has no list of addresses, which strangers could make as long as they
 * like, but a sketch: an address has a cell in each of a few rows, where it is
 * counted together with those that happen to have the same one, and its count is
 * the least of its cells.  So none is ever counted too low, and one that is counted
 * too high shares all of its cells with busy ones.  Which cells are whose is keyed
 * with a secret: nobody can choose an address to be somebody else's trouble.
 */
#ifndef GATE_TALLY_H
#define GATE_TALLY_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALLY_ROWS 4
#define TALLY_CELLS 8192 /* in each: a power of two */
#define TALLY_SECRET 16
#define TALLY_WINDOW 60000 /* ms in which handshakes are counted */

typedef _Atomic uint32_t tally_cell;

/* Of one process. */
struct tally {
	atomic_bool taken;
	atomic_bool retired;    /* it takes no more connections */
	tally_cell connections; /* of whomever */
	tally_cell memory;      /* in KiB */
	tally_cell window;      /* the number of the one that is being counted */
	tally_cell open[TALLY_ROWS][TALLY_CELLS];
	tally_cell begun[2][TALLY_ROWS][TALLY_CELLS]; /* handshakes, by the window's parity */
};

/* In shared memory, all zeros at first. */
#define TALLY_COUNT 256
struct tallies {
	_Atomic size_t used;            /* there are none behind */
	struct tally list[TALLY_COUNT]; /* the last one is never added up */
};

struct tally_board {
	struct tallies *shared;
	uint8_t secret[TALLY_SECRET];
};

/* Where an address is counted. */
struct tally_mark {
	bool counted; /* false: it is not, as with Unix sockets */
	uint16_t cells[TALLY_ROWS];
};

/* Keys it, once: 0, or -1 when there is no chance to be had. */
int tally_begin(struct tally_board *);

/*
 * The parent's.  There is always a tally to be taken: when all are, it is the last
 * one, whose process then keeps its limits without knowing of others.
 */
struct tally *tally_take(struct tally_board *);
void tally_release(struct tally *);

/* An IPv6 address is its /64, as that is what one client has; an IPv4 address is
 * itself, and also where an IPv6 one has it inside (RFC 4291 section 2.5.5.2). */
struct tally_mark tally_mark(const struct tally_board *, const struct sockaddr *);

/* The process' own; the time is in milliseconds and the same for all of them. */
void tally_come(struct tally *, const struct tally_mark *);
void tally_go(struct tally *, const struct tally_mark *);
void tally_handshake(struct tally *, const struct tally_mark *, int64_t now);

/* Of all; 0 for those that are not counted.  Handshakes: in the minute before now,
 * as if those of a window were spread evenly over it. */
uint32_t tally_connections(const struct tally_board *, const struct tally_mark *);
uint32_t tally_handshakes(const struct tally_board *, const struct tally_mark *, int64_t now);

/* What the processes have that only wait for their connections to end. */
struct tally_retired {
	uint32_t connections;
	uint64_t memory; /* in KiB */
};
struct tally_retired tally_retired(const struct tally_board *);

#endif
