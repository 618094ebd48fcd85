/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <stdlib.h>

#include "names/inquiry_answer.h"

/* Not the numbers: no value of the one may ever become another one of the other. */
static enum stls_dns security_of(enum dns_security security)
{
	switch (security) {
	case DNS_SECURE: return STLS_DNS_SECURE;
	case DNS_INSECURE: return STLS_DNS_INSECURE;
	case DNS_BOGUS: return STLS_DNS_BOGUS;
	case DNS_FAILED: break;
	}
	return STLS_DNS_FAILED;
}

static enum stls_absent absent_of(enum dns_absent absent)
{
	switch (absent) {
	case DNS_NO_NAME: return STLS_NO_NAME;
	case DNS_NO_RECORDS: return STLS_NO_RECORDS;
	case DNS_THERE: break;
	}
	return STLS_THERE;
}

static void take_mx(void *to, const struct dns_record *from)
{
	*(struct stls_mx *)to = (struct stls_mx){from->preference, from->host};
}

static void take_srv(void *to, const struct dns_record *from)
{
	*(struct stls_srv *)to =
	    (struct stls_srv){from->preference, from->weight, from->port, from->host};
}

static void take_text(void *to, const struct dns_record *from)
{
	*(struct stls_text *)to = (struct stls_text){(const char *)from->bytes, from->length};
}

/* One that is too short stays one that cannot be used, so that it counts as being
 * there (RFC 7672 section 2.2). */
static void take_tlsa(void *to, const struct dns_record *from)
{
	struct stls_tlsa *record = to;

	if (stls_tlsa_read(record, from->bytes, from->length) < 0)
		*record = (struct stls_tlsa){.usage = 255};
}

/* NULL when memory is out. */
static void *take_all(const struct dns_answer *heard, size_t size,
                      void (*take)(void *to, const struct dns_record *from))
{
	char *list = calloc(heard->count + 1, size);

	for (size_t i = 0; list && i < heard->count; i++)
		take(list + i * size, &heard->records[i]);
	return list;
}

/* NULL when memory is out; else the list, or what is none. */
static const void *take(struct stls_answer *answer, const struct dns_answer *heard,
                        struct inquiry_records *records)
{
	switch (heard->type) {
	case DNS_MX:
		answer->mx = records->mx = take_all(heard, sizeof(*records->mx), take_mx);
		return answer->mx;
	case DNS_SRV:
		answer->srv = records->srv = take_all(heard, sizeof(*records->srv), take_srv);
		return answer->srv;
	case DNS_TXT:
		answer->texts = records->texts =
		    take_all(heard, sizeof(*records->texts), take_text);
		return answer->texts;
	case DNS_TLSA:
		answer->tlsa = records->tlsa = take_all(heard, sizeof(*records->tlsa), take_tlsa);
		return answer->tlsa;
	default: return heard;
	}
}

void inquiry_records(struct stls_answer *answer, const struct dns_answer *heard,
                     struct inquiry_records *records)
{
	*answer = (struct stls_answer){
	    .size = sizeof(*answer),
	    .security = security_of(heard->security),
	    .absent = absent_of(heard->absent),
	    .canonical = heard->canonical,
	    .ttl = heard->ttl,
	    .count = heard->count,
	    .detail = heard->why,
	};
	if (!take(answer, heard, records))
		*answer = (struct stls_answer){.size = sizeof(*answer),
		                               .detail = "there is no memory left"};
}

void inquiry_records_free(struct inquiry_records *records)
{
	free(records->mx);
	free(records->srv);
	free(records->texts);
	free(records->tlsa);
}

void inquiry_addresses(struct stls_answer *answer, const struct dns_addresses *heard)
{
	*answer = (struct stls_answer){
	    .size = sizeof(*answer),
	    .security = security_of(heard->security),
	    .absent = absent_of(heard->absent),
	    .canonical = heard->canonical,
	    .ttl = heard->ttl,
	    .count = heard->count,
	    .detail = heard->why,
	};
}

/* RFC 8460 section 4.3.2.2 tells a certificate that does not hold from all else
 * that can go wrong. */
static enum stls_fault fault_of(enum fetch_fault fault, enum dns_security security)
{
	switch (fault) {
	case FETCH_FINE: return STLS_FAULT_NONE;
	case FETCH_NAME:
	case FETCH_EXPIRED:
	case FETCH_UNTRUSTED: return STLS_FAULT_STS_WEBPKI;
	case FETCH_RESOLVE: return security == DNS_BOGUS ? STLS_FAULT_BOGUS : STLS_FAULT_LOOKUP;
	case FETCH_TOO_SLOW: return STLS_FAULT_TIMEOUT;
	case FETCH_TOO_BIG: return STLS_FAULT_TOO_LONG;
	case FETCH_CONNECT: return STLS_FAULT_CONNECT;
	default: return STLS_FAULT_STS_FETCH;
	}
}

void inquiry_policy(struct stls_answer *answer, const struct fetch_answer *heard)
{
	*answer = (struct stls_answer){
	    .size = sizeof(*answer),
	    .security = security_of(heard->security),
	    .fault = fault_of(heard->fault, heard->security),
	    .status = heard->status,
	    .content_type = heard->type,
	    .body = {heard->body, heard->length},
	    .detail = heard->why,
	};
}
