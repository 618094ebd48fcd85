/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/tape.h"

static struct tape_piece *new_piece(struct tape *tape, enum tape_who who, bool inside)
{
	struct tape_piece *pieces = realloc(tape->pieces, (tape->count + 1) * sizeof(*pieces));

	if (pieces == NULL)
		return NULL;
	tape->pieces = pieces;
	pieces[tape->count] = (struct tape_piece){.who = who, .inside = inside};
	return &pieces[tape->count++];
}

static struct tape_piece *piece_for(struct tape *tape, enum tape_who who, bool inside)
{
	struct tape_piece *last = tape->count > 0 ? &tape->pieces[tape->count - 1] : NULL;

	if (last != NULL && last->who == who && last->inside == inside && who != TAPE_NOTE)
		return last;
	return new_piece(tape, who, inside);
}

void tape_add(struct tape *tape, enum tape_who who, bool inside, const void *bytes, size_t count)
{
	struct tape_piece *piece;
	char *grown;

	if (count > TAPE_ROOM - tape->bytes) {
		count = TAPE_ROOM - tape->bytes;
		tape->full = true;
	}
	piece = count > 0 ? piece_for(tape, who, inside) : NULL;
	if (piece == NULL)
		return;
	grown = realloc(piece->bytes, piece->count + count + 1);
	if (grown == NULL) {
		tape->full = true;
		return;
	}
	memcpy(grown + piece->count, bytes, count);
	piece->bytes = grown;
	piece->count += count;
	piece->bytes[piece->count] = '\0';
	tape->bytes += count;
}

void tape_note(struct tape *tape, bool inside, const char *text)
{
	tape_add(tape, TAPE_NOTE, inside, text, strlen(text));
}

void tape_free(struct tape *tape)
{
	for (size_t i = 0; i < tape->count; i++)
		free(tape->pieces[i].bytes);
	free(tape->pieces);
	*tape = (struct tape){0};
}

/* ---- for a person ---- */

static bool is_printable(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f;
}

void tape_escape(char *out, size_t size, const char *bytes, size_t count)
{
	size_t length = 0;

	for (size_t i = 0; i < count && length + 5 < size; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if (is_printable(byte))
			out[length++] = (char)byte;
		else
			length += (size_t)snprintf(out + length, size - length, "\\x%02x", byte);
	}
	out[length] = '\0';
}

/* A protocol of lines says printable things and line ends, apart from UTF-8; an
 * escape character in it is somebody's joke and shown as such. */
static bool is_text(const struct tape_piece *piece)
{
	for (size_t i = 0; i < piece->count; i++) {
		unsigned char byte = (unsigned char)piece->bytes[i];

		if (byte < 0x20 && byte != '\r' && byte != '\n' && byte != '\t' && byte != 0x1b)
			return false;
	}
	return (unsigned char)piece->bytes[0] < 0x80;
}

#define HEX_OCTETS 24

static void hex_line(const struct tape_piece *piece, size_t *at, char *line, size_t size)
{
	size_t length = 0;

	for (size_t i = 0; i < HEX_OCTETS && *at < piece->count && length + 3 < size; i++)
		length += (size_t)snprintf(line + length, size - length, i > 0 ? " %02x" : "%02x",
		                           (unsigned char)piece->bytes[(*at)++]);
}

bool tape_line(const struct tape_piece *piece, size_t *at, char *line, size_t size)
{
	const char *begin = piece->bytes + *at, *end;
	size_t count;

	if (*at >= piece->count)
		return false;
	if (!is_text(piece)) {
		hex_line(piece, at, line, size);
		return true;
	}
	end = memchr(begin, '\n', piece->count - *at);
	count = end != NULL ? (size_t)(end - begin) : piece->count - *at;
	*at += count + (end != NULL);
	if (count > 0 && begin[count - 1] == '\r')
		count--;
	tape_escape(line, size, begin, count);
	return true;
}
