/* SPDX-License-Identifier: ISC */
/* What connect and probe are to reach, as options say it. */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include "check/trail.h"
#include "cli/options.h"

/* The resolver, if one is needed: false, and an explanation is out. */
bool target_resolver(struct resolver *, struct loop *, const struct options *);

/* One of the words. ready and owner are for the caller to set. */
struct trail_plan target_plan(const struct options *, size_t index, struct loop *,
                              const struct resolver *);

#endif
