/* SPDX-License-Identifier: ISC */
/* The addresses of a host: only whether there are any, and how secure they are. */
#include "policy/case.h"

static void lose(struct walk *w, struct stls_host *host, enum stls_fault fault, const char *rule,
                 const char *what)
{
	case_skip(host, fault);
	case_say(w, host->name, rule, "%s", what);
}

enum address_found walk_address(struct walk *w, struct stls_host *host,
                                const struct stls_answer **out)
{
	const struct stls_answer *answer = case_ask(w, STLS_ASK_ADDRESS, host->name);
	const char *what;

	*out = answer;
	if (!answer)
		return ADDRESS_WAITS;
	if (answer->security == STLS_DNS_BOGUS) {
		case_print(w, &what, "its address is signed wrongly%s: this host is left out",
		           case_detail(w, answer));
		lose(w, host, STLS_FAULT_BOGUS, "RFC 7672 section 2.1.2", what);
	} else if (answer->security == STLS_DNS_FAILED) {
		case_print(w, &what, "its address could not be looked up%s: this host is left out",
		           case_detail(w, answer));
		lose(w, host, STLS_FAULT_LOOKUP, "RFC 7672 section 2.1.2", what);
	} else if (answer->absent != STLS_THERE) {
		lose(w, host, STLS_FAULT_NO_ADDRESS, "RFC 5321 section 5.1",
		     answer->absent == STLS_NO_NAME ? "there is no such host"
		                                    : "the host has no address");
	} else {
		return ADDRESS_FOUND;
	}
	return ADDRESS_LOST;
}
