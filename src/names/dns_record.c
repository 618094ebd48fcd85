/* SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <string.h>

#include "names/dns_record.h"

ptrdiff_t dns_record_host(ns_msg *message, const ns_rr *rr, size_t offset, char out[NS_MAXDNAME])
{
	size_t length = ns_rr_rdlen(*rr);
	int used;

	if (length <= offset)
		return -1;
	used = ns_name_uncompress(ns_msg_base(*message), ns_msg_end(*message),
	                          ns_rr_rdata(*rr) + offset, out, NS_MAXDNAME);
	if (used < 0 || (size_t)used != length - offset)
		return -1;
	if (strcmp(out, ".") == 0)
		out[0] = '\0';
	for (char *c = out; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return (ptrdiff_t)strlen(out);
}

/* Where in a record the name is that it ends with; -1: it has none. */
static ptrdiff_t host_offset(unsigned type)
{
	switch (type) {
	case DNS_CNAME: return 0;
	case DNS_MX: return 2;
	case DNS_SRV: return 6;
	default: return -1;
	}
}

/* The strings of a TXT record (RFC 1035 section 3.3.14), joined; -1: they do not end
 * where it does.  out may be NULL. */
static ptrdiff_t join(const ns_rr *rr, unsigned char *out)
{
	const unsigned char *data = ns_rr_rdata(*rr);
	size_t length = ns_rr_rdlen(*rr), at = 0, joined = 0;

	while (at < length) {
		size_t part = data[at++];

		if (part > length - at)
			return -1;
		if (out)
			memcpy(out + joined, data + at, part);
		at += part;
		joined += part;
	}
	return length > 0 ? (ptrdiff_t)joined : -1;
}

ptrdiff_t dns_record_room(ns_msg *message, const ns_rr *rr)
{
	unsigned type = ns_rr_type(*rr);
	ptrdiff_t offset = host_offset(type), length = ns_rr_rdlen(*rr);
	char host[NS_MAXDNAME];

	if (offset >= 0) {
		length = dns_record_host(message, rr, (size_t)offset, host);
		return length < 0 ? -1 : length + 1;
	}
	switch (type) {
	case DNS_TXT: return join(rr, NULL);
	case DNS_A: return length == 4 ? length : -1;
	case DNS_AAAA: return length == 16 ? length : -1;
	default: return length;
	}
}

static void read_numbers(const ns_rr *rr, struct dns_record *record)
{
	const unsigned char *data = ns_rr_rdata(*rr);

	if (ns_rr_type(*rr) != ns_t_mx && ns_rr_type(*rr) != ns_t_srv)
		return;
	record->preference = ns_get16(data);
	if (ns_rr_type(*rr) == ns_t_mx)
		return;
	record->weight = ns_get16(data + 2);
	record->port = ns_get16(data + 4);
}

size_t dns_record_read(ns_msg *message, const ns_rr *rr, struct dns_record *record,
                       unsigned char *at)
{
	ptrdiff_t offset = host_offset(ns_rr_type(*rr));
	char host[NS_MAXDNAME];

	if (offset >= 0) {
		dns_record_host(message, rr, (size_t)offset, host);
		read_numbers(rr, record);
		record->host = strcpy((char *)at, host);
		return strlen(host) + 1;
	}
	record->bytes = at;
	record->length = ns_rr_rdlen(*rr);
	if (ns_rr_type(*rr) == ns_t_txt)
		record->length = (size_t)join(rr, at);
	else
		memcpy(at, ns_rr_rdata(*rr), record->length);
	return record->length;
}
