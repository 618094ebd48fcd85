/* SPDX-License-Identifier: ISC */
/* What the configuration says of outgoing mail: policy, override, ratchet, resolver. */
#include "config_reading.h"

#define REST "\n" CERTIFICATE GOOD_FRONT
#define POLICY "policy p { listen = 'unix:/p' "

static void nothing_said(void **state)
{
	struct config config = accepted(REST);
	(void)state;
	assert_int_equal(config.policy_count, 0);
	assert_int_equal(config.override_count, 0);
	assert_null(config.resolver.config);
	assert_null(config.resolver.ca_file);
	assert_int_equal(config.ratchet.size, sizeof(config.ratchet));
	assert_int_equal(config.ratchet.occasions, 0);
	assert_false(config_shares_state(&config));
	config_free(&config);
}

static void defaults(void **state)
{
	struct config config = accepted("policy 'postfix' { listen = 'unix:/run/p' }" REST);
	const struct config_policy *policy = &config.policies[0];
	(void)state;
	assert_int_equal(config.policy_count, 1);
	assert_string_equal(policy->name, "postfix");
	assert_int_equal(policy->listen.count, 1);
	assert_int_equal(policy->listen.list[0].address.kind, ADDRESS_UNIX);
	assert_int_equal(policy->speaks, CONFIG_POLICY_SOCKETMAP);
	assert_int_equal(policy->floor, STLS_LEVEL_MAY);
	assert_true(policy->dane);
	assert_true(policy->mta_sts);
	assert_false(policy->both);
	assert_false(policy->unfetched_defers);
	assert_int_equal(policy->deadline, 60);
	config_free(&config);
}

static void everything_said(void **state)
{
	struct config config = accepted(
	    "policy postfix {\n\tlisten = {'unix:/run/p', '127.0.0.9:8461', '[::1]:8461'}\n"
	    "\tprotocol = tcp-table\n\tlevel = secure\n\tdane = off\n\tmta-sts = no\n"
	    "\tsts-beside-dane = true\n\tdefer-without-policy = yes\n\tdeadline = 1\n}\n"
	    "policy exim { protocol = json level = encrypt listen = 'unix:/run/e' deadline = 90 }\n"
	    "state = 'redis://db:6379/1'\n"
	    "resolver { config = unbound.conf ca-file = '/etc/ca.pem' }" REST);
	const struct config_policy *policy = &config.policies[0];
	(void)state;
	assert_int_equal(config.policy_count, 2);
	assert_int_equal(policy->line, 1);
	assert_int_equal(policy->listen.count, 3);
	assert_int_equal(policy->speaks, CONFIG_POLICY_TCP_TABLE);
	assert_int_equal(policy->floor, STLS_LEVEL_SECURE);
	assert_false(policy->dane);
	assert_false(policy->mta_sts);
	assert_true(policy->both);
	assert_true(policy->unfetched_defers);
	assert_int_equal(policy->deadline, 1);
	assert_string_equal(config.policies[1].name, "exim");
	assert_int_equal(config.policies[1].speaks, CONFIG_POLICY_JSON);
	assert_int_equal(config.policies[1].floor, STLS_LEVEL_ENCRYPT);
	assert_int_equal(config.policies[1].deadline, 90);
	assert_string_equal(config.resolver.config, "unbound.conf");
	assert_string_equal(config.resolver.ca_file, "/etc/ca.pem");
	assert_true(config_shares_state(&config));
	config_free(&config);
}

/* There may be no front, and then no certificate is needed. */
static void alone(void **state)
{
	struct config config = accepted(POLICY "}");
	(void)state;
	assert_int_equal(config.front_count, 0);
	assert_int_equal(config.policy_count, 1);
	config_free(&config);
	refuse("workers = 1",
	       (const char *const[]){"t.conf: there is no front and no policy, so nothing to do; "
	                             "such as: front \"imap\" { ... }",
	                             NULL});
}

#define WORD " is not allowed; allowed: "
#define SUCH "listen is missing, such as: listen = {\"unix:/var/spool/postfix/starttls/policy\"}"
#define LOCAL                                                                                      \
	"\": whoever asks or answers there proves nothing; allowed: unix:/PATH, 127.0.0.1:PORT, "  \
	"[::1]:PORT"

static void bad_policies(void **state)
{
	static const struct bad cases[] = {
	    {"policy p { }", {"t.conf:1: policy \"p\": " SUCH}},
	    {"policy p {\nlisten = {} }", {"t.conf:1: policy \"p\": " SUCH}},
	    {"policy p { listen = '0.0.0.0:8461' }", {"t.conf:1: listen: \"0.0.0.0:8461" LOCAL}},
	    {"policy p { listen = {'192.0.2.1:8461',\n'[2001:db8::1]:8461', '127.0.0.1:8461'} }",
	     {"t.conf:1: listen: \"192.0.2.1:8461" LOCAL,
	      "t.conf:2: listen: \"[2001:db8::1]:8461" LOCAL}},
	    {"policy p { listen = 'localhost:8461' }",
	     {"t.conf:1: listen: \"localhost:8461\" is a name; allowed: IPV4:PORT, [IPV6]:PORT, "
	      "unix:/PATH"}},
	    {POLICY "protocol = socket-map }",
	     {"t.conf:1: protocol: \"socket-map\" is not allowed (did you mean socketmap?); "
	      "allowed: socketmap, tcp-table, json"}},
	    {POLICY "level = dane }", {"t.conf:1: level: \"dane\"" WORD "may, encrypt, secure"}},
	    {POLICY "dane = always }",
	     {"t.conf:1: dane: \"always\"" WORD "true, false, yes, no, on, off"}},
	    {POLICY "deadline = 0 }",
	     {"t.conf:1: deadline: \"0\"" WORD "a number of seconds from 1 to 90"}},
	    {POLICY "danee = yes }",
	     {"t.conf:1: danee: unknown key (did you mean dane?); allowed in policy: listen, "
	      "protocol, level, dane, mta-sts, sts-beside-dane, defer-without-policy, deadline"}},
	    {POLICY "}\npolicy q { listen = {'unix:/p'} }",
	     {"t.conf:2: listen: \"unix:/p\" is the address of policy \"p\" already, in line 1"}},
	    {"policy p { listen = '127.0.0.1:143' }",
	     {"t.conf:3: listen: \"127.0.0.1:143\" is the address of policy \"p\" already, in "
	      "line 1"}},
	};
	(void)state;
	refuse_all(cases, COUNT(cases), "", REST);
}

/* ---- override ---- */

static const struct config_override *only(const struct config *config)
{
	assert_int_equal(config->override_count, 1);
	return &config->overrides[0];
}

static void overrides(void **state)
{
	struct config config =
	    accepted("override 'Example.ORG.' { level = secure names = {'mx.example.net', "
	             "'MX2.example.net'} reason = 'ticket 7' expires = '2027-01-31' }" REST);
	const struct config_override *one = only(&config);
	(void)state;
	assert_string_equal(one->destination, "Example.ORG.");
	assert_int_equal(one->to.kind, STLS_DESTINATION_DOMAIN);
	assert_string_equal(one->to.name, "example.org");
	assert_int_equal(one->to.port, 25);
	assert_int_equal(one->level, STLS_LEVEL_SECURE);
	assert_string_equal(one->names[0], "mx.example.net");
	assert_string_equal(one->names[1], "MX2.example.net");
	assert_null(one->names[2]);
	assert_string_equal(one->reason, "ticket 7");
	/* the first moment of the day after, UTC */
	assert_int_equal(one->expires, INT64_C(1801440000));
	config_free(&config);
	config = accepted(
	    "override '[192.0.2.1]:587' { level = plain reason = r expires = never }" REST);
	one = only(&config);
	assert_int_equal(one->to.kind, STLS_DESTINATION_ADDRESS);
	assert_int_equal(one->to.port, 587);
	assert_null(one->names);
	assert_true(one->expires == STLS_NEVER);
	config_free(&config);
}

static void good_overrides(void **state)
{
	static const char *const cases[] = {
	    "override a.test { level = may reason = x expires = never }",
	    "override a.test { level = encrypt reason = x expires = '2028-02-29' }",
	    "override a.test { level = dane reason = x expires = '1999-12-31' }",
	    "override a.test { level = may reason = x expires = never }\n"
	    "override 'a.test:587' { level = may reason = x expires = never }\n"
	    "override '[a.test]' { level = may reason = x expires = never }\n",
	};
	(void)state;
	accept_all(cases, COUNT(cases), "", REST);
}

#define OVERRIDE "override a.test { reason = r expires = never "
#define DATE "\" is not allowed; allowed: a date such as 2027-01-31, or never"

static void bad_overrides(void **state)
{
	static const struct bad cases[] = {
	    {"override a.test { level = may reason = r }",
	     {"t.conf:1: override \"a.test\": expires is missing: a date such as 2027-01-31, or "
	      "never"}},
	    {"override a.test { level = may expires = never }",
	     {"t.conf:1: override \"a.test\": an override needs a reason"}},
	    {"override a.test { level = may expires = never\nreason = '' }",
	     {"t.conf:1: override \"a.test\": an override needs a reason",
	      "t.conf:2: reason: this is empty"}},
	    {OVERRIDE "}",
	     {"t.conf:1: override \"a.test\": level is missing; allowed: plain, may, encrypt, "
	      "dane, secure"}},
	    {OVERRIDE "level = none }",
	     {"t.conf:1: level: \"none\"" WORD "plain, may, encrypt, dane, secure"}},
	    {OVERRIDE "level = encrypt names = {'mx.test'} }",
	     {"t.conf:1: override \"a.test\": only an override of level secure has names"}},
	    {OVERRIDE "level = secure names = {'not a name'} }",
	     {"t.conf:1: override \"a.test\": a name of the override is no name of a host"}},
	    {OVERRIDE "level = may until = never }",
	     {"t.conf:1: until: unknown key; allowed in override: level, names, reason, expires"}},
	    {OVERRIDE "level = may }\n\noverride 'A.test.' { level = secure reason = r expires = "
	              "never }",
	     {"t.conf:3: override \"A.test.\": there is one for that destination already, in line "
	      "1"}},
	    {"override '.test' { level = may reason = r expires = never }",
	     {"t.conf:1: override \".test\": a parent domain is no destination: an override is for "
	      "one domain"}},
	    {"override 'a b' { level = may reason = r expires = never }",
	     {"t.conf:1: override \"a b\": this is no domain name"}},
	    {"override 'a.test:0' { level = may reason = r expires = never }",
	     {"t.conf:1: override \"a.test:0\": there is no such port"}},
	};
	(void)state;
	refuse_all(cases, COUNT(cases), "", REST);
}

static void bad_dates(void **state)
{
	static const char *const dates[] = {
	    "2027-02-29", "2027-13-01", "2027-00-10", "2027-1-31", "27-01-31",   "2027-01-31 ",
	    " 2027-1-31", "2027/01/31", "20270131",   "Never",     "tomorrow",   "2027-01-311",
	    "-999-01-01", "1969-12-30", "2027-01",    "0",         "2027-01-32",
	};
	char text[256], complaint[256];
	(void)state;
	for (size_t i = 0; i < COUNT(dates); i++) {
		snprintf(text, sizeof(text),
		         "override a.test { level = may reason = r expires = '%s' }" REST,
		         dates[i]);
		snprintf(complaint, sizeof(complaint), "t.conf:1: expires: \"%s" DATE, dates[i]);
		refuse(text, (const char *const[]){complaint, NULL});
	}
}

/* ---- ratchet, resolver, state ---- */

static void ratchet(void **state)
{
	struct config config = accepted("ratchet { occasions = 1 days = 1000 hold = 2592000 "
	                                "authentication = yes let-go = on }" REST);
	(void)state;
	assert_int_equal(config.ratchet.occasions, 1);
	assert_int_equal(config.ratchet.days, 1000);
	assert_int_equal(config.ratchet.hold, 2592000);
	assert_true(config.ratchet.authentication);
	assert_true(config.ratchet.let_go);
	config_free(&config);
	config = accepted("ratchet { }" REST);
	assert_int_equal(config.ratchet.hold, 0);
	assert_false(config.ratchet.let_go);
	config_free(&config);
}

#define TIMES " is not allowed; allowed: a number from 1 to 1000"

static void bad_rest(void **state)
{
	static const struct bad cases[] = {
	    {"ratchet { occasions = 0 }", {"t.conf:1: occasions: \"0\"" TIMES}},
	    {"ratchet { days = 1001 }", {"t.conf:1: days: \"1001\"" TIMES}},
	    {"ratchet {\nhold = 59 }",
	     {"t.conf:2: hold: \"59\"" WORD "a number of seconds from 60 to 2592000"}},
	    {"ratchet { }\nratchet { }",
	     {"t.conf:2: ratchet: this is here a second time, after line 1"}},
	    {"ratchet { letgo = yes }",
	     {"t.conf:1: letgo: unknown key (did you mean let-go?); allowed in ratchet: occasions, "
	      "days, hold, authentication, let-go"}},
	    {"resolver { config = '' }", {"t.conf:1: config: this is empty"}},
	    {"resolver { ca = '/x' }",
	     {"t.conf:1: ca: unknown key; allowed in resolver: config, ca-file"}},
	    {"resolver { }\nresolver { }",
	     {"t.conf:2: resolver: this is here a second time, after line 1"}},
	    {"resolver x { }", {"t.conf:1: syntax: missing opening brace for section 'resolver'"}},
	    {"state = var",
	     {"t.conf:1: state: \"var\"" WORD "the path of a folder, from / on, or "
	      "redis://HOST:PORT/0, rediss://..., redis+unix:/PATH"}},
	};
	(void)state;
	refuse_all(cases, COUNT(cases), "", REST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_said),    cmocka_unit_test(defaults),
	    cmocka_unit_test(everything_said), cmocka_unit_test(alone),
	    cmocka_unit_test(bad_policies),    cmocka_unit_test(overrides),
	    cmocka_unit_test(good_overrides),  cmocka_unit_test(bad_overrides),
	    cmocka_unit_test(bad_dates),       cmocka_unit_test(ratchet),
	    cmocka_unit_test(bad_rest),
	};
	return cmocka_run_group_tests_name("gate/config_policy", tests, NULL, NULL);
}
