/* SPDX-License-Identifier: ISC */
/* What the programs for tests of names share: lines from standard input, one at a
 * time, and an end when there are no more and nobody waits. */
#ifndef TEST_NAMES_ASK_H
#define TEST_NAMES_ASK_H

#include <stddef.h>

#include <jansson.h>

#include "loop/loop.h"
#include "loop/stream.h"

struct lines {
	struct loop *loop;
	struct stream input;
	void (*heard)(void *owner, char *line);
	void *owner;
	unsigned waiting; /* answers that are still to come */
	size_t length;
	char buffer[4096];
};

/* 0, or -1. */
int lines_open(struct lines *, struct loop *, void (*heard)(void *owner, char *line), void *owner);
/* An answer has come: it is printed as one line. */
void lines_answer(struct lines *, json_t *);
void lines_print(json_t *);

/* The value of "--name VALUE" among the arguments, or other. */
const char *argument(char **arguments, const char *name, const char *other);
unsigned argument_number(char **arguments, const char *name);

#endif
