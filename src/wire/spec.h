/* SPDX-License-Identifier: ISC */
/* What a dialogue is told at the beginning, checked once. */
#ifndef WIRE_SPEC_H
#define WIRE_SPEC_H

#include <stdbool.h>
#include <stddef.h>

#include <starttls/dialogue.h>

struct vocabulary;

/* Copies a spec, of whichever size the caller's header had; false when it
 * contradicts itself. */
bool spec_read(struct stls_spec *, const struct stls_spec *given);

/* The room for a unit of the peer's. */
size_t spec_unit(const struct stls_spec *, const struct vocabulary *);

#define SPEECH_MORE 768 /* octets of answers that the last one is said behind */

/* The longest thing that a server with this spec has to say at once. */
size_t spec_speech(const struct stls_spec *);

#endif
