/* SPDX-License-Identifier: ISC */
/* All metrics of the daemon, in the order in which they are told. */
#ifndef GATE_METRICS_PAGE_H
#define GATE_METRICS_PAGE_H

#include "gate/board.h"
#include "gate/metrics_text.h"

/* One of a front's certificates. */
struct metrics_certificate {
	char *front, *subject, *key;
	int64_t expiry; /* seconds since 1970 */
};

/* What is not on the board. */
struct metrics_facts {
	struct metrics_certificate *certificates; /* no two have all words in common */
	size_t certificate_count;
	size_t fronts, policies; /* sections of the configuration */
	bool keeps;              /* a process keeps what has to outlive the daemon */
};

void metrics_page(struct metrics_text *, const struct board *, const struct metrics_facts *);

#endif
