/* SPDX-License-Identifier: ISC */
#include "names/dns.h"

const char *dns_security_name(enum dns_security security)
{
	static const char *const names[] = {
	    [DNS_FAILED] = "failed",
	    [DNS_BOGUS] = "bogus",
	    [DNS_INSECURE] = "insecure",
	    [DNS_SECURE] = "secure",
	};

	return names[security];
}

const char *dns_type_name(enum dns_type type)
{
	switch (type) {
	case DNS_A: return "A";
	case DNS_CNAME: return "CNAME";
	case DNS_MX: return "MX";
	case DNS_TXT: return "TXT";
	case DNS_AAAA: return "AAAA";
	case DNS_SRV: return "SRV";
	case DNS_TLSA: return "TLSA";
	}
	return "";
}
