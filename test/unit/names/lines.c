/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"

static void end_if_over(struct lines *lines)
{
	if (lines->input.fd < 0 && lines->waiting == 0)
		loop_stop(lines->loop);
}

static void hear(struct lines *lines)
{
	char *begin = lines->buffer, *end;

	while ((end = memchr(begin, '\n', lines->length))) {
		*end++ = '\0';
		lines->heard(lines->owner, begin);
		lines->length -= (size_t)(end - begin);
		begin = end;
	}
	memmove(lines->buffer, begin, lines->length);
}

static void on_input(void *owner)
{
	struct lines *lines = owner;
	ptrdiff_t got = 1;

	while (lines->input.fd >= 0 && got > 0) {
		got = stream_read(&lines->input, lines->buffer + lines->length,
		                  sizeof(lines->buffer) - lines->length);
		if (got > 0) {
			lines->length += (size_t)got;
			hear(lines);
		}
	}
	if (got == STREAM_EOF || got == STREAM_BROKEN)
		stream_close(&lines->input);
	end_if_over(lines);
}

int lines_open(struct lines *lines, struct loop *loop, void (*heard)(void *owner, char *line),
               void *owner)
{
	*lines = (struct lines){.loop = loop, .heard = heard, .owner = owner};
	if (stream_open(&lines->input, loop, STDIN_FILENO, on_input, lines) < 0)
		return -1;
	on_input(lines);
	return 0;
}

void lines_print(json_t *line)
{
	json_dumpf(line, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(line);
}

void lines_answer(struct lines *lines, json_t *line)
{
	lines_print(line);
	lines->waiting--;
	end_if_over(lines);
}

const char *argument(char **arguments, const char *name, const char *other)
{
	for (; *arguments; arguments++)
		if (strcmp(*arguments, name) == 0 && arguments[1])
			return arguments[1];
	return other;
}

unsigned argument_number(char **arguments, const char *name)
{
	return (unsigned)strtoul(argument(arguments, name, "0"), NULL, 10);
}
