/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* nftw */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <ftw.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../tls/certs.h"
#include "place.h"

#define SERVER "/usr/bin/redis-server"
#define PASSWORD "p@ss/word"
#define STARTS_WITHIN 1000 /* times 10 ms */

static bool is(const struct place *place, const char *kind)
{
	return strcmp(place->kind, kind) == 0;
}

/* ---- the server ---- */

static void choose_port(struct place *place)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &length), 0);
	close(fd);
	snprintf(place->port, sizeof(place->port), "%u", ntohs(in.sin_port));
}

static void run_server(const struct place *place)
{
	char path[256];
	const char *arguments[32] = {"redis-server", "--unixsocket",  path,     "--dir",
	                             place->folder,  "--save",        "",       "--appendonly",
	                             "yes",          "--appendfsync", "always", "--logfile",
	                             "redis.log"};
	int count = 13;

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that crashes leaves nobody */
	snprintf(path, sizeof(path), "%s/redis.sock", place->folder);
	arguments[count++] = is(place, "redis-tls") ? "--tls-port" : "--port";
	arguments[count++] = is(place, "redis") ? "0" : place->port;
	if (is(place, "redis-password")) {
		arguments[count++] = "--requirepass";
		arguments[count++] = PASSWORD;
	}
	if (is(place, "redis-tls")) {
		arguments[count++] = "--port";
		arguments[count++] = "0";
		arguments[count++] = "--tls-cert-file";
		arguments[count++] = certs_chain("redis");
		arguments[count++] = "--tls-key-file";
		arguments[count++] = certs_key("redis");
		arguments[count++] = "--tls-ca-cert-file";
		arguments[count++] = certs_chain("authority");
	}
	execv(SERVER, (char *const *)(uintptr_t)arguments);
	_exit(127);
}

static redisContext *reach(const struct place *place)
{
	char path[256];
	redisContext *context;
	redisReply *reply;

	snprintf(path, sizeof(path), "%s/redis.sock", place->folder);
	context = redisConnectUnix(path);
	if (context && !context->err && is(place, "redis-password")) {
		reply = redisCommand(context, "AUTH %s", PASSWORD);
		if (reply)
			freeReplyObject(reply);
	}
	if (context && !context->err)
		return context;
	if (context)
		redisFree(context);
	return NULL;
}

bool place_ask(const struct place *place, const char *const words[])
{
	redisContext *context = reach(place);
	redisReply *reply = NULL;
	bool good;
	int count = 0;

	while (words[count])
		count++;
	if (context)
		reply = redisCommandArgv(context, count, (const char **)(uintptr_t)words, NULL);
	good = reply && reply->type != REDIS_REPLY_ERROR;
	if (reply)
		freeReplyObject(reply);
	if (context)
		redisFree(context);
	return good;
}

static void spawn(struct place *place)
{
	place->server = fork();
	if (place->server == 0)
		run_server(place);
}

/* A port that was free a moment ago may be somebody else's now: another one, as long as
 * nobody was told which. */
void place_start(struct place *place)
{
	int left = STARTS_WITHIN;

	spawn(place);
	while (!PLACE_ASK(place, "PING") && left--) {
		usleep(10000);
		if (waitpid(place->server, NULL, WNOHANG) != place->server)
			continue;
		if (!place->state[0])
			choose_port(place);
		spawn(place);
	}
	assert_true(left > 0);
}

void place_kill(struct place *place)
{
	if (place->server <= 0)
		return;
	kill(place->server, SIGKILL);
	waitpid(place->server, NULL, 0);
	place->server = 0;
}

/* ---- beginning and end ---- */

static void make_certificates(void)
{
	certs_begin();
	certs_make(&(struct certs_spec){.name = "authority", .authority = 1});
	certs_make(&(struct certs_spec){
	    .name = "redis", .issuer = "authority", .san = "DNS:localhost,IP:127.0.0.1"});
	certs_make(&(struct certs_spec){.name = "client", .issuer = "authority"});
	certs_make(&(struct certs_spec){.name = "stranger", .authority = 1});
}

static void name_state(struct place *place)
{
	if (is(place, "sqlite"))
		snprintf(place->state, sizeof(place->state), "%s", place->folder);
	else if (is(place, "redis"))
		snprintf(place->state, sizeof(place->state), "redis+unix:%s/redis.sock?db=1",
		         place->folder);
	else if (is(place, "redis-password"))
		snprintf(place->state, sizeof(place->state),
		         "redis://:p%%40ss%%2Fword@127.0.0.1:%s/2", place->port);
	else
		snprintf(place->state, sizeof(place->state),
		         "rediss://localhost:%s?ca=%s&cert=%s&key=%s", place->port,
		         certs_chain("authority"), certs_chain("client"), certs_key("client"));
}

bool place_can(const char *kind)
{
	if (strcmp(kind, "sqlite") == 0 || access(SERVER, X_OK) == 0 || getenv("CI"))
		return true;
	printf("1..0 # SKIP there is no redis-server\n");
	return false;
}

void place_begin(struct place *place, const char *kind)
{
	memset(place, 0, sizeof(*place));
	place->kind = kind;
	strcpy(place->folder, "/tmp/starttls-store-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->database, sizeof(place->database), "%s/starttls.db", place->folder);
	if (is(place, "redis-tls"))
		make_certificates();
	if (!is(place, "sqlite")) {
		choose_port(place);
		place_start(place);
	}
	name_state(place);
}

static int remove_one(const char *path, const struct stat *file, int type, struct FTW *walk)
{
	(void)file;
	(void)type;
	(void)walk;
	return remove(path);
}

void place_end(struct place *place)
{
	place_kill(place);
	if (is(place, "redis-tls"))
		certs_end();
	nftw(place->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- stores ---- */

struct store *place_open_with(const struct place *place, struct store_settings *settings,
                              int64_t now)
{
	struct store_error error = {""};
	struct store *store;

	settings->state = place->state;
	store = store_open(settings, now, &error);
	if (!store)
		fail_msg("%s", error.text);
	return store;
}

struct store *place_open(const struct place *place, int64_t now)
{
	struct store_settings settings = {0};

	return place_open_with(place, &settings, now);
}

void sample_policy(struct store_policy *policy, int number)
{
	static const char text[] = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.org\r\n"
	                           "max_age: 604800\r\n";

	memset(policy, 0, sizeof(*policy));
	snprintf(policy->domain, sizeof(policy->domain), "d%05d.example.org", number);
	policy->text = text;
	policy->length = sizeof(text) - 1;
	snprintf(policy->id, sizeof(policy->id), "id%d", number);
	strcpy(policy->mode, "enforce");
	policy->fetched = NOW + number;
	policy->expires = NOW + number + 604800;
	policy->looked = NOW + 3;
	policy->wanted = NOW + 4;
	policy->failed = NOW + 5;
	policy->failures = 6;
	strcpy(policy->failed_id, "failed7");
	strcpy(policy->failure, "sts-fetch");
}

void sample_host(struct store_host *host, int number)
{
	memset(host, 0, sizeof(*host));
	snprintf(host->key, sizeof(host->key), "mx%05d.example.org 192.0.2.0/24", number);
	host->first_seen = NOW - 1000;
	host->last_seen = NOW + number;
	host->occasions = 12;
	host->days = 5;
	host->vanished = 2;
	host->lost = NOW + 7;
	host->authenticated = 8;
	host->authenticated_days = 4;
	host->held_since = NOW + 9;
	host->hold_until = NOW + 10;
	host->pinned = 3;
	host->set = NOW - 11;
	strcpy(host->note, "asked the postmaster \303\274ber das");
}

void sample_override(struct store_override *override, int number)
{
	memset(override, 0, sizeof(*override));
	snprintf(override->destination, sizeof(override->destination), "o%05d.example.org", number);
	strcpy(override->level, "encrypt");
	strcpy(override->names, "mail.example.org *.example.net");
	strcpy(override->reason, "its certificate is broken, they know");
	override->set = NOW + number;
	override->expires = NOW + 86400;
}

bool has_policy(struct store *store, int number, int64_t now)
{
	struct store_policy wanted, found;

	sample_policy(&wanted, number);
	if (store_policy_get(store, wanted.domain, now, &found) != STORE_OK ||
	    found.length != wanted.length || memcmp(found.text, wanted.text, wanted.length) != 0)
		return false;
	found.text = wanted.text;
	return memcmp(&found, &wanted, sizeof(found)) == 0;
}

const char *all_news(struct store *store)
{
	static char text[8192];
	struct store_news news;

	text[0] = '\0';
	while (store_news(store, &news))
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s\n", news.text);
	return text;
}
