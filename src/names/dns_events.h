/* SPDX-License-Identifier: ISC */
/* Our loop, as libunbound wants to see one (unbound-event.h). */
#ifndef NAMES_DNS_EVENTS_H
#define NAMES_DNS_EVENTS_H

#include "loop/loop.h"

struct dns_events;
struct ub_event_base;

struct dns_events *dns_events_open(struct loop *);
struct ub_event_base *dns_events_base(struct dns_events *);
/* After whoever used it. */
void dns_events_close(struct dns_events *); /* NULL is fine */

#endif
