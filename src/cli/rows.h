/* SPDX-License-Identifier: ISC */
/* Two columns for people: what it is about, and a text that goes on below itself where
 * it is too long. */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define ROWS_TEXT 28   /* where the text begins */
#define ROWS_WIDTH 100 /* where it ends, if words let it */

struct rows {
	FILE *to;
	bool colours;
};

#define ROWS_BOLD "\033[1m"
#define ROWS_DIM "\033[2m"
#define ROWS_RED "\033[31m"
#define ROWS_GREEN "\033[32m"
#define ROWS_YELLOW "\033[33m"
#define ROWS_MAGENTA "\033[35m"
#define ROWS_PLAIN "\033[0m"

/* The code, or nothing where there are no colours. */
const char *rows_colour(const struct rows *, const char *code);

/* What is not printable is escaped: others have chosen some of it. */
void rows_put(const struct rows *, size_t indent, const char *about, const char *text);

#endif
