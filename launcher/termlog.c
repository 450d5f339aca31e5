/* SPDX-License-Identifier: Apache-2.0 */
#include "launcher/termlog.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/base/cleanup.h"
#include "policy/base/line.h"
#include "policy/base/log.h"

#define USUAL_PATH "/dev/termination-log"

/* As many bytes as Kubernetes reads. */
#define SIZE 4096

static struct {
	const char *path;	/* NULL: nowhere */
	pthread_mutex_t lock;
	char said[SIZE];	/* error messages: the last that fit */
	size_t len;
} termlog = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Each error message comes by here, on its way to stderr. */
static void keep(const char *line, size_t len)
{
	pthread_mutex_lock(&termlog.lock);
	if (len <= SIZE) {
		size_t over = termlog.len + len > SIZE ? termlog.len + len - SIZE : 0;

		memmove(termlog.said, termlog.said + over, termlog.len - over);
		termlog.len -= over;
		memcpy(termlog.said + termlog.len, line, len);
		termlog.len += len;
	}
	pthread_mutex_unlock(&termlog.lock);
}

void termlog_open(const char *path)
{
	struct stat st;

	if (!path && stat(USUAL_PATH, &st) == 0 && S_ISREG(st.st_mode))
		path = USUAL_PATH;
	if (!path)
		return;
	termlog.path = path;
	log_set_tee(keep);
}

static void write_message(const char *text, size_t len)
{
	auto_fd fd = open(termlog.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY,
			  0644);
	ssize_t n = fd < 0 ? -1 : write(fd, text, len);

	if (n < 0) {
		const char *path = termlog.path;

		log_set_tee(NULL);
		log_warn("cannot write the termination log %s: %s", path, strerror(errno));
	}
}

void termlog_failure(void)
{
	if (termlog.path && termlog.len)
		write_message(termlog.said, termlog.len);
}

/* The rules that end a program, which share one signal. */
static void put_rules(struct line *line, const struct policy *policy)
{
	char place[300];
	const char *before = " as by ";
	size_t i;

	for (i = 0; i < policy->call_count; i++) {
		const struct call_rule *rule = &policy->calls[i];

		if (rule->verdict != CALL_KILL)
			continue;
		line_printf(line, "%s%s (%s)", before,
			    rule_place_format(&rule->place, place, sizeof(place)),
			    rule->row->name);
		before = ", ";
	}
}

void termlog_program(const struct session_end *end, const struct policy *policy)
{
	char text[SIZE];
	struct line line;
	bool kills = false;
	size_t i;

	for (i = 0; i < policy->call_count; i++)
		kills |= policy->calls[i].verdict == CALL_KILL;
	if (!termlog.path || !kills || end->code == CLD_EXITED || end->status != SIGSYS)
		return;
	line_init(&line, text, sizeof(text));
	line_puts(&line, "gosup: the program was ended for a system call,");
	put_rules(&line, policy);
	line_puts(&line, "\n");
	write_message(text, line.len);
}
