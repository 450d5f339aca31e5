/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_LAUNCHER_EXIT_MAP_H
#define GOSUP_LAUNCHER_EXIT_MAP_H

#include "daemon/session.h"

/* What ends of a program are to look like, by what they are. */
struct exit_map {
	struct exit_pair {
		struct session_end from, to;
	} pairs[64];
	unsigned count;
};

/**
 * exit_map_parse() - add what @text says, as in "143=0,SIGKILL=1,3=SIGTERM".
 * Return: 0 or -EINVAL.
 */
int exit_map_parse(struct exit_map *map, const char *text);

/* What @end is to look like. The last pair that fits counts. A status above 128
 * stands for the signal, too, as in a shell. */
struct session_end exit_map_look_up(const struct exit_map *map, struct session_end end);

#endif
