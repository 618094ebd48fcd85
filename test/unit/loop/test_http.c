/* SPDX-License-Identifier: ISC */
/* The small HTTP server: who is answered, who is not waited for, and its end. */
#include "pair.h"

#include "loop/http.h"
#include "loop/loop.h"
#include "loop/timer.h"

#define HELD 32 /* connections at once */
#define REQUEST "GET /a HTTP/1.1\r\nHost: b\r\n\r\n"

struct scene {
	struct loop *loop;
	struct timer *limit;
	struct http *http;
	struct sockaddr_in address;
	size_t size; /* of the answer */
	int asked, empty;
};

static void stop(void *owner)
{
	loop_stop(((struct scene *)owner)->loop);
}

static void on_asked(void *owner, const struct http_request *request, struct http_answer *answer)
{
	struct scene *scene = owner;

	scene->asked++;
	if (!http_text_is(request->path, "/a")) {
		answer->status = 404;
		return;
	}
	answer->type = "text/plain";
	answer->length = scene->size;
	answer->body = malloc(scene->size + 1);
	memset(answer->body, 'x', scene->size);
}

static void on_troubled(void *owner, int error)
{
	(void)owner;
	fail_msg("%s", strerror(error));
}

static void on_empty(void *owner)
{
	((struct scene *)owner)->empty++;
}

static int open_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	const struct http_acts acts = {on_asked, on_troubled, on_empty, scene};
	socklen_t length = sizeof(scene->address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	scene->size = 5;
	scene->address =
	    (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(bind(fd, (struct sockaddr *)&scene->address, length), 0);
	assert_int_equal(listen(fd, 128), 0);
	getsockname(fd, (struct sockaddr *)&scene->address, &length);
	scene->loop = loop_create();
	scene->limit = timer_open(scene->loop, stop, scene);
	scene->http = http_open(scene->loop, &fd, 1, &acts);
	assert_non_null(scene->http);
	*state = scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	http_close(scene->http);
	timer_close(scene->limit);
	loop_free(scene->loop);
	free(scene);
	return 0;
}

static void turn(struct scene *scene)
{
	timer_set(scene->limit, 50);
	loop_run(scene->loop);
}

static int call(const struct scene *scene)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&scene->address, sizeof(scene->address)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static bool has_something(int fd)
{
	struct pollfd one = {.fd = fd, .events = POLLIN};

	return poll(&one, 1, 0) > 0;
}

/* All that comes until the server closes; how many bytes. */
static size_t hear(struct scene *scene, int fd, char *text, size_t room)
{
	size_t length = 0;
	ssize_t n = 1;

	for (int turns = 0; n > 0 && turns < 1000; turns++) {
		while (!has_something(fd))
			turn(scene);
		n = read(fd, text + length, room - 1 - length);
		assert_true(n >= 0);
		length += (size_t)n;
	}
	text[length] = '\0';
	return length;
}

static void answers_and_closes(void **state)
{
	struct scene *scene = *state;
	char text[1024];
	int fd = call(scene);

	say(fd, "GET /a HT");
	turn(scene);
	assert_false(has_something(fd));
	say(fd, "TP/1.1\r\nHost: b\r\n\r\n");
	hear(scene, fd, text, sizeof(text));
	assert_int_equal(strncmp(text, "HTTP/1.1 200 OK\r\nDate: ", 23), 0);
	assert_non_null(strstr(text, "\r\nContent-Length: 5\r\n"));
	assert_non_null(strstr(text, "\r\n\r\nxxxxx"));
	close(fd);
	fd = call(scene);
	say(fd, "PUT /a HTTP/1.1\r\nHost: b\r\n\r\n");
	hear(scene, fd, text, sizeof(text));
	assert_int_equal(strncmp(text, "HTTP/1.1 405 ", 13), 0);
	assert_int_equal(scene->asked, 1); /* what is not GET or HEAD does not get so far */
	close(fd);
}

/* More than fits into the socket's buffers, for a client that does not read yet. */
static void long_answers_are_whole(void **state)
{
	struct scene *scene = *state;
	size_t size = 20000000, room = size + 1024;
	char *text = malloc(room), *body;
	int fd = call(scene);

	scene->size = size;
	say(fd, REQUEST);
	turn(scene);
	hear(scene, fd, text, room);
	body = strstr(text, "\r\n\r\n");
	assert_non_null(body);
	assert_int_equal(strlen(body + 4), size);
	close(fd);
	free(text);
}

static void who_was_first_gives_way(void **state)
{
	struct scene *scene = *state;
	int held[HELD], last;
	char text[1024];

	for (int i = 0; i < HELD; i++) {
		held[i] = call(scene);
		turn(scene);
	}
	assert_false(has_something(held[0]));
	last = call(scene);
	say(last, REQUEST);
	hear(scene, last, text, sizeof(text));
	assert_int_equal(strncmp(text, "HTTP/1.1 200 ", 13), 0);
	assert_true(has_something(held[0])); /* its end */
	assert_int_equal(read(held[0], text, 1), 0);
	say(held[1], REQUEST);
	hear(scene, held[1], text, sizeof(text));
	assert_int_equal(strncmp(text, "HTTP/1.1 200 ", 13), 0);
	for (int i = 0; i < HELD; i++)
		close(held[i]);
	close(last);
}

/* Retired, it answers whoever is there, and then tells. */
static void retires_in_peace(void **state)
{
	struct scene *scene = *state;
	int fd = call(scene), late = call(scene);
	char text[1024];

	say(fd, "GET /a");
	turn(scene);
	http_retire(scene->http);
	turn(scene);
	assert_int_equal(scene->empty, 0);
	say(fd, " HTTP/1.0\r\n\r\n");
	hear(scene, fd, text, sizeof(text));
	assert_int_equal(strncmp(text, "HTTP/1.1 200 ", 13), 0);
	close(fd);
	close(late);
	turn(scene);
	assert_int_equal(scene->empty, 1);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&scene->address, sizeof(scene->address)),
	                 -1);
	close(fd);
}

static void retires_at_once(void **state)
{
	struct scene *scene = *state;

	http_retire(scene->http);
	assert_int_equal(scene->empty, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(answers_and_closes, open_scene, close_scene),
	    cmocka_unit_test_setup_teardown(long_answers_are_whole, open_scene, close_scene),
	    cmocka_unit_test_setup_teardown(who_was_first_gives_way, open_scene, close_scene),
	    cmocka_unit_test_setup_teardown(retires_in_peace, open_scene, close_scene),
	    cmocka_unit_test_setup_teardown(retires_at_once, open_scene, close_scene),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
