/* SPDX-License-Identifier: ISC */
/* What the files of this room share: the only place that names libevent. */
#ifndef LOOP_BASE_H
#define LOOP_BASE_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "loop/loop.h"

struct event_base *loop_base(struct loop *);

/* A descriptor is about to be watched. */
void loop_expect(struct loop *, int fd);

#endif
