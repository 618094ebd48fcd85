/* SPDX-License-Identifier: ISC */
/*
 * What the parent and a process of its say to each other: messages that arrive
 * whole or not at all.  Neither waits for the other, and the parent believes
 * nothing that it has not checked.
 */
#ifndef PROC_CHANNEL_H
#define PROC_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

enum proc_kind {
	PROC_READY = 1, /* a process: it serves */
	PROC_RETIRE,    /* the parent: take nobody any more, end when the last session has */
	PROC_DRAIN,     /* the parent: end soon; how soon is in the body */
	PROC_STOP,      /* the parent: end now */
	PROC_TICKETS,   /* the parent: keys */
	PROC_HOST,      /* who looks names up: what came of one */
	PROC_KINDS      /* none: whatever is not below is malformed */
};

#define PROC_BODY 4096

struct proc_message {
	uint32_t kind, length;
	unsigned char body[PROC_BODY];
};

enum proc_received {
	PROC_MESSAGE,
	PROC_NOTHING,  /* for now */
	PROC_GONE,     /* the other one has ended */
	PROC_MALFORMED /* what came was no message, and is dropped */
};

/* Two ends, non-blocking; 0, or -1 with errno. */
int proc_channel(int ends[2]);

/* 0, or -1: the other one is gone, or takes nothing in. */
int proc_send(int end, uint32_t kind, const void *body, size_t length);
enum proc_received proc_receive(int end, struct proc_message *);

/* The same, but waits for so many milliseconds before it says PROC_NOTHING. */
enum proc_received proc_receive_within(int end, struct proc_message *, int milliseconds);

#endif
