/* SPDX-License-Identifier: ISC */
/* A finding for people and for programs. */
#ifndef CLI_RENDER_H
#define CLI_RENDER_H

#include <stdio.h>

#include "check/finding.h"

struct render {
	FILE *to;
	bool colours, verbose;
};

void render_text(const struct render *, const struct finding *, const struct verdict *);
/* One object, one line. */
void render_json(const struct render *, const struct finding *, const struct verdict *);

/* "2026-01-31" */
void render_date(char out[16], int64_t moment);

#endif
