/* SPDX-License-Identifier: ISC */
/* Hosts that are remembered, as a table or an object a line. */
#ifndef CLI_HOSTS_H
#define CLI_HOSTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "store/record.h"

struct hosts_table {
	FILE *to;
	bool json;
	int64_t now;
	size_t count; /* so far */
};

void hosts_put(struct hosts_table *, const struct store_host *);

/* True for what stls_ratchet_key() could have written. */
bool hosts_is_key(const char *);

#endif
