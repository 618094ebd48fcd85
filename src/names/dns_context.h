/* SPDX-License-Identifier: ISC */
/* A context of libunbound as the settings want it. */
#ifndef NAMES_DNS_CONTEXT_H
#define NAMES_DNS_CONTEXT_H

#include "names/dns.h"

struct ub_ctx;
struct ub_event_base;

/* Questions that may be under way, those that take long among them, to each of the
 * quick ones that are at once. */
#define DNS_ALL_TO_QUICK 4

/*
 * Ready to be asked.  NULL, and the reason as a sentence without a dot; with a
 * context "wrong" is empty, or what the operator should know all the same.
 */
struct ub_ctx *dns_context(struct ub_event_base *, const struct dns_settings *,
                           char wrong[DNS_WRONG]);

#endif
