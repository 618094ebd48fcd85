/* SPDX-License-Identifier: ISC */
#include "gate/siphash.h"

struct state {
	uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static void rounds(struct state *s, int count)
{
	while (count--) {
		s->a += s->b;
		s->c += s->d;
		s->b = rotate(s->b, 13) ^ s->a;
		s->d = rotate(s->d, 16) ^ s->c;
		s->a = rotate(s->a, 32);
		s->c += s->b;
		s->a += s->d;
		s->b = rotate(s->b, 17) ^ s->c;
		s->d = rotate(s->d, 21) ^ s->a;
		s->c = rotate(s->c, 32);
	}
}

/* Little-endian, of at most eight octets. */
static uint64_t word(const uint8_t *bytes, size_t count)
{
	uint64_t value = 0;

	while (count--)
		value = value << 8 | bytes[count];
	return value;
}

static void take(struct state *s, uint64_t message)
{
	s->d ^= message;
	rounds(s, 2);
	s->a ^= message;
}

uint64_t siphash(const uint8_t key[16], const void *bytes, size_t count)
{
	const uint64_t one = word(key, 8), other = word(key + 8, 8);
	struct state s = {one ^ 0x736f6d6570736575, other ^ 0x646f72616e646f6d,
	                  one ^ 0x6c7967656e657261, other ^ 0x7465646279746573};
	const uint8_t *at = bytes;
	size_t left = count;

	for (; left >= 8; left -= 8, at += 8)
		take(&s, word(at, 8));
	take(&s, word(at, left) | (uint64_t)count << 56);
	s.c ^= 0xff;
	rounds(&s, 4);
	return s.a ^ s.b ^ s.c ^ s.d;
}
