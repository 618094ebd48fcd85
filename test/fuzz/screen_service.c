/* SPDX-License-Identifier: ISC */
#include <string.h>
#include <strings.h>

#include "screen_service.h"

unsigned service_toss(struct service *service)
{
	service->luck = service->luck * 1103515245 + 12345;
	return service->luck >> 16 & 0xff;
}

void service_reply(struct service *service, const char *text)
{
	size_t length = strlen(text);

	require(service->said + length < PIPE_ROOM);
	memcpy(service->replies + service->said, text, length);
	service->said += length;
}

int service_is_verb(const char *line, const char *verb)
{
	size_t length = strlen(verb);

	return strncasecmp(line, verb, length) == 0 && strchr(" \t\v\f", line[length]) != NULL;
}

int service_hears_line(struct service *service, char octet)
{
	int ends =
	    octet == '\n' && service->length > 0 && service->line[service->length - 1] == '\r';

	service->length -= ends != 0;
	if (!ends && !(service->forgiving && octet == '\n')) {
		if (service->length < SERVICE_LINE - 1)
			service->line[service->length++] = octet;
		return 0;
	}
	service->line[service->length] = '\0';
	service->length = 0;
	return 1;
}

static void hear(struct service *service, const struct pipe *pipe)
{
	while (!service->deaf && service->heard < pipe->length[SCREEN_SERVICE])
		service->hear(service, pipe->sent[SCREEN_SERVICE][service->heard++]);
}

/* The service says what it has to say, in one go or octet by octet. */
static void answer(struct service *service, struct pipe *pipe)
{
	while (service->said > 0 && !pipe->closed) {
		size_t count = service->luck & 1 ? 1 : service->said;

		pipe_say(pipe, SCREEN_SERVICE, service->replies, count);
		service->said -= count;
		memmove(service->replies, service->replies + count, service->said);
		hear(service, pipe);
	}
}

void service_talk(struct service *service, struct pipe *pipe, const uint8_t *said, size_t count)
{
	for (size_t i = 0; i < count && !pipe->closed; i++) {
		if (said[i] != SERVICE_TURN)
			pipe_say(pipe, SCREEN_CLIENT, said + i, 1);
		hear(service, pipe);
		if (said[i] == SERVICE_TURN)
			answer(service, pipe);
	}
	answer(service, pipe);
	if (pipe->closed)
		return;
	require(memchr(pipe->view[SCREEN_CLIENT], '\n', pipe->viewed[SCREEN_CLIENT]) == NULL);
	require(pipe->viewed[SCREEN_SERVICE] == 0);
}
