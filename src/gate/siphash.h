/* SPDX-License-Identifier: ISC */
/* SipHash-2-4 (Aumasson and Bernstein, 2012): a hash that nobody can make collide
 * without its key. */
#ifndef GATE_SIPHASH_H
#define GATE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint8_t key[16], const void *bytes, size_t count);

#endif
