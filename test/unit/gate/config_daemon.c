/* SPDX-License-Identifier: ISC */
/* What the configuration says of the daemon as a whole. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>

#include "config_reading.h"

#define REST "\n" CERTIFICATE GOOD_FRONT

static void defaults(void **state)
{
	struct config config = accepted(REST);
	(void)state;
	assert_true(config.sandbox);
	assert_int_equal(config.drain, 30);
	assert_int_equal(config.watch_certificates, 60);
	assert_int_equal(config.log.level, LOG_LEVEL_INFO);
	assert_int_equal(config.log.format, CONFIG_LOG_LOGFMT);
	assert_int_equal(config.log.to, CONFIG_LOG_STDERR);
	assert_int_equal(config.log.rate, 100);
	assert_int_equal(config.limits.connections, 20000);
	assert_int_equal(config.limits.connections_per_address, 500);
	assert_int_equal(config.limits.handshakes_per_address, 1000);
	assert_int_equal(config.limits.memory, 1024);
	assert_int_equal(config.metrics.count, 0);
	config_free(&config);
}

static void everything_said(void **state)
{
	struct config config =
	    accepted("workers = 256\nsandbox = no\ndrain = 1\nwatch-certificates = 0\n"
	             "log-level = error\nlog-format = json\nlog-to = journal\nlog-rate = 1000000\n"
	             "limits {\n\tconnections = 1\n\tconnections-per-address = 2\n"
	             "\thandshakes-per-address = 1000000\n\tmemory = 64\n}\n"
	             "metrics {\n\tlisten = {'127.0.0.1:9587', 'unix:/run/metrics'}\n}\n" REST);
	(void)state;
	assert_int_equal(config.workers, 256);
	assert_false(config.sandbox);
	assert_int_equal(config.drain, 1);
	assert_int_equal(config.watch_certificates, 0);
	assert_int_equal(config.log.level, LOG_LEVEL_ERROR);
	assert_int_equal(config.log.format, CONFIG_LOG_JSON);
	assert_int_equal(config.log.to, CONFIG_LOG_JOURNAL);
	assert_int_equal(config.log.rate, 1000000);
	assert_int_equal(config.limits.connections, 1);
	assert_int_equal(config.limits.connections_per_address, 2);
	assert_int_equal(config.limits.handshakes_per_address, 1000000);
	assert_int_equal(config.limits.memory, 64);
	assert_int_equal(config.metrics.count, 2);
	assert_string_equal(config.metrics.list[0].text, "127.0.0.1:9587");
	assert_int_equal(config.metrics.list[0].line, 16);
	assert_int_equal(config.metrics.list[1].address.kind, ADDRESS_UNIX);
	config_free(&config);
}

/* 0 is no limit; what is not said stays as it is. */
static void no_limits(void **state)
{
	struct config config =
	    accepted("limits { connections = 0 handshakes-per-address = 0 memory = 0 }\n"
	             "log-rate = 0 log-to = syslog" REST);
	(void)state;
	assert_int_equal(config.limits.connections, 0);
	assert_int_equal(config.limits.connections_per_address, 500);
	assert_int_equal(config.limits.handshakes_per_address, 0);
	assert_int_equal(config.limits.memory, 0);
	assert_int_equal(config.log.rate, 0);
	assert_int_equal(config.log.to, CONFIG_LOG_SYSLOG);
	config_free(&config);
}

static unsigned workers_of(const char *text)
{
	struct config config = accepted(text);
	unsigned workers = config.workers;
	config_free(&config);
	return workers;
}

/* As many as the processors that we may use, which need not be those of the machine. */
static void workers(void **state)
{
	cpu_set_t before, one;
	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	unsigned processors = (unsigned)CPU_COUNT(&before);
	assert_int_equal(workers_of(REST), processors < 256 ? processors : 256);
	assert_int_equal(workers_of("workers = auto" REST), processors < 256 ? processors : 256);
	assert_int_equal(workers_of("workers = 3" REST), 3);
	CPU_ZERO(&one);
	for (int cpu = 0; CPU_COUNT(&one) == 0; cpu++)
		if (CPU_ISSET(cpu, &before))
			CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	unsigned alone = workers_of("workers = auto" REST);
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
	assert_int_equal(alone, 1);
}

#define WORKERS " is not allowed; allowed: a number from 1 to 256, or auto"
#define SECONDS " is not allowed; allowed: a number of seconds from "
#define MANY " is not allowed; allowed: a number from 1 to 1000000, or 0 for no limit"

static void bad_values(void **state)
{
	static const struct bad cases[] = {
	    {"workers = 0", {"t.conf:1: workers: \"0\"" WORKERS}},
	    {"workers = 257", {"t.conf:1: workers: \"257\"" WORKERS}},
	    {"\nworkers = many", {"t.conf:2: workers: \"many\"" WORKERS}},
	    {"workers = 4294967297", {"t.conf:1: workers: \"4294967297\"" WORKERS}},
	    {"workers = ''", {"t.conf:1: workers: \"\"" WORKERS}},
	    {"workers = 1\nworkers = 2",
	     {"t.conf:2: workers: this is here a second time, after line 1"}},
	    {"sandbox = maybe",
	     {"t.conf:1: sandbox: \"maybe\" is not allowed; allowed: true, false, yes, no, on, "
	      "off"}},
	    {"drain = 0", {"t.conf:1: drain: \"0\"" SECONDS "1 to 604800"}},
	    {"drain = 604801", {"t.conf:1: drain: \"604801\"" SECONDS "1 to 604800"}},
	    {"watch-certificates = no",
	     {"t.conf:1: watch-certificates: \"no\"" SECONDS "0 to 604800"}},
	    {"log-format = jason",
	     {"t.conf:1: log-format: \"jason\" is not allowed (did you mean json?); allowed: "
	      "logfmt, json"}},
	    {"log-to = stdout",
	     {"t.conf:1: log-to: \"stdout\" is not allowed; allowed: stderr, journal, syslog"}},
	    {"log-rate = -1",
	     {"t.conf:1: log-rate: \"-1\" is not allowed; allowed: a number of lines a second "
	      "from 1 to 1000000, or 0 for no limit"}},
	    {"log-rat = 1",
	     {"t.conf:1: log-rat: unknown key (did you mean log-rate?); allowed here: "
	      "hostname, state, user, workers, sandbox, drain, watch-certificates, log-level, "
	      "log-format, log-to, log-rate, limits, metrics, certificate, front, policy, "
	      "override, ratchet, resolver"}},
	};
	(void)state;
	refuse_all(cases, COUNT(cases), "", REST);
}

static void bad_limits(void **state)
{
	static const struct bad cases[] = {
	    {"limits { connections = 1000001 }", {"t.conf:1: connections: \"1000001\"" MANY}},
	    {"limits {\nconnections-per-address = x }",
	     {"t.conf:2: connections-per-address: \"x\"" MANY}},
	    {"limits { handshakes-per-address = 1/s }",
	     {"t.conf:1: handshakes-per-address: \"1/s\"" MANY}},
	    {"limits { memory = 63 }",
	     {"t.conf:1: memory: \"63\" is not allowed; allowed: a number of MiB from 64 to "
	      "1048576, or 0 for no limit"}},
	    {"limits { memory = 1G }",
	     {"t.conf:1: memory: \"1G\" is not allowed; allowed: a number of MiB from 64 to "
	      "1048576, or 0 for no limit"}},
	    {"limits {\nconnection = 5 }",
	     {"t.conf:2: connection: unknown key (did you mean connections?); allowed in limits: "
	      "connections, connections-per-address, handshakes-per-address, memory"}},
	    {"limits { }\nlimits { memory = 64 }\n\nlimits { }",
	     {"t.conf:2: limits: this is here a second time, after line 1",
	      "t.conf:4: limits: this is here a second time, after line 1"}},
	    {"limits { memory = 64 memory = 65 }",
	     {"t.conf:1: memory: this is here a second time, after line 1"}},
	    {"limits x { }", {"t.conf:1: syntax: missing opening brace for section 'limits'"}},
	};
	(void)state;
	refuse_all(cases, COUNT(cases), "", REST);
}

static void bad_metrics(void **state)
{
	static const char missing[] =
	    "t.conf:1: metrics: listen is missing, such as: listen = {\"127.0.0.1:9587\"}";
	static const struct bad cases[] = {
	    {"metrics { }", {missing}},
	    {"metrics { listen = {} }", {missing}},
	    {"metrics { listen = {'localhost:9587'} }",
	     {"t.conf:1: listen: \"localhost:9587\" is a name; allowed: IPV4:PORT, [IPV6]:PORT, "
	      "unix:/PATH"}},
	    {"metrics { listen = {9587} }",
	     {"t.conf:1: listen: \"9587\": the port is missing: HOST:PORT"}},
	    {"metrics { listen = {'unix:/m'} }\nmetrics { listen = {'unix:/n'} }",
	     {"t.conf:2: metrics: this is here a second time, after line 1"}},
	    {"metrics {\nport = 1 }", {"t.conf:2: port: unknown key; allowed in metrics: listen"}},
	    {"metrics { listen = {'127.0.0.1:9587',\n'127.0.0.1:9587'} }",
	     {"t.conf:2: listen: \"127.0.0.1:9587\" is the address of the metrics already, in "
	      "line 1"}},
	    /* The front is behind, and so is the complaint. */
	    {"metrics { listen = {'127.0.0.1:143'} }",
	     {"t.conf:3: listen: \"127.0.0.1:143\" is the address of the metrics already, in "
	      "line 1"}},
	};
	static const char *const good[] = {
	    "metrics { listen = '[::1]:9587' }",
	    "metrics { listen = {'127.0.0.1:0', '127.0.0.1:0'} }",
	};
	(void)state;
	refuse_all(cases, COUNT(cases), "", REST);
	refuse(CERTIFICATE GOOD_FRONT "metrics { listen = {'127.0.0.1:143'} }",
	       (const char *const[]){"t.conf:3: listen: \"127.0.0.1:143\" is the address of front "
	                             "\"ok\" already, in line 2",
	                             NULL});
	accept_all(good, COUNT(good), "", REST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults),    cmocka_unit_test(everything_said),
	    cmocka_unit_test(no_limits),   cmocka_unit_test(workers),
	    cmocka_unit_test(bad_values),  cmocka_unit_test(bad_limits),
	    cmocka_unit_test(bad_metrics),
	};
	return cmocka_run_group_tests_name("gate/config_daemon", tests, NULL, NULL);
}
