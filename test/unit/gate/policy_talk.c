/* SPDX-License-Identifier: ISC */
/* Those who ask: order, bounds, halves, and who goes away. */
#define _GNU_SOURCE
#include "desk.h"
#include "in_log.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/un.h>

#include "gate/policy_talk.h"
#include "loop/pool.h"

#define ROOM 8 /* connections */
#define MINUTE 60000

struct stage {
	struct talkers *talkers;
	char folder[64], path[96];
	bool empty;
};

static struct stage *stage_of(struct scene *scene)
{
	return scene->more;
}

static struct sockaddr_un address_of(const struct stage *stage)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", stage->path);
	return address;
}

static int open_stage(void **state, enum config_policy_speaks speaks, unsigned connections)
{
	struct scene *scene = scene_open(speaks);
	struct stage *stage = calloc(1, sizeof(*stage));
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	strcpy(stage->folder, P_tmpdir "/starttls-unit-XXXXXX");
	assert_non_null(mkdtemp(stage->folder));
	snprintf(stage->path, sizeof(stage->path), "%s/s", stage->folder);
	address = address_of(stage);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 100), 0);
	scene->log = (struct log){.fd = memfd_create("log", 0), .level = LOG_LEVEL_INFO};
	scene->config.limits.connections = connections;
	scene->config.policy_count = 1;
	stage->talkers = talkers_open(&(struct desk_order){.config = &scene->config,
	                                                   .policy = &scene->policy,
	                                                   .loop = scene->loop,
	                                                   .log = &scene->log},
	                              scene->desk);
	assert_int_equal(talkers_listen(stage->talkers, fd), 0);
	scene->more = stage;
	*state = scene;
	return 0;
}

static int open_socketmap(void **state)
{
	return open_stage(state, CONFIG_POLICY_SOCKETMAP, ROOM);
}

static int open_table(void **state)
{
	return open_stage(state, CONFIG_POLICY_TCP_TABLE, ROOM);
}

static int open_json(void **state)
{
	return open_stage(state, CONFIG_POLICY_JSON, ROOM);
}

static int close_stage(void **state)
{
	struct scene *scene = *state;
	struct stage *stage = scene->more;

	talkers_close(stage->talkers);
	unlink(stage->path);
	rmdir(stage->folder);
	close(scene->log.fd);
	assert_int_equal(pool_lent(loop_pool(scene->loop)), 0);
	free(stage);
	scene_close(scene);
	return 0;
}

static void call_with(struct scene *scene, int fd)
{
	struct sockaddr_un address = address_of(stage_of(scene));

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	scene_turn(scene);
}

static int call(struct scene *scene)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	call_with(scene, fd);
	return fd;
}

static void say(struct scene *scene, int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	scene_turn(scene);
}

/* All that is there now. */
#define assert_hears(fd, text)                                                                     \
	do {                                                                                       \
		char heard[8192];                                                                  \
		ssize_t count = recv(fd, heard, sizeof(heard) - 1, 0);                             \
		heard[count > 0 ? count : 0] = '\0';                                               \
		assert_string_equal(heard, text);                                                  \
	} while (0)

static bool is_closed(int fd)
{
	char byte;
	ssize_t count = recv(fd, &byte, 1, 0);

	return count == 0 || (count < 0 && errno != EAGAIN);
}

static void finds(struct scene *scene, const char *destination)
{
	flight_finds(flights_find(destination), STLS_LEVEL_ENCRYPT, 400);
	scene_turn(scene);
}

static void knows(struct scene *scene, const char *destination)
{
	flight_knows_nothing(flights_find(destination), 400);
	scene_turn(scene);
}

#define ENCRYPT "10:OK encrypt,"
#define NOTFOUND "9:NOTFOUND ,"

static void replies_are_in_the_order_of_requests(void **state)
{
	struct scene *scene = *state;
	int fd = call(scene);

	say(scene, fd, "8:p a.test,8:p b.test,8:p c.test,9:p .d.test,8:p a.test,");
	assert_int_equal(flights_count(), 3);
	finds(scene, "b.test");
	knows(scene, "c.test");
	assert_hears(fd, "");
	flight_fails(flights_find("a.test"), "why");
	scene_turn(scene);
	assert_hears(fd, "8:TEMP why," ENCRYPT NOTFOUND NOTFOUND "8:TEMP why,");
	/* what is known now is said at once */
	say(scene, fd, "8:p c.test,8:p b.test,");
	assert_hears(fd, NOTFOUND ENCRYPT);
	close(fd);
}

static void halves_are_no_requests(void **state)
{
	struct scene *scene = *state;
	static const char request[] = "16:postfix sub.test,";
	int fd = call(scene);

	for (size_t i = 0; i + 1 < sizeof(request); i++) {
		const char one[2] = {request[i], '\0'};

		assert_int_equal(flights_count(), 0);
		say(scene, fd, one);
	}
	finds(scene, "sub.test");
	assert_hears(fd, ENCRYPT);
	say(scene, fd, "9:p .a.test,7:p .b.te");
	assert_hears(fd, NOTFOUND);
	assert_false(is_closed(fd));
	say(scene, fd, "st,");
	assert_true(is_closed(fd));
	close(fd);
}

/* What comes before it is answered, and nothing behind it is. */
static void nonsense_ends_it(void **state)
{
	static const char *const cases[] = {
	    "x", "1,", "08:p a.test,", "8:p a.testx", "10001:", "3:abc,", ":,"};
	struct scene *scene = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fd = call(scene);
		char text[128];

		snprintf(text, sizeof(text), "9:p .b.test,8:p c.test,%s8:p d.test,", cases[i]);
		say(scene, fd, text);
		if (i == 0) {
			assert_hears(fd, NOTFOUND);
			assert_false(is_closed(fd));
			finds(scene, "c.test");
			assert_hears(fd, ENCRYPT);
		} else {
			assert_hears(fd, NOTFOUND ENCRYPT);
		}
		assert_true(is_closed(fd));
		assert_int_equal(flights_count(), 0);
		close(fd);
	}
	assert_true(talkers_empty(stage_of(scene)->talkers));
}

static void who_has_said_all_gets_the_rest(void **state)
{
	struct scene *scene = *state;
	int fd = call(scene);

	say(scene, fd, "8:p a.test,");
	shutdown(fd, SHUT_WR);
	scene_turn(scene);
	assert_false(is_closed(fd));
	finds(scene, "a.test");
	assert_hears(fd, ENCRYPT);
	assert_true(is_closed(fd));
	close(fd);
}

static void who_goes_away_is_not_waited_for(void **state)
{
	struct scene *scene = *state;
	int gone = call(scene), other = call(scene);

	say(scene, gone, "8:p a.test,8:p b.test,8:p c.test,");
	say(scene, other, "8:p a.test,");
	close(gone);
	scene_turn(scene);
	finds(scene, "a.test");
	assert_hears(other, ENCRYPT);
	close(other);
	scene_turn(scene);
	assert_true(talkers_empty(stage_of(scene)->talkers));
	/* the others are found out all the same */
	finds(scene, "b.test");
	finds(scene, "c.test");
}

/* More than may be outstanding, each for another destination, found out backwards. */
#define MANY 6000

static void finish_all(void)
{
	char name[32];

	for (int i = MANY; i--;) {
		struct flight *flight;

		snprintf(name, sizeof(name), "d%d.test", i);
		flight = flights_find(name);
		if (!flight)
			continue;
		if (i % 2)
			flight_finds(flight, STLS_LEVEL_ENCRYPT, 4000);
		else
			flight_knows_nothing(flight, 4000);
	}
}

static void push(int fd, const char *text, size_t length, size_t *sent)
{
	ssize_t count = send(fd, text + *sent, length - *sent, MSG_NOSIGNAL);

	if (count > 0)
		*sent += (size_t)count;
}

static char *many_requests(size_t *length)
{
	char *text = malloc(MANY * 32);

	*length = 0;
	for (int i = 0; i < MANY; i++) {
		char body[32];
		int count = snprintf(body, sizeof(body), "p d%d.test", i);

		*length += (size_t)sprintf(text + *length, "%d:%s,", count, body);
	}
	return text;
}

static void many_at_once(void **state)
{
	struct scene *scene = *state;
	int fd = call(scene);
	size_t length, sent = 0, heard = 0, wanted = 0;
	char *text = many_requests(&length), *got = malloc(MANY * 16), *right = malloc(MANY * 16);

	for (int i = 0; i < MANY; i++)
		wanted += (size_t)sprintf(right + wanted, "%s", i % 2 ? ENCRYPT : NOTFOUND);
	for (int i = 0; i < 2000 && heard < wanted; i++) {
		ssize_t count;

		push(fd, text, length, &sent);
		scene_turn(scene);
		assert_true(desk_count(scene->desk).under_way <= 500);
		finish_all();
		scene_turn(scene);
		count = recv(fd, got + heard, MANY * 16 - heard, 0);
		heard += count > 0 ? (size_t)count : 0;
	}
	assert_int_equal(sent, length);
	assert_int_equal(heard, wanted);
	assert_memory_equal(got, right, wanted);
	close(fd);
	free(text);
	free(got);
	free(right);
}

/* Who does not take his replies is not heard, and loses nothing. */
static void who_does_not_listen_waits(void **state)
{
	static const char request[] = "9:p .a.test,";
	struct scene *scene = *state;
	int fd = call(scene);
	size_t sent = 0, heard = 0, at = 0;
	char got[65536];

	for (int quiet = 0; quiet < 5;) {
		ssize_t count = send(fd, request + at, sizeof(request) - 1 - at, MSG_NOSIGNAL);

		at = count > 0 ? (at + (size_t)count) % (sizeof(request) - 1) : at;
		sent += count > 0 && at == 0;
		quiet = count > 0 ? 0 : quiet + 1;
		if (count <= 0)
			scene_turn(scene);
	}
	assert_true(sent > 1000 && sent < 1000000);
	for (int quiet = 0; quiet < 20;) {
		ssize_t count = recv(fd, got, sizeof(got), 0);

		heard += count > 0 ? (size_t)count : 0;
		quiet = count > 0 ? 0 : quiet + 1;
		scene_turn(scene);
	}
	assert_int_equal(heard, sent * strlen(NOTFOUND));
	close(fd);
}

/* ---- room ---- */

static void call_all(struct scene *scene, int *fds, int count)
{
	for (int i = 0; i < count; i++)
		fds[i] = call(scene);
}

/* How many have been closed; which one, where it is one. */
static int count_closed(const int *fds, int count, int *which)
{
	int closed = 0;

	for (int i = 0; i < count; i++)
		if (is_closed(fds[i])) {
			closed++;
			*which = i;
		}
	return closed;
}

static void close_all(const int *fds, int count)
{
	for (int i = 0; i < count; i++)
		close(fds[i]);
}

/* The one that has been quiet for longest, and not one that waits. */
static void the_quietest_makes_room(void **state)
{
	struct scene *scene = *state;
	int fds[ROOM + 1], which = -1;

	call_all(scene, fds, ROOM);
	say(scene, fds[0], "8:p a.test,");
	scene_pass(scene, 5000);
	say(scene, fds[1], "9:p .a.test,");
	assert_hears(fds[1], NOTFOUND);
	assert_int_equal(count_closed(fds, ROOM, &which), 0);
	assert_int_equal(count_in_log(&scene->log, "event="), 0);
	fds[ROOM] = call(scene);
	assert_int_equal(count_closed(fds, ROOM + 1, &which), 1);
	assert_int_equal(which, 2);
	say(scene, fds[ROOM], "9:p .a.test,");
	assert_hears(fds[ROOM], NOTFOUND);
	finds(scene, "a.test");
	assert_hears(fds[0], ENCRYPT);
	close_all(fds, ROOM + 1);
}

/* He asks while another one comes: he is answered, and somebody else goes. */
static void a_question_on_its_way_is_answered(void **state)
{
	struct scene *scene = *state;
	int fds[ROOM + 1], which = -1;

	call_all(scene, fds, ROOM);
	assert_true(send(fds[0], "9:p .a.test,", 12, MSG_NOSIGNAL) == 12);
	fds[ROOM] = call(scene);
	assert_hears(fds[0], NOTFOUND);
	assert_int_equal(count_closed(fds, ROOM + 1, &which), 1);
	assert_int_equal(which, 1);
	close_all(fds, ROOM + 1);
}

/* However many come, and what to do about it. */
static void that_there_is_no_room_is_said_once_a_minute(void **state)
{
	struct scene *scene = *state;
	int fds[ROOM], more[20];

	call_all(scene, fds, ROOM);
	call_all(scene, more, 20);
	assert_int_equal(count_in_log(&scene->log, "event=accept"), 1);
	assert_int_equal(count_in_log(&scene->log, "level=warning"), 1);
	assert_int_equal(
	    count_in_log(&scene->log, "policy p: 8 connections are all that there may be"), 1);
	assert_int_equal(count_in_log(&scene->log, "raise"), 1);
	assert_int_equal(count_in_log(&scene->log, "RLIMIT_NOFILE"), 0);
	close_all(more, 20);
	scene_pass(scene, MINUTE);
	call_all(scene, more, ROOM);
	assert_int_equal(count_in_log(&scene->log, "event=accept"), 1);
	call_all(scene, more + ROOM, 1);
	assert_int_equal(count_in_log(&scene->log, "event=accept"), 2);
	close_all(more, ROOM + 1);
	close_all(fds, ROOM);
}

static void who_waits_is_not_sent_away(void **state)
{
	struct scene *scene = *state;
	int fds[ROOM], late, which;

	call_all(scene, fds, ROOM);
	for (int i = 0; i < ROOM; i++)
		say(scene, fds[i], "8:p a.test,");
	late = call(scene);
	assert_true(is_closed(late));
	close(late);
	assert_int_equal(count_closed(fds, ROOM, &which), 0);
	assert_int_equal(count_in_log(&scene->log, "new ones are refused"), 1);
	finds(scene, "a.test");
	for (int i = 0; i < ROOM; i++)
		assert_hears(fds[i], ENCRYPT);
	late = call(scene);
	say(scene, late, "9:p .a.test,");
	assert_hears(late, NOTFOUND);
	close(late);
	close_all(fds, ROOM);
}

/* Half of them are for names: with 40 there are 20 connections, whatever limits say. */
static int open_with_few_files(void **state, unsigned connections)
{
	struct rlimit before, few;
	int result;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit){40, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	result = open_stage(state, CONFIG_POLICY_SOCKETMAP, connections);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	return result;
}

static int open_few_files(void **state)
{
	return open_with_few_files(state, 1000);
}

static int open_without_limit(void **state)
{
	return open_with_few_files(state, 0);
}

static void descriptors_are_a_limit(void **state)
{
	struct scene *scene = *state;
	int fds[21], which = -1;

	call_all(scene, fds, 20);
	assert_int_equal(count_closed(fds, 20, &which), 0);
	fds[20] = call(scene);
	assert_int_equal(count_closed(fds, 21, &which), 1);
	assert_int_equal(which, 0);
	assert_int_equal(count_in_log(&scene->log, "allow more descriptors (RLIMIT_NOFILE)"), 1);
	close_all(fds, 21);
}

/* Those that there are may be taken by names: then there is room for one all the same.  As
 * accept() wants a descriptor before it looks whether anybody is there, two go. */
static void no_descriptor_is_left(void **state)
{
	struct scene *scene = *state;
	struct rlimit before, none;
	int fds[5], which = -1;

	call_all(scene, fds, 4);
	say(scene, fds[0], "8:p a.test,");
	fds[4] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){(rlim_t)fds[4] + 1, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	call_with(scene, fds[4]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(count_closed(fds, 5, &which), 2);
	assert_int_equal(which, 2);
	say(scene, fds[4], "9:p .a.test,");
	assert_hears(fds[4], NOTFOUND);
	finds(scene, "a.test");
	assert_hears(fds[0], ENCRYPT);
	close_all(fds, 5);
}

/* ---- the end of a service ---- */

static void on_empty(void *owner)
{
	((struct stage *)owner)->empty = true;
}

/* As long as somebody asks he is answered; then he is sent elsewhere. */
static void retired(void **state)
{
	struct scene *scene = *state;
	struct stage *stage = scene->more;
	int waits = call(scene), asks = call(scene), late = call(scene), quiet = call(scene);

	say(scene, waits, "8:p a.test,");
	scene_pass(scene, 900);
	talkers_retire(stage->talkers, on_empty, stage);
	assert_int_equal(access(stage->path, F_OK), 0);
	for (int i = 0; i < 10; i++) {
		say(scene, asks, "9:p .a.test,");
		assert_hears(asks, NOTFOUND);
		scene_pass(scene, 200);
	}
	assert_true(is_closed(quiet) && is_closed(late));
	assert_false(is_closed(waits) || is_closed(asks));
	finds(scene, "a.test");
	assert_hears(waits, ENCRYPT);
	assert_false(stage->empty);
	scene_pass(scene, 1500);
	assert_true(is_closed(waits) && is_closed(asks));
	assert_true(stage->empty && talkers_empty(stage->talkers));
	close(waits), close(asks), close(late), close(quiet);
}

/* Not for ever, however much he asks. */
static void retired_for_good(void **state)
{
	struct scene *scene = *state;
	struct stage *stage = scene->more;
	int asks = call(scene);

	talkers_retire(stage->talkers, on_empty, stage);
	say(scene, asks, "9:p .a.test,");
	assert_hears(asks, NOTFOUND);
	scene_pass(scene, 100000);
	assert_true(is_closed(asks));
	assert_true(stage->empty);
	close(asks);
}

static void nobody_was_there(void **state)
{
	struct scene *scene = *state;
	struct stage *stage = scene->more;

	talkers_retire(stage->talkers, on_empty, stage);
	assert_true(talkers_empty(stage->talkers));
}

/* MAP-10: by the name of the map. */
static void forms(void **state)
{
	struct scene *scene = *state;
	int fd = call(scene);

	say(scene, fd, "22:QUERYwithTLSRPT a.test,15:postfix .a.test,8:p a.test,");
	finds(scene, "a.test");
	assert_hears(fd, ENCRYPT NOTFOUND ENCRYPT);
	assert_int_equal(flights_begun(), 1);
	close(fd);
}

/* MAP-04. */
static void tables(void **state)
{
	struct scene *scene = *state;
	int fd = call(scene), other;

	say(scene, fd, "get a.test\nget %41.test\nget .test\nget b%20c\n");
	finds(scene, "a.test");
	assert_hears(fd, "200 encrypt\n200 encrypt\n500 not%20found\n500 not%20found\n");
	say(scene, fd, "get c.test\n");
	flight_fails(flights_find("c.test"), "nobody answers");
	scene_turn(scene);
	assert_hears(fd, "400 nobody%20answers\n");
	say(scene, fd, "put a.test b\n");
	assert_true(is_closed(fd));
	other = call(scene);
	say(scene, other, "get a.te");
	assert_false(is_closed(other));
	say(scene, other, "st\n");
	assert_hears(other, "200 encrypt\n");
	close(fd), close(other);
}

#define STS                                                                                        \
	"\"mta_sts\":{\"mode\":null,\"max_age\":0,\"mx\":[],\"fetched\":0,\"id\":null,"            \
	"\"record_id\":null,\"expires\":0,\"next_look\":0,\"fault\":null,\"detail\":null}"

static void lines(void **state)
{
	struct scene *scene = *state;
	char heard[4096];
	ssize_t count;
	int fd = call(scene);

	say(scene, fd, "A.test\r\n\nb.t");
	flight_fails(flights_find("a.test"), "nobody \"answers\"");
	scene_turn(scene);
	count = recv(fd, heard, sizeof(heard) - 1, 0);
	assert_true(count > 0);
	heard[count] = '\0';
	assert_non_null(strstr(heard, "{\"destination\":\"a.test\",\"domain\":\"example.org\","
	                              "\"outcome\":\"defer\",\"fault\":\"lookup-failed\","
	                              "\"reason\":\"nobody \\\"answers\\\"\","));
	assert_non_null(strstr(heard, STS));
	assert_non_null(strstr(heard, "}\n{\"destination\":null,\"outcome\":\"none\",\"reason\":"
	                              "\"this is no destination that has a policy\"}\n"));
	say(scene, fd, "est\n");
	assert_non_null(flights_find("b.test"));
	close(fd);
}

/* As long as a line without an end. */
static void too_long(void **state)
{
	struct scene *scene = *state;
	char text[10001];
	int fd = call(scene);

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	say(scene, fd, text + 1);
	assert_false(is_closed(fd));
	say(scene, fd, "a");
	assert_true(is_closed(fd));
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_socketmap, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(replies_are_in_the_order_of_requests),
	    TEST(halves_are_no_requests),
	    TEST(nonsense_ends_it),
	    TEST(who_has_said_all_gets_the_rest),
	    TEST(who_goes_away_is_not_waited_for),
	    TEST(many_at_once),
	    TEST(who_does_not_listen_waits),
	    TEST(the_quietest_makes_room),
	    TEST(a_question_on_its_way_is_answered),
	    TEST(that_there_is_no_room_is_said_once_a_minute),
	    TEST(who_waits_is_not_sent_away),
	    cmocka_unit_test_setup_teardown(descriptors_are_a_limit, open_few_files, close_stage),
	    cmocka_unit_test_setup_teardown(descriptors_are_a_limit, open_without_limit,
	                                    close_stage),
	    TEST(no_descriptor_is_left),
	    TEST(retired),
	    TEST(retired_for_good),
	    TEST(nobody_was_there),
	    TEST(forms),
	    cmocka_unit_test_setup_teardown(tables, open_table, close_stage),
	    cmocka_unit_test_setup_teardown(lines, open_json, close_stage),
	    cmocka_unit_test_setup_teardown(too_long, open_json, close_stage),
	};
	return cmocka_run_group_tests_name("gate/policy_talk", tests, NULL, NULL);
}
