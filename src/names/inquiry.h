/* SPDX-License-Identifier: ISC */
/*
 * An inquiry has the questions of a policy case answered: by DNS, and by HTTPS for
 * policies.  All that are open are under way at once.  A case that waits for too
 * long is given what there is: what was not answered has failed.
 */
#ifndef NAMES_INQUIRY_H
#define NAMES_INQUIRY_H

#include <starttls/policy.h>

#include "names/dns.h"
#include "names/fetch.h"

struct inquiry;

/* done() is called once, later and never from within inquiry_begin(): the plan can
 * be had.  patience: ms for all of it.  What is pointed to outlives the inquiry.
 * NULL when memory is out. */
struct inquiry *inquiry_begin(struct loop *, struct dns *, struct fetcher *, stls_case *,
                              int64_t patience, void (*done)(void *owner), void *owner);
/* At any time, also after done(). NULL is fine. */
void inquiry_end(struct inquiry *);

#endif
