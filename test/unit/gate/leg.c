/* SPDX-License-Identifier: ISC */
/*
 * The connection to the service; the test plays the service, on a socket of its
 * own.  (With TLS: test/interop.)
 */
#include "../loop/pair.h"

#include "gate/leg.h"
#include "loop/listen.h"
#include "loop/timer.h"

struct scene {
	struct loop *loop;
	struct timer *tick;
	int listener;
	struct backend_place place;
	struct backend backend;
	struct leg leg;
	int service; /* what the leg has connected to */
};

static void wake(void *owner)
{
	loop_stop(((struct scene *)owner)->loop);
}

static int bind_loopback(struct address_socket *socket)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = listen_socket((struct sockaddr *)&address, sizeof(address));

	socket->length = sizeof(socket->storage);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&socket->storage, &socket->length), 0);
	return fd;
}

static int open_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	scene->loop = loop_create();
	scene->tick = timer_open(scene->loop, wake, scene);
	scene->listener = bind_loopback(&scene->place.socket);
	scene->backend = (struct backend){.protocol = STLS_SMTP, .hostname = "gate.example.org"};
	scene->service = -1;
	*state = scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	leg_close(&scene->leg);
	assert_int_equal(scene->place.legs, 0);
	assert_int_equal(pool_lent(loop_pool(scene->loop)), 0);
	timer_close(scene->tick);
	loop_free(scene->loop);
	close(scene->listener);
	if (scene->service >= 0)
		close(scene->service);
	free(scene);
	return 0;
}

static void start(struct scene *scene, const struct leg_order *order)
{
	leg_open(&scene->leg, scene->loop, &scene->backend, &scene->place, order, wake, scene);
	assert_int_equal(scene->place.legs, 1);
}

/* Runs the leg until it says something else than LEG_WAITS, or nothing happens. */
static enum leg_state run(struct scene *scene)
{
	enum leg_state state = leg_run(&scene->leg);

	for (int quiet = 0; state == LEG_WAITS && quiet < 10; quiet++) {
		timer_set(scene->tick, 5);
		loop_run(scene->loop);
		state = leg_run(&scene->leg);
	}
	return state;
}

static void take_call(struct scene *scene)
{
	run(scene);
	scene->service = accept(scene->listener, NULL, NULL);
	assert_true(scene->service >= 0);
}

static void say(struct scene *scene, const char *text)
{
	assert_int_equal(write(scene->service, text, strlen(text)), strlen(text));
}

static void expect(struct scene *scene, const char *text)
{
	char bytes[256];
	ssize_t n = recv(scene->service, bytes, sizeof(bytes), 0);

	assert_int_equal(n, strlen(text));
	assert_memory_equal(bytes, text, strlen(text));
}

static void expect_nothing(struct scene *scene)
{
	char byte;

	assert_int_equal(recv(scene->service, &byte, 1, MSG_DONTWAIT), -1);
}

/* A greeting in two pieces, and what no service has to say yet. */
static void greet_and_go_on(struct scene *scene, const struct leg_order *order)
{
	start(scene, order);
	take_call(scene);
	say(scene, "220-one\r\n22");
	assert_int_equal(run(scene), LEG_WAITS);
	say(scene, "0 two\r\n250 early");
	assert_int_equal(run(scene), LEG_READY);
}

static void expect_unread(const struct scene *scene, const char *text)
{
	size_t count;
	const char *unread = talk_unread(&scene->leg.talk, &count);

	assert_int_equal(count, strlen(text));
	assert_memory_equal(unread, text, count);
}

static void greeting_is_swallowed_and_not_a_byte_more(void **state)
{
	struct scene *scene = *state;
	const struct leg_order order = {.goal = STLS_GREET};

	greet_and_go_on(scene, &order);
	expect_unread(scene, "250 early");
	expect_nothing(scene);
}

static void header_comes_first_and_in_one_piece(void **state)
{
	struct scene *scene = *state;
	static const char header[] = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n";
	const struct leg_order order = {
	    .goal = STLS_UPGRADE, .header = header, .length = sizeof(header) - 1};

	start(scene, &order);
	assert_int_equal(run(scene), LEG_READY); /* nothing is waited for */
	take_call(scene);
	expect(scene, header);
	expect_nothing(scene);
}

static void list_is_asked_for_under_the_name_that_is_given(void **state)
{
	struct scene *scene = *state;
	const struct leg_order order = {.goal = STLS_LIST, .name = "client.example.net"};

	start(scene, &order);
	take_call(scene);
	expect_nothing(scene); /* lockstep: the greeting comes first */
	say(scene, "220 mx\r\n");
	run(scene);
	expect(scene, "EHLO client.example.net\r\n");
	say(scene, "250-mx\r\n250-SIZE 9\r\n250 8BITMIME\r\n");
	assert_int_equal(run(scene), LEG_READY);
	assert_string_equal(stls_capability(scene->leg.talk.dialogue, 0), "SIZE 9");
}

static void refusing_service_fails_the_leg(void **state)
{
	struct scene *scene = *state;
	const struct leg_order order = {.goal = STLS_GREET};

	start(scene, &order);
	take_call(scene);
	say(scene, "554 not today\r\n");
	assert_int_equal(run(scene), LEG_FAILED);
	assert_int_equal(scene->leg.fault, STLS_FAULT_UNWELCOME);
}

static void closing_service_fails_the_leg(void **state)
{
	struct scene *scene = *state;
	const struct leg_order order = {.goal = STLS_GREET};

	start(scene, &order);
	take_call(scene);
	say(scene, "220 half");
	shutdown(scene->service, SHUT_WR);
	assert_int_equal(run(scene), LEG_FAILED);
	assert_int_equal(scene->leg.fault, STLS_FAULT_CLOSED);
}

/* STARTTLS is demanded of a service that says next what it offers. */
static void go_up_to_the_list(struct scene *scene)
{
	const struct leg_order order = {.goal = STLS_UPGRADE};

	scene->backend.tls = BACKEND_STARTTLS;
	start(scene, &order);
	take_call(scene);
	say(scene, "220 mx\r\n");
	run(scene);
	expect(scene, "EHLO gate.example.org\r\n");
}

/* CORE-17: no STARTTLS where the configuration has it, no connection. */
static void vanished_offer_is_never_a_downgrade(void **state)
{
	struct scene *scene = *state;

	go_up_to_the_list(scene);
	say(scene, "250-mx\r\n250 SIZE 9\r\n");
	assert_int_equal(run(scene), LEG_FAILED);
	assert_int_equal(scene->leg.fault, STLS_FAULT_NOT_OFFERED);
	expect_nothing(scene);
}

/* CORE-04: what is behind the go-ahead was put there by somebody. */
static void plaintext_behind_the_go_ahead_ends_it(void **state)
{
	struct scene *scene = *state;

	go_up_to_the_list(scene);
	say(scene, "250-mx\r\n250 STARTTLS\r\n");
	run(scene);
	expect(scene, "STARTTLS\r\n");
	say(scene, "220 go\r\n250 injected\r\n");
	assert_int_equal(run(scene), LEG_FAILED);
	assert_int_equal(scene->leg.fault, STLS_FAULT_INJECTED);
	expect_nothing(scene);
}

/* Patience is for all of it, and a leg that has been given up stays given up. */
static void silence_fails_the_leg(void **state)
{
	struct scene *scene = *state;
	const struct leg_order order = {.goal = STLS_GREET, .patience = 30};

	start(scene, &order);
	take_call(scene);
	timer_set(scene->tick, 200);
	loop_run(scene->loop);
	assert_int_equal(run(scene), LEG_FAILED);
	assert_int_equal(scene->leg.fault, STLS_FAULT_TIMEOUT);
	say(scene, "220 at last\r\n");
	assert_int_equal(run(scene), LEG_FAILED);
}

static void patience_ends_with_success(void **state)
{
	struct scene *scene = *state;
	const struct leg_order order = {.goal = STLS_GREET, .patience = 400};

	start(scene, &order);
	take_call(scene);
	say(scene, "220 in time\r\n");
	assert_int_equal(run(scene), LEG_READY);
	timer_set(scene->tick, 500);
	loop_run(scene->loop);
	assert_int_equal(run(scene), LEG_READY);
}

/* What was heard of the greeting, and what came behind it, is all there for the client. */
static void greeting_is_left_for_the_client(void **state)
{
	struct scene *scene = *state;
	const struct leg_order order = {.goal = STLS_GREET, .leave_greeting = true};

	greet_and_go_on(scene, &order);
	expect_unread(scene, "220-one\r\n220 two\r\n250 early");
}

static void refusal_is_no_greeting_to_be_left(void **state)
{
	struct scene *scene = *state;
	const struct leg_order order = {.goal = STLS_GREET, .leave_greeting = true};

	start(scene, &order);
	take_call(scene);
	say(scene, "421 too many\r\n");
	assert_int_equal(run(scene), LEG_FAILED);
	assert_int_equal(scene->leg.fault, STLS_FAULT_UNWELCOME);
}

/* IMAP-S-08: inside the client's TLS this is in order, and the client's to judge. */
static void preauthentication_is_left_for_the_client(void **state)
{
	struct scene *scene = *state;
	const struct leg_order order = {.goal = STLS_GREET, .leave_greeting = true};
	size_t count;

	scene->backend.protocol = STLS_IMAP;
	start(scene, &order);
	take_call(scene);
	say(scene, "* PREAUTH you are root\r\n");
	assert_int_equal(run(scene), LEG_READY);
	talk_unread(&scene->leg.talk, &count);
	assert_int_equal(count, 24);
}

static void greeting_without_end_fails_the_leg(void **state)
{
	struct scene *scene = *state;
	const struct leg_order order = {.goal = STLS_GREET, .leave_greeting = true};
	enum leg_state state_now = LEG_WAITS;

	start(scene, &order);
	take_call(scene);
	for (int i = 0; i < 4096 && state_now == LEG_WAITS; i++) {
		say(scene, "220-and on\r\n");
		if (i % 64 == 0)
			state_now = run(scene);
	}
	assert_int_equal(state_now, LEG_FAILED);
}

static void nobody_there_fails_the_leg(void **state)
{
	struct scene *scene = *state;
	const struct leg_order order = {.goal = STLS_GREET};

	close(bind_loopback(&scene->place.socket));
	start(scene, &order);
	assert_int_equal(run(scene), LEG_FAILED);
	assert_int_equal(scene->leg.fault, STLS_FAULT_CONNECT);
	assert_string_equal(scene->leg.detail, strerror(ECONNREFUSED));
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    SCENE(greeting_is_swallowed_and_not_a_byte_more),
	    SCENE(header_comes_first_and_in_one_piece),
	    SCENE(list_is_asked_for_under_the_name_that_is_given),
	    SCENE(refusing_service_fails_the_leg),
	    SCENE(closing_service_fails_the_leg),
	    SCENE(vanished_offer_is_never_a_downgrade),
	    SCENE(plaintext_behind_the_go_ahead_ends_it),
	    SCENE(silence_fails_the_leg),
	    SCENE(patience_ends_with_success),
	    SCENE(greeting_is_left_for_the_client),
	    SCENE(refusal_is_no_greeting_to_be_left),
	    SCENE(preauthentication_is_left_for_the_client),
	    SCENE(greeting_without_end_fails_the_leg),
	    SCENE(nobody_there_fails_the_leg),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
