/* SPDX-License-Identifier: ISC */
#include "wire/proxy_v2.h"

/* Castagnoli's polynomial, reflected.  Bit by bit: a header is short. */
#define POLYNOMIAL 0x82f63b78u

uint32_t proxy_crc32c(const uint8_t *bytes, size_t count, size_t zeroed)
{
	uint32_t sum = 0xffffffffu;
	for (size_t i = 0; i < count; i++) {
		/* Unsigned: true for the four bytes from "zeroed" on. */
		sum ^= i - zeroed < 4 ? 0 : bytes[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? POLYNOMIAL : 0);
	}
	return ~sum;
}
