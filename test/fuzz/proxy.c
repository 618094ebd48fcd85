/* SPDX-License-Identifier: ISC */
/*
 * PROXY headers: nothing that a peer sends makes the reader read past the end or
 * change its mind when bytes come one by one, and what was read can be written
 * and read again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void require(int truth)
{
	if (!truth)
		abort();
}

/* Part of a good header is neither bad nor whole; a bad one does not recover. */
static void check_parts(const uint8_t *bytes, size_t count, ptrdiff_t whole)
{
	struct proxy_facts facts;
	ptrdiff_t before = 0;
	for (size_t part = 0; part <= count; part++) {
		ptrdiff_t got = proxy_read(bytes, part, &facts);
		require(before == 0 || got == before);
		if (whole > 0)
			require(got == (part < (size_t)whole ? 0 : whole));
		before = got;
	}
	require(before == whole);
}

static void same_text(struct proxy_text a, struct proxy_text b)
{
	require((a.bytes == NULL) == (b.bytes == NULL) && a.length == b.length);
	require(a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

static void same_ends(const struct proxy_facts *a, const struct proxy_facts *b)
{
	require(a->family == b->family);
	require(memcmp(&a->source, &b->source, sizeof(a->source)) == 0);
	require(memcmp(&a->destination, &b->destination, sizeof(a->destination)) == 0);
}

static void check_v1(const struct proxy_facts *facts)
{
	struct proxy_facts again;
	char out[128];
	size_t length = proxy_write_v1(out, sizeof(out), facts);
	require(length > 0 && length <= 107);
	require(proxy_read((const uint8_t *)out, length, &again) == (ptrdiff_t)length);
	if (!facts->local && (facts->family == PROXY_TCP4 || facts->family == PROXY_TCP6))
		same_ends(facts, &again);
}

static void check_v2(const struct proxy_facts *facts, int checksum)
{
	struct proxy_facts again;
	uint8_t out[PROXY_ROOM];
	size_t length = proxy_write_v2(out, sizeof(out), facts, checksum);
	if (length == 0) /* more facts than a header may carry */
		return;
	require(proxy_read(out, length, &again) == (ptrdiff_t)length);
	if (again.local)
		return;
	same_ends(facts, &again);
	same_text(facts->alpn, again.alpn);
	same_text(facts->authority, again.authority);
	require(facts->tls == again.tls);
	if (!facts->tls)
		return;
	require(facts->certificate == again.certificate && facts->verified == again.verified);
	same_text(facts->version, again.version);
	same_text(facts->cipher, again.cipher);
	same_text(facts->common_name, again.common_name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_facts facts;
	ptrdiff_t used = proxy_read(data, size, &facts);
	require(used >= -1 && used <= (ptrdiff_t)size);
	if (size <= 512)
		check_parts(data, size, used);
	if (used <= 0)
		return 0;
	check_v1(&facts);
	check_v2(&facts, 0);
	check_v2(&facts, 1);
	return 0;
}
