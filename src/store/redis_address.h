/* SPDX-License-Identifier: ISC */
/*
 * Where a Redis server is, as people write it:
 *
 *	redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]
 *	rediss://..., with TLS		?ca=FILE, ?cert=FILE&key=FILE
 *	redis+unix:PATH			redis+unix://[[USER]:PASSWORD@]/PATH?db=DATABASE
 *
 * What has a meaning in addresses is written with percents in names, passwords and paths
 * (RFC 3986 section 2.1).
 */
#ifndef STORE_REDIS_ADDRESS_H
#define STORE_REDIS_ADDRESS_H

#include <stdbool.h>

#include "names/address.h"

struct redis_address {
	struct address address;
	bool tls;
	char host[254]; /* as the certificate has it */
	char user[128], password[256];
	char database[16]; /* "": the first one */
	char ca[1024], cert[1024], key[1024];
};

/* NULL, or what is wrong as a sentence without a dot. */
const char *redis_address_parse(struct redis_address *, const char *text);

/* For people: without the password. */
void redis_address_name(const struct redis_address *, char *out, size_t room);

#endif
