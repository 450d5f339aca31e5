/* SPDX-License-Identifier: Apache-2.0 */
#include "launcher/exit_map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/names.h"

/* A status from 0 to 255, or a signal by its name. */
static int parse_end(const char *text, size_t len, struct session_end *ret)
{
	char word[32], *end;
	unsigned long n;

	if (!len || len >= sizeof(word))
		return -EINVAL;
	memcpy(word, text, len);
	word[len] = '\0';
	if (word[0] >= '0' && word[0] <= '9') {
		n = strtoul(word, &end, 10);
		*ret = (struct session_end){ CLD_EXITED, (int)n };
		return *end || n > 255 ? -EINVAL : 0;
	}
	*ret = (struct session_end){ CLD_KILLED, signal_by_name(word) };
	return ret->status ? 0 : -EINVAL;
}

int exit_map_parse(struct exit_map *map, const char *text)
{
	const size_t room = sizeof(map->pairs) / sizeof(map->pairs[0]);

	for (;;) {
		size_t len = strcspn(text, ","), from = strcspn(text, "=");
		struct exit_pair pair;

		if (from >= len || map->count == room || parse_end(text, from, &pair.from) ||
		    parse_end(text + from + 1, len - from - 1, &pair.to))
			return -EINVAL;
		map->pairs[map->count++] = pair;
		if (!text[len])
			return 0;
		text += len + 1;
	}
}

static bool fits(struct session_end from, struct session_end end)
{
	bool killed = end.code != CLD_EXITED;

	if (from.code == CLD_EXITED)
		return from.status == (killed ? 128 + end.status : end.status);
	return killed && from.status == end.status;
}

struct session_end exit_map_look_up(const struct exit_map *map, struct session_end end)
{
	for (unsigned i = map->count; i-- > 0;)
		if (fits(map->pairs[i].from, end))
			return map->pairs[i].to;
	return end;
}
