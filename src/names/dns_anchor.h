/* SPDX-License-Identifier: ISC */
/* The key of the root that everything hangs on. */
#ifndef NAMES_DNS_ANCHOR_H
#define NAMES_DNS_ANCHOR_H

#include "names/dns.h"

struct ub_ctx;

/*
 * Gives a context that has no anchor yet the packaged one, or the copy of it in the
 * state's folder, which libunbound keeps up to date there (RFC 5011).  0, or -1 and
 * the reason as a sentence without a dot; with 0 too, "wrong" may say something.
 */
int dns_anchor(struct ub_ctx *, const struct dns_settings *, char wrong[DNS_WRONG]);

#endif
