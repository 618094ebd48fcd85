/* SPDX-License-Identifier: ISC */
/* Whose certificate is it (RFC 9525): each rule with what it forbids and what it
 * allows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <starttls/identity.h>

#define ID(KIND, TEXT)                                                                             \
	{                                                                                          \
		KIND, TEXT, sizeof(TEXT) - 1                                                       \
	}
#define DNS(TEXT) ID(STLS_DNS_ID, TEXT)
#define SRV(TEXT) ID(STLS_SRV_ID, TEXT)
#define IP(TEXT) ID(STLS_IP_ID, TEXT)
#define XMPP(TEXT) ID(STLS_XMPP_ID, TEXT)

static const struct {
	const char *rule;
	struct stls_id wanted, presented;
	int match;
} cases[] = {
    /* ID-05: the wildcard */
    {"ID-05 one label", DNS("mail.example.org"), DNS("*.example.org"), 1},
    {"ID-05 without case", DNS("MAIL.example.org"), DNS("*.Example.ORG"), 1},
    {"ID-05 not two labels", DNS("a.mail.example.org"), DNS("*.example.org"), 0},
    {"ID-05 not no label", DNS("example.org"), DNS("*.example.org"), 0},
    {"ID-05 not an empty label", DNS(".example.org"), DNS("*.example.org"), 0},
    {"ID-05 not a part of a label, before", DNS("mail1.example.org"), DNS("mail*.example.org"), 0},
    {"ID-05 not a part of a label, behind", DNS("mymail.example.org"), DNS("*mail.example.org"), 0},
    {"ID-05 not inside a label", DNS("mail.example.org"), DNS("m*l.example.org"), 0},
    {"ID-05 not another label", DNS("mail.a.example.org"), DNS("mail.*.example.org"), 0},
    {"ID-05 not two of them", DNS("a.b.example.org"), DNS("*.*.example.org"), 0},
    {"ID-05 not a whole top-level domain", DNS("example.org"), DNS("*.org"), 0},
    {"ID-05 not everything", DNS("example.org"), DNS("*"), 0},
    {"ID-05 not with a partner", DNS("mail.example.org"), DNS("**.example.org"), 0},
    {"ID-05 an A-label is a label", DNS("xn--bcher-kva.example.org"), DNS("*.example.org"), 1},
    {"ID-05 not inside an A-label", DNS("xn--bcher-kva.example.org"), DNS("xn--*.example.org"), 0},
    {"ID-05 a star is never wanted", DNS("*.example.org"), DNS("*.example.org"), 0},
    {"ID-05 nor is it literally presented", DNS("a*.example.org"), DNS("a*.example.org"), 0},
    /* ID-06: labels */
    {"ID-06 same", DNS("mail.example.org"), DNS("mail.example.org"), 1},
    {"ID-06 without case", DNS("Mail.Example.Org"), DNS("mAIL.eXAMPLE.oRG"), 1},
    {"ID-06 the dot at the end, wanted", DNS("mail.example.org."), DNS("mail.example.org"), 1},
    {"ID-06 the dot at the end, presented", DNS("mail.example.org"), DNS("mail.example.org."), 1},
    {"ID-06 not two dots at the end", DNS("mail.example.org"), DNS("mail.example.org.."), 0},
    {"ID-06 not an empty label", DNS("mail..example.org"), DNS("mail..example.org"), 0},
    {"ID-06 not a beginning", DNS("mail.example.org"), DNS("mail.example"), 0},
    {"ID-06 not an end", DNS("mail.example.org"), DNS("example.org"), 0},
    {"ID-06 not below", DNS("example.org"), DNS("mail.example.org"), 0},
    {"ID-06 not something else", DNS("mail.example.org"), DNS("mail.example.net"), 0},
    {"ID-06 not nothing", DNS("mail.example.org"), DNS(""), 0},
    {"ID-06 nothing is not nothing", DNS(""), DNS(""), 0},
    {"ID-06 nor is a dot", DNS("."), DNS("."), 0},
    {"ID-06 A-labels", DNS("xn--bcher-kva.example"), DNS("XN--BCHER-KVA.example"), 1},
    {"ID-06 not U-labels",
     DNS("b\xc3\xbc"
         "cher.example"),
     DNS("b\xc3\xbc"
         "cher.example"),
     0},
    /* ID-11: what matches nothing */
    {"ID-11 not up to a NUL", DNS("mail.example.org"), DNS("mail.example.org\0.evil.example"), 0},
    {"ID-11 not with a NUL at the end", DNS("mail.example.org"), DNS("mail.example.org\0"), 0},
    {"ID-11 a NUL is not in a name", DNS("a\0b.example"), DNS("a\0b.example"), 0},
    {"ID-11 nor a space", DNS("a b.example"), DNS("a b.example"), 0},
    {"ID-11 nor a newline", DNS("a\nb.example"), DNS("a\nb.example"), 0},
    {"ID-11 nor DEL", DNS("a\x7f.example"), DNS("a\x7f.example"), 0},
    {"ID-11 nor behind a wildcard", DNS("mail.example.org"), DNS("*.example.org\0"), 0},
    /* ID-07: addresses */
    {"ID-07 IPv4", IP("\xc0\0\2\1"), IP("\xc0\0\2\1"), 1},
    {"ID-07 IPv6", IP("\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"),
     IP("\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"), 1},
    {"ID-07 not another", IP("\xc0\0\2\1"), IP("\xc0\0\2\2"), 0},
    {"ID-07 not a network", IP("\xc0\0\2\1"), IP("\xc0\0\2\1\xff\xff\xff\xff"), 0},
    {"ID-07 not the mapped one", IP("\xc0\0\2\1"), IP("\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1"), 0},
    {"ID-07 not of any other size", IP("\xc0\0\2"), IP("\xc0\0\2"), 0},
    {"ID-07 not of no size", IP(""), IP(""), 0},
    {"ID-07 not a name in words", IP("\xc0\0\2\1"), DNS("192.0.2.1"), 0},
    {"ID-07 not a name of the same octets", IP("mail"), DNS("mail"), 0},
    {"ID-07 a name is not an address", DNS("mail"), IP("mail"), 0},
    {"ID-07 nor is it one in words", DNS("192.0.2.1"), DNS("192.0.2.1"), 0},
    {"ID-07 but names may end in digits", DNS("mail.example1"), DNS("mail.example1"), 1},
    {"ID-07 not a wildcard", DNS("192.0.2.1"), DNS("*.0.2.1"), 0},
    /* ID-08, ID-09: services */
    {"ID-08 the pair", SRV("_imaps.example.org"), SRV("_imaps.example.org"), 1},
    {"ID-08 without case", SRV("_imaps.example.org"), SRV("_IMAPS.Example.org"), 1},
    {"ID-08 not another service", SRV("_imaps.example.org"), SRV("_pop3s.example.org"), 0},
    {"ID-08 not another name", SRV("_imaps.example.org"), SRV("_imaps.example.net"), 0},
    {"ID-08 no wildcard for names", SRV("_imaps.example.org"), SRV("_imaps.*.org"), 0},
    {"ID-08 no wildcard for services", SRV("_imaps.example.org"), SRV("*.example.org"), 0},
    {"ID-09 no _tcp", SRV("_imaps.example.org"), SRV("_imaps._tcp.example.org"), 0},
    /* ID-03: each kind is its own */
    {"ID-03 DNS is not SRV", DNS("_imaps.example.org"), SRV("_imaps.example.org"), 0},
    {"ID-03 SRV is not DNS", SRV("_imaps.example.org"), DNS("_imaps.example.org"), 0},
    {"ID-03 nor by a wildcard", SRV("_imaps.example.org"), DNS("*.example.org"), 0},
    {"ID-03 XMPP", XMPP("example.org"), XMPP("Example.org"), 1},
    {"ID-03 XMPP has no wildcard", XMPP("a.example.org"), XMPP("*.example.org"), 0},
    {"ID-03 XMPP is not DNS", XMPP("example.org"), DNS("example.org"), 0},
    {"ID-03 DNS is not XMPP", DNS("example.org"), XMPP("example.org"), 0},
    {"ID-03 an unknown kind is nothing", ID(99, "example.org"), ID(99, "example.org"), 0},
};

static void each_rule(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int match = stls_identity_match(&cases[i].wanted, 1, &cases[i].presented, 1, NULL);

		if (match != cases[i].match)
			fail_msg("%s: %d", cases[i].rule, match);
	}
}

/* ID-01: several references, several presented ones: one pair is enough, and it
 * is told which. */
static void one_of_many(void **unused)
{
	const struct stls_id wanted[] = {DNS("example.org"), SRV("_imaps.example.org"),
	                                 DNS("imap.example.org")};
	const struct stls_id presented[] = {DNS("example.net"), IP("\x7f\0\0\1"),
	                                    DNS("*.example.org"), DNS("example.org")};
	size_t which = 99;

	(void)unused;
	assert_true(stls_identity_match(wanted, 3, presented, 4, &which));
	assert_int_equal(which, 2);
	assert_true(stls_identity_match(wanted, 1, presented, 4, &which));
	assert_int_equal(which, 3);
	assert_true(stls_identity_match(wanted, 1, presented, 4, NULL));
}

/* Nothing wanted, or nothing presented, is no match: not "no objection". */
static void none_of_none(void **unused)
{
	const struct stls_id id = DNS("example.org");
	size_t which = 99;

	(void)unused;
	assert_true(stls_identity_match(&id, 1, &id, 1, NULL));
	assert_false(stls_identity_match(&id, 1, NULL, 0, &which));
	assert_false(stls_identity_match(NULL, 0, &id, 1, &which));
	assert_false(stls_identity_match(NULL, 0, NULL, 0, &which));
	assert_int_equal(which, 99);
}

/* The bytes are borrowed: nothing behind the length is looked at. */
static void length_is_the_end(void **unused)
{
	const struct stls_id wanted = {STLS_DNS_ID, "example.organic", 11};
	const struct stls_id presented = {STLS_DNS_ID, "example.org.evil", 11};

	(void)unused;
	assert_true(stls_identity_match(&wanted, 1, &presented, 1, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_rule),
	    cmocka_unit_test(one_of_many),
	    cmocka_unit_test(none_of_none),
	    cmocka_unit_test(length_is_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
