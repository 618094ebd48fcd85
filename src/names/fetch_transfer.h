/* SPDX-License-Identifier: ISC */
/* One document from one host by libcurl: what it may do, and what came of it. */
#ifndef NAMES_FETCH_TRANSFER_H
#define NAMES_FETCH_TRANSFER_H

#include <stdbool.h>

#include "names/dns_addresses.h"
#include "names/dns_name.h"
#include "names/fetch.h"
#include "names/fetch_multi.h"

struct fetch_transfer {
	CURL *easy; /* NULL: not begun */
	struct curl_slist *addresses;
	char over[DNS_NAME + 16]; /* what makes libcurl forget them */
	char *body;               /* with a zero octet behind it */
	size_t length;
	bool too_big;
	const struct fetch_settings *settings;
	char error[CURL_ERROR_SIZE]; /* libcurl's own words */
	char why[256 + 64];
};

/* owner is what the multi's done() gets.  0, or -1: memory is out. */
int fetch_transfer_begin(struct fetch_transfer *, struct fetch_multi *, const char *host,
                         const char *path, const struct dns_addresses *, void *owner);

/* What came of it; valid until fetch_transfer_end(). */
void fetch_transfer_judge(struct fetch_transfer *, CURLcode, struct fetch_answer *);

/* May be called for one that was not begun. */
void fetch_transfer_end(struct fetch_transfer *, struct fetch_multi *);

#endif
