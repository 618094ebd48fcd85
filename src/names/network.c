/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "names/network.h"

static const char not_one[] =
    "is no network; allowed: IPV4/BITS, IPV6/BITS, an address alone, or unix";

/* Digits up to the end, without a sign or a needless zero. */
static bool read_prefix(const char *text, unsigned most, unsigned *prefix)
{
	size_t length = strlen(text);

	*prefix = 0;
	if (length == 0 || length > 3 || (length > 1 && text[0] == '0'))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		*prefix = *prefix * 10 + (unsigned)(*text - '0');
	}
	return *prefix <= most;
}

static bool read_address(struct network *network, const char *text)
{
	if (inet_pton(AF_INET, text, network->bytes) == 1)
		network->family = AF_INET;
	else if (inet_pton(AF_INET6, text, network->bytes) == 1)
		network->family = AF_INET6;
	else
		return false;
	network->prefix = network->family == AF_INET ? 32 : 128;
	return true;
}

/* ::ffff:10.0.0.0/104 would be nobody's: sockets are either of IPv4 or of IPv6 (RFC
 * 3493 section 5.3). */
static bool is_mapped(const struct network *network)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	return network->family == AF_INET6 && memcmp(network->bytes, prefix, sizeof(prefix)) == 0;
}

static uint8_t mask(unsigned prefix, size_t byte)
{
	unsigned left = prefix > byte * 8 ? prefix - (unsigned)byte * 8 : 0;

	return left >= 8 ? 0xff : (uint8_t)(0xff00 >> left);
}

/* 10.1.2.3/8 is as likely to be a typing error for 10.1.2.3/32. */
static bool has_bits_behind_prefix(const struct network *network)
{
	for (size_t i = 0; i < sizeof(network->bytes); i++)
		if (network->bytes[i] & ~mask(network->prefix, i))
			return true;
	return false;
}

const char *network_parse(struct network *network, const char *text)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);

	*network = (struct network){.family = AF_UNIX};
	if (strcmp(text, "unix") == 0)
		return NULL;
	if (length >= sizeof(address))
		return not_one;
	memcpy(address, text, length);
	address[length] = '\0';
	if (!read_address(network, address))
		return not_one;
	if (is_mapped(network))
		return "is an IPv4 network in the form of IPv6; allowed: IPV4/BITS";
	if (slash && !read_prefix(slash + 1, network->prefix, &network->prefix))
		return not_one;
	return has_bits_behind_prefix(network)
	           ? "has bits set behind its prefix; allowed: those before it, or no prefix"
	           : NULL;
}

int network_equal(const struct network *a, const struct network *b)
{
	return a->family == b->family && a->prefix == b->prefix &&
	       memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static const uint8_t *bytes_of(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;
	if (address->sa_family == AF_INET6)
		return (const void *)&((const struct sockaddr_in6 *)(const void *)address)
		    ->sin6_addr;
	return NULL;
}

int network_has(const struct network *network, const struct sockaddr *address)
{
	const uint8_t *bytes = bytes_of(address);

	if (network->family != address->sa_family)
		return 0;
	for (size_t i = 0; bytes && i * 8 < network->prefix; i++)
		if ((bytes[i] & mask(network->prefix, i)) != network->bytes[i])
			return 0;
	return 1;
}
