/* SPDX-License-Identifier: ISC */
/* What the library promises besides conversations: the tables, what it refuses to
 * open, how much it takes, and what receipts are good for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <starttls/starttls.h>

static struct stls_spec smtp_client(void)
{
	return (struct stls_spec){.size = sizeof(struct stls_spec),
	                          .protocol = STLS_SMTP,
	                          .role = STLS_CLIENT,
	                          .demand = STLS_MUST};
}

static void refused(struct stls_spec spec)
{
	assert_int_equal(stls_footprint(&spec), 0);
	assert_null(stls_open(&spec));
}

static void accepted(struct stls_spec spec)
{
	stls_dialogue *dialogue = stls_open(&spec);

	assert_non_null(dialogue);
	assert_in_range(stls_footprint(&spec), 1, 65536);
	stls_close(dialogue);
}

/* ---- tables ---- */

static void faults_are_described(void **state)
{
	(void)state;
	for (int i = 0; i < STLS_FAULT_COUNT; i++) {
		enum stls_fault fault = (enum stls_fault)i;
		char code = (char)('0' + stls_fault_smtp(fault) / 100);

		assert_true(strlen(stls_fault_name(fault)) > 0);
		assert_true(strlen(stls_fault_sentence(fault)) > 0);
		assert_in_range(stls_fault_exit(fault), 0, 3);
		assert_non_null(stls_fault_report(fault));
		/* RFC 3463: the class of the status is that of the reply. */
		assert_int_equal(stls_fault_enhanced(fault)[0], code);
		assert_true(stls_fault_whose(fault) <= STLS_ATTACK);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(stls_fault_name(fault),
			                        stls_fault_name((enum stls_fault)j));
	}
	assert_int_equal(stls_fault_exit(STLS_FAULT_NONE), 0);
	assert_int_equal(stls_fault_whose(STLS_FAULT_INJECTED), STLS_ATTACK);
	assert_string_equal(stls_fault_report(STLS_FAULT_MISMATCH), "certificate-host-mismatch");
}

static void unknown_faults_are_internal(void **state)
{
	enum stls_fault unknown = (enum stls_fault)4711;

	(void)state;
	assert_string_equal(stls_fault_name(unknown), "internal-error");
	assert_string_equal(stls_fault_sentence(unknown), stls_fault_sentence(STLS_FAULT_INTERNAL));
	assert_int_equal(stls_fault_whose(unknown), STLS_US);
	assert_int_equal(stls_fault_exit(unknown), 3);
	assert_int_equal(stls_fault_smtp(unknown), 421);
	assert_string_equal(stls_fault_report(unknown), "");
	assert_string_equal(stls_fault_enhanced(unknown), "4.3.0");
}

/* Requirements, section 2 and 15.1. */
static void protocols_have_names_ports_and_alpn(void **state)
{
	static const struct {
		const char *name;
		unsigned port, tls_port;
		const char *alpn;
	} table[] = {
	    {"smtp", 25, 465, NULL},
	    {"lmtp", 24, 0, NULL},
	    {"imap", 143, 993, "imap"},
	    {"pop3", 110, 995, "pop3"},
	    {"sieve", 4190, 0, "managesieve"},
	    {"xmpp-client", 5222, 5223, "xmpp-client"},
	    {"xmpp-server", 5269, 5270, "xmpp-server"},
	    {"nntp", 119, 563, "nntp"},
	    {"ftp", 21, 990, "ftp"},
	    {"ldap", 389, 636, NULL},
	    {"irc", 6667, 6697, "irc"},
	    {"postgres", 5432, 5432, "postgresql"},
	    {"mysql", 3306, 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		enum stls_protocol protocol = stls_protocol_named(table[i].name);

		assert_int_equal(protocol, i + 1);
		assert_string_equal(stls_protocol_name(protocol), table[i].name);
		assert_int_equal(stls_port(protocol, STLS_PLAINTEXT), table[i].port);
		assert_int_equal(stls_port(protocol, STLS_AFTER_STARTTLS), table[i].port);
		assert_int_equal(stls_port(protocol, STLS_IMPLICIT), table[i].tls_port);
		assert_int_equal(stls_port(protocol, STLS_AFTER_IMPLICIT), table[i].tls_port);
		if (table[i].alpn == NULL)
			assert_null(stls_alpn(protocol));
		else
			assert_string_equal(stls_alpn(protocol), table[i].alpn);
	}
	assert_int_equal(stls_protocol_named("gopher"), 0);
	assert_int_equal(stls_protocol_named(""), 0);
}

static void unknown_protocols_have_nothing(void **state)
{
	enum stls_protocol unknown = (enum stls_protocol)99;
	char buf[64];

	(void)state;
	assert_string_equal(stls_protocol_name(unknown), "unknown");
	assert_string_equal(stls_protocol_name((enum stls_protocol)0), "unknown");
	assert_int_equal(stls_port(unknown, STLS_PLAINTEXT), 0);
	assert_null(stls_alpn(unknown));
	assert_int_equal(stls_farewell(unknown, STLS_FAULT_BACKEND, NULL, buf, sizeof(buf)), 0);
}

static void farewells_fit_or_are_not(void **state)
{
	char buf[512];

	(void)state;
	for (int i = STLS_SMTP; i <= STLS_NNTP; i++) {
		enum stls_protocol protocol = (enum stls_protocol)i;
		size_t length =
		    stls_farewell(protocol, STLS_FAULT_BACKEND, "mx.example.net", buf, sizeof(buf));

		assert_in_range(length, 5, sizeof(buf));
		assert_true(buf[length - 1] == '\n' || buf[length - 1] == '>');
		memset(buf, 'x', sizeof(buf));
		assert_int_equal(stls_farewell(protocol, STLS_FAULT_BACKEND, NULL, buf, length / 2),
		                 0);
		assert_int_equal(buf[length / 2], 'x');
	}
	/* Who is only a client has nothing to say good-bye with. */
	for (int i = STLS_FTP; i <= STLS_MYSQL; i++)
		assert_int_equal(stls_farewell((enum stls_protocol)i, STLS_FAULT_BACKEND, NULL, buf,
		                               sizeof(buf)),
		                 0);
}

/* ---- specifications ---- */

static void contradictions_are_refused(void **state)
{
	struct stls_spec spec = smtp_client();

	(void)state;
	accepted(spec);
	spec.protocol = (enum stls_protocol)0;
	refused(spec);
	spec.protocol = (enum stls_protocol)99;
	refused(spec);
	spec = smtp_client();
	spec.role = (enum stls_role)0;
	refused(spec);
	spec = smtp_client();
	spec.demand = (enum stls_demand)0;
	refused(spec);
	spec = smtp_client();
	spec.goal = (enum stls_goal)17;
	refused(spec);
	spec = smtp_client();
	spec.layer = (enum stls_layer)17;
	refused(spec);
	spec.size = 0;
	refused(spec);
}

static void roles_goals_and_layers_fit_together(void **state)
{
	struct stls_spec spec = smtp_client();

	(void)state;
	spec.layer = STLS_AFTER_STARTTLS; /* there is no TLS inside TLS (SMTP-C-03) */
	refused(spec);
	spec.goal = STLS_LIST;
	accepted(spec);
	spec.layer = STLS_IMPLICIT;
	refused(spec);
	spec.layer = STLS_PLAINTEXT;
	spec.role = STLS_SERVER;
	refused(spec);
	for (int i = STLS_FTP; i <= STLS_MYSQL; i++) {
		spec = smtp_client();
		spec.protocol = (enum stls_protocol)i;
		accepted(spec);
		spec.role = STLS_SERVER;
		refused(spec);
	}
}

static void names_cannot_end_a_line(void **state)
{
	static const char *const bad[] = {"",     "a\r\nMAIL", "a b",  "a\n",
	                                  "a'/>", "<a",        "a&b;", "a\x7f"};
	char lengthy[400];

	(void)state;
	memset(lengthy, 'a', sizeof(lengthy));
	lengthy[sizeof(lengthy) - 1] = '\0';
	for (size_t i = 0; i <= sizeof(bad) / sizeof(bad[0]); i++) {
		struct stls_spec spec = smtp_client();

		spec.name = i == 0 ? lengthy : bad[i - 1];
		refused(spec);
		spec.name = NULL;
		spec.protocol = STLS_XMPP_CLIENT;
		spec.domain = i == 0 ? lengthy : bad[i - 1];
		refused(spec);
		spec.domain = "example.net";
		accepted(spec);
		spec.from = i == 0 ? lengthy : bad[i - 1];
		refused(spec);
	}
}

static void offers_cannot_end_a_line(void **state)
{
	static const char *const good[] = {"SIZE 1000", "DSN", NULL};
	static const char *const bad[] = {"SIZE 1000\r\n250 AUTH PLAIN", NULL};
	static const char *const empty[] = {"", NULL};
	struct stls_spec spec = smtp_client();

	(void)state;
	spec.role = STLS_SERVER;
	spec.offers = good;
	accepted(spec);
	spec.offers = bad;
	refused(spec);
	spec.offers = empty;
	refused(spec);
}

static void xmpp_clients_have_a_domain(void **state)
{
	struct stls_spec spec = smtp_client();

	(void)state;
	spec.protocol = STLS_XMPP_SERVER;
	refused(spec);
	spec.domain = "example.net";
	accepted(spec);
	spec.domain = NULL;
	spec.layer = STLS_IMPLICIT;
	accepted(spec);
}

static void telling_needs_both_ends(void **state)
{
	struct stls_spec spec = smtp_client();

	(void)state;
	spec.goal = STLS_TELL;
	refused(spec);
	spec.client = "192.0.2.1";
	refused(spec);
	spec.server = "192.0.2.2";
	accepted(spec);
	spec.client = "192.0.2.1\r\nRSET";
	refused(spec);
	spec.client = "192.0.2.1";
	spec.protocol = STLS_NNTP;
	refused(spec);
}

static void limits_have_limits(void **state)
{
	static const size_t good[] = {0, 64, STLS_LIMIT}, bad[] = {1, 63, STLS_LIMIT + 1, SIZE_MAX};
	size_t least;

	(void)state;
	for (int which = 0; which < 3; which++) {
		struct stls_spec spec = smtp_client();
		size_t *limit = which == 0   ? &spec.line_limit
		                : which == 1 ? &spec.literal_limit
		                             : &spec.element_limit;

		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			*limit = bad[i];
			refused(spec);
		}
		for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
			*limit = good[i];
			assert_int_not_equal(stls_footprint(&spec), 0);
		}
		/* What does not apply takes no room. */
		least = stls_footprint(&(struct stls_spec){.size = sizeof(spec),
		                                           .protocol = STLS_SMTP,
		                                           .role = STLS_CLIENT,
		                                           .demand = STLS_MUST});
		assert_int_equal(stls_footprint(&spec) > least, which == 0);
	}
}

/* A caller that was compiled when the structure was shorter. */
static void shorter_specifications_are_read(void **state)
{
	struct stls_spec spec = smtp_client();

	(void)state;
	spec.name = "a b";
	spec.size = offsetof(struct stls_spec, name);
	accepted(spec);
}

/* ---- dialogues and receipts ---- */

static void nothing_is_fine(void **state)
{
	(void)state;
	stls_close(NULL);
}

static void hear(stls_dialogue *dialogue, const char *text)
{
	size_t count;

	assert_int_equal(stls_feed(dialogue, text, strlen(text)), strlen(text));
	stls_out(dialogue, &count);
	stls_sent(dialogue, count + 1000); /* more than there is counts as all of it */
}

static void receipts_come_from_the_switch_alone(void **state)
{
	struct stls_spec spec = smtp_client();
	stls_dialogue *dialogue = stls_open(&spec);
	struct stls_receipt receipt = {0};

	(void)state;
	assert_false(stls_receipt_good(&receipt));
	assert_false(stls_receipt_spend(&receipt));
	receipt = stls_switch(dialogue, NULL, 0);
	assert_false(stls_receipt_good(&receipt));
	assert_int_equal(stls_need(dialogue), STLS_IN); /* asking too early changes nothing */
	hear(dialogue, "220 mx\r\n");
	hear(dialogue, "250-mx\r\n250 STARTTLS\r\n");
	hear(dialogue, "220 go\r\n");
	assert_int_equal(stls_need(dialogue), STLS_SWITCH);
	receipt = stls_switch(dialogue, NULL, 0);
	assert_int_equal(receipt.role, STLS_CLIENT);
	assert_int_equal(receipt.protocol, STLS_SMTP);
	assert_int_equal(receipt.layer, STLS_PLAINTEXT);
	assert_true(stls_receipt_good(&receipt));
	assert_true(stls_receipt_spend(&receipt));
	assert_false(stls_receipt_good(&receipt));
	assert_false(stls_receipt_spend(&receipt));
	receipt = stls_switch(dialogue, NULL, 0);
	assert_false(stls_receipt_good(&receipt));
	stls_close(dialogue);
}

static void the_first_fault_stays(void **state)
{
	struct stls_spec spec = smtp_client();
	stls_dialogue *dialogue = stls_open(&spec);

	(void)state;
	hear(dialogue, "554 no\r\n");
	assert_int_equal(stls_fault(dialogue), STLS_FAULT_UNWELCOME);
	stls_eof(dialogue);
	stls_dismiss(dialogue, STLS_FAULT_TIMEOUT);
	assert_int_equal(stls_fault(dialogue), STLS_FAULT_UNWELCOME);
	assert_int_equal(stls_feed(dialogue, "220 mx\r\n", 8), 0);
	stls_close(dialogue);
}

static void capabilities_are_told_at_the_end(void **state)
{
	struct stls_spec spec = smtp_client();
	stls_dialogue *dialogue;

	(void)state;
	spec.goal = STLS_LIST;
	dialogue = stls_open(&spec);
	hear(dialogue, "220 mx\r\n");
	hear(dialogue, "250-mx\r\n250-SIZE 1\r\n");
	assert_null(stls_capability(dialogue, 0));
	hear(dialogue, "250 DSN\r\n");
	assert_string_equal(stls_capability(dialogue, 0), "SIZE 1");
	assert_string_equal(stls_capability(dialogue, 1), "DSN");
	assert_null(stls_capability(dialogue, 2));
	assert_null(stls_capability(dialogue, SIZE_MAX));
	stls_close(dialogue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(faults_are_described),
	    cmocka_unit_test(unknown_faults_are_internal),
	    cmocka_unit_test(protocols_have_names_ports_and_alpn),
	    cmocka_unit_test(unknown_protocols_have_nothing),
	    cmocka_unit_test(farewells_fit_or_are_not),
	    cmocka_unit_test(contradictions_are_refused),
	    cmocka_unit_test(roles_goals_and_layers_fit_together),
	    cmocka_unit_test(names_cannot_end_a_line),
	    cmocka_unit_test(offers_cannot_end_a_line),
	    cmocka_unit_test(xmpp_clients_have_a_domain),
	    cmocka_unit_test(telling_needs_both_ends),
	    cmocka_unit_test(limits_have_limits),
	    cmocka_unit_test(shorter_specifications_are_read),
	    cmocka_unit_test(nothing_is_fine),
	    cmocka_unit_test(receipts_come_from_the_switch_alone),
	    cmocka_unit_test(the_first_fault_stays),
	    cmocka_unit_test(capabilities_are_told_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
