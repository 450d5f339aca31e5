/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gosup probe, gosup reload, gosup status: clients of a run's control socket.
 * They need neither a shell nor a library, so they can be probes in a container
 * that has nothing but gosup and the program.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/control.h"
#include "launcher/commands.h"
#include "policy/base/cleanup.h"
#include "policy/base/log.h"
#include "policy/names.h"

struct control_options {
	const char *control;
	unsigned timeout;
};

static int parse_timeout(const char *arg, unsigned *ret)
{
	char *end;
	unsigned long seconds;

	errno = 0;
	seconds = strtoul(arg, &end, 10);
	if (errno || end == arg || *end || !seconds || seconds > 86400) {
		log_error("--timeout=%s: not a number of seconds from 1 to 86400", arg);
		return -EINVAL;
	}
	*ret = (unsigned)seconds;
	return 0;
}

static int parse_options(const struct command *self, int argc, char **argv,
			 struct control_options *ret)
{
	int c, err = 0;

	*ret = (struct control_options){ .timeout = 5 };
	while (!err && (c = command_getopt(self, argc, argv)) != -1) {
		switch (c) {
		case 'c':
			ret->control = optarg;
			break;
		case 'T':
			err = parse_timeout(optarg, &ret->timeout);
			break;
		default:
			err = -EINVAL;
		}
	}
	if (!err && !command_takes_no_more(self, argc, argv))
		err = -EINVAL;
	if (!err && !ret->control) {
		log_error("which run? give --control as you did to gosup run");
		err = -EINVAL;
	}
	return err;
}

/* Send the request and read one line. Return: its length or a negative errno,
 * which has been told. */
static ssize_t talk(const struct control_options *opt, enum control_request request,
		    char reply[CONTROL_SIZE])
{
	struct diag diag = { .line = 0 };
	auto_fd fd = control_connect(opt->control, opt->timeout, &diag);
	char text[64];
	size_t len = 0;
	ssize_t n;

	if (fd < 0) {
		log_error("%s", diag.message);
		return fd;
	}
	n = snprintf(text, sizeof(text), "{\"request\": \"%s\"}\n", control_word(request));
	/* If it has closed already, it may have said why. */
	n = send(fd, text, (size_t)n, MSG_NOSIGNAL) > 0 || errno == EPIPE ? 1 : -1;
	while (n > 0 && len < CONTROL_SIZE && !memchr(reply, '\n', len)) {
		n = recv(fd, reply + len, CONTROL_SIZE - len, 0);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n > 0)
		return (ssize_t)len;
	log_error("no answer from gosup at %s: %s", opt->control, n == 0 ?
		  "it closed the connection" : errno == EAGAIN ? "too late" : strerror(errno));
	return n < 0 ? -errno : -EPIPE;
}

/* Return: the reply, or NULL, and why has been told. */
static json_t *ask(const struct control_options *opt, enum control_request request)
{
	char reply[CONTROL_SIZE];
	ssize_t len = talk(opt, request, reply);
	json_error_t error;
	json_t *root;
	const char *text;

	if (len < 0)
		return NULL;
	root = json_loadb(reply, (size_t)len, 0, &error);
	if (!root) {
		log_error("gosup at %s gave an answer that is no JSON: %s", opt->control,
			  error.text);
		return NULL;
	}
	text = json_string_value(json_object_get(root, "error"));
	if (!text && json_is_boolean(json_object_get(root, "ok")))
		return root;
	log_error("gosup at %s: %s", opt->control, text ? text : "an answer without \"ok\"");
	json_decref(root);
	return NULL;
}

/* Whether the answer is yes; if not, @ret_why. */
static bool is_ok(const json_t *reply, const char **ret_why)
{
	*ret_why = json_string_value(json_object_get(reply, "why"));
	if (!*ret_why)
		*ret_why = "it does not say why";
	return json_is_true(json_object_get(reply, "ok"));
}

static const char *probe_candidate(void *arg, size_t i)
{
	(void)arg;
	return i <= CONTROL_LIVE ? control_word((enum control_request)i) : NULL;
}

static int find_probe(const char *word, enum control_request *ret)
{
	const char *near;
	size_t i;

	for (i = 0; probe_candidate(NULL, i); i++) {
		if (!strcmp(word, probe_candidate(NULL, i))) {
			*ret = (enum control_request)i;
			return 0;
		}
	}
	near = nearest_name(word, probe_candidate, NULL);
	if (near)
		log_error("there is no probe \"%s\" (did you mean \"%s\"?)", word, near);
	else
		log_error("there is no probe \"%s\": the probes are started, ready and live",
			  word);
	return -EINVAL;
}

int cmd_probe(const struct command *self, int argc, char **argv)
{
	struct control_options opt;
	enum control_request what = CONTROL_READY;
	const char *word = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
	const char *why;
	json_t *reply;
	bool yes;

	if (word && find_probe(word, &what) < 0)
		return EXIT_GOSUP;
	if (parse_options(self, argc - !!word, argv + !!word, &opt) < 0)
		return EXIT_GOSUP;
	if (!word) {
		log_error("probe what? usage: gosup probe %s", self->arguments);
		return EXIT_GOSUP;
	}
	reply = ask(&opt, what);
	if (!reply)
		return EXIT_GOSUP;
	yes = is_ok(reply, &why);
	if (yes)
		printf("%s\n", word);
	else
		printf("not %s: %s\n", word, why);
	json_decref(reply);
	return yes ? EXIT_SUCCESS : EXIT_FAILURE;
}

int cmd_reload(const struct command *self, int argc, char **argv)
{
	struct control_options opt;
	const char *why;
	json_t *reply;
	bool yes;

	if (parse_options(self, argc, argv, &opt) < 0)
		return EXIT_GOSUP;
	reply = ask(&opt, CONTROL_RELOAD);
	if (!reply)
		return EXIT_GOSUP;
	yes = is_ok(reply, &why);
	if (!yes)
		log_error("the policy stays as it is: %s", why);
	json_decref(reply);
	return yes ? EXIT_SUCCESS : EXIT_FAILURE;
}

int cmd_status(const struct command *self, int argc, char **argv)
{
	struct control_options opt;
	json_t *reply;

	if (parse_options(self, argc, argv, &opt) < 0)
		return EXIT_GOSUP;
	reply = ask(&opt, CONTROL_STATUS);
	if (!reply)
		return EXIT_GOSUP;
	json_object_del(reply, "ok");
	json_dumpf(reply, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(reply);
	return EXIT_SUCCESS;
}
