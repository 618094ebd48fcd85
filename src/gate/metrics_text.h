/* SPDX-License-Identifier: ISC */
/*
 * Metrics as text, in the words of Prometheus (text format 0.0.4) or of
 * OpenMetrics 1.0, which differ in little.
 */
#ifndef GATE_METRICS_TEXT_H
#define GATE_METRICS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct metrics_text {
	bool open;   /* OpenMetrics */
	bool broken; /* memory was out: there is no text */
	char *bytes; /* the owner frees it */
	size_t length, room;
};

/* What a value of a label is when it is in quotes: backslash, quote and all that
 * is not printable ASCII are escaped as in the log.  What does not fit is left out. */
#define METRICS_VALUE 320
void metrics_escape(char out[METRICS_VALUE], const char *value);

/* The lines above the samples of a metric.  A counter's name ends with "_total". */
void metrics_family(struct metrics_text *, const char *name, const char *type, const char *help);

/* One sample.  labels: without the braces, "" for none. */
void metrics_number(struct metrics_text *, const char *name, const char *labels, uint64_t);
void metrics_seconds(struct metrics_text *, const char *name, const char *labels,
                     uint64_t milliseconds);

/* Behind the last one. */
void metrics_end(struct metrics_text *);

#endif
