/* SPDX-License-Identifier: Apache-2.0 */
/*
 * At the exec stop the instruction pointer is where execution will start: in
 * the loader, if the program has one (load_elf_binary() in fs/binfmt_elf.c).
 * /proc/PID/maps tells which file that is. (AT_BASE would not do: it is 0 for
 * a loader with a fixed address.)
 */
#include "emul/exec_image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emul/arch.h"
#include "policy/base/cleanup.h"

static int open_proc(pid_t pid, const char *name)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* proc_pid_maps(5): newlines in names are written as \012. */
static void unescape(char *text)
{
	char *to = text;

	while (*text) {
		if (!strncmp(text, "\\012", 4)) {
			*to++ = '\n';
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

static int name_at(FILE *maps, uint64_t addr, char *path, size_t size)
{
	auto_free char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, maps) > 0) {
		uint64_t start, end;
		int name = 0;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*s %*s %*s %n", &start, &end, &name) < 2 ||
		    addr < start || addr >= end)
			continue;
		if (!name || line[name] != '/' || strlen(line + name) >= size)
			return -ENOENT;
		strcpy(path, line + name);
		unescape(path);
		return 0;
	}
	return -ENOENT;
}

int exec_image_start(pid_t pid, char *path, size_t size)
{
	uint64_t start;
	int err = arch_instruction_pointer(pid, &start);
	FILE *maps;
	int fd;

	if (err)
		return err;
	fd = open_proc(pid, "maps");
	maps = fd < 0 ? NULL : fdopen(fd, "r");
	if (!maps) {
		err = -errno;
		close_fd(fd);
		return err;
	}
	err = name_at(maps, start, path, size);
	fclose(maps);
	return err;
}
