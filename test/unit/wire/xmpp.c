/* SPDX-License-Identifier: ISC */
/* What the duets cannot show of XMPP: the farewell inside TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <starttls/dialogue.h>

#define HEAD "<?xml version='1.0'?><stream:stream id='error' from='chat.example.net'"
#define TAIL                                                                                       \
	" version='1.0' xmlns:stream='http://etherx.jabber.org/streams'><stream:error>"            \
	"<system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"            \
	"</stream:stream>"

static void check(enum stls_protocol protocol, const char *wanted)
{
	char buf[1024];
	size_t length =
	    stls_farewell(protocol, STLS_FAULT_SHUTDOWN, "chat.example.net", buf, sizeof(buf));

	assert_int_equal(length, strlen(wanted));
	assert_memory_equal(buf, wanted, length);
	/* It fits, to the octet, or nothing is said. */
	assert_int_equal(
	    stls_farewell(protocol, STLS_FAULT_SHUTDOWN, "chat.example.net", buf, length), length);
	for (size_t size = 0; size < length; size++) {
		memset(buf, '#', sizeof(buf));
		assert_int_equal(
		    stls_farewell(protocol, STLS_FAULT_SHUTDOWN, "chat.example.net", buf, size), 0);
		assert_int_equal(buf[size], '#');
	}
}

/* RFC 6120 section 4.9.1.2 and 4.8.3: the error is in a stream, and its content
 * namespace is that of the protocol. */
static void farewells_open_a_stream(void **state)
{
	(void)state;
	check(STLS_XMPP_CLIENT, HEAD " xmlns='jabber:client'" TAIL);
	check(STLS_XMPP_SERVER,
	      HEAD " xmlns='jabber:server' xmlns:db='jabber:server:dialback'" TAIL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(farewells_open_a_stream)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
