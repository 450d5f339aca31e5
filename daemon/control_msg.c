/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/control_msg.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/base/line.h"
#include "policy/names.h"

static const char *const words[] = {
	[CONTROL_STARTED] = "started", [CONTROL_READY] = "ready",
	[CONTROL_LIVE] = "live", [CONTROL_RELOAD] = "reload",
	[CONTROL_STATUS] = "status", NULL
};

#define REQUESTS "started, ready, live, reload and status"

const char *control_word(enum control_request request)
{
	return words[request];
}

bool control_is_probe(enum control_request request)
{
	return request == CONTROL_STARTED || request == CONTROL_READY ||
	       request == CONTROL_LIVE;
}

static int find_word(const char *word, size_t len, enum control_request *ret)
{
	for (int i = 0; i < CONTROL_REQUEST_COUNT_; i++) {
		if (strlen(words[i]) == len && memcmp(words[i], word, len) == 0) {
			*ret = (enum control_request)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int unknown_word(const char *word, struct diag *diag)
{
	const char *near = nearest_name(word, strings_candidate, (void *)words);

	if (near)
		return diag_set(diag, -EINVAL, "no request is called \"%.64s\" (did you "
				"mean \"%s\"?)", word, near);
	return diag_set(diag, -EINVAL, "no request is called \"%.64s\"; there are "
			REQUESTS, word);
}

static int parse_object(const json_t *root, enum control_request *ret, struct diag *diag)
{
	const json_t *request;
	const char *key, *word;
	json_t *value;

	if (!json_is_object(root))
		return diag_set(diag, -EINVAL, "a request is an object such as "
				"{\"request\": \"ready\"}");
	json_object_foreach((json_t *)root, key, value)
		if (strcmp(key, "request") != 0)
			return diag_set(diag, -EINVAL, "unknown key \"%.64s\"; the only "
					"one is \"request\"", key);
	request = json_object_get(root, "request");
	word = json_string_value(request);
	if (!word)
		return diag_set(diag, -EINVAL, request ? "\"request\" must be a string" :
				"there is no \"request\" in it; write {\"request\": "
				"\"ready\"}");
	if (find_word(word, strlen(word), ret) < 0)
		return unknown_word(word, diag);
	return 0;
}

int control_parse(const char *line, size_t len, enum control_request *ret,
		  struct diag *diag)
{
	json_error_t error;
	json_t *root = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	int err;

	if (!root)
		return diag_set(diag, -EINVAL, "not JSON: %s, at column %d; write "
				"{\"request\": \"ready\"}", error.text, error.column);
	err = parse_object(root, ret, diag);
	json_decref(root);
	return err;
}

int control_parse_http(const char *head, size_t len, enum control_request *ret,
		       int *ret_status, struct diag *diag)
{
	const char *line_end = memchr(head, '\r', len);
	const char *path = memchr(head, ' ', len), *end;
	size_t n;

	*ret_status = 400;
	if (!line_end || !path || path > line_end || path[1] != '/')
		return diag_set(diag, -EINVAL, "not a request of HTTP");
	if (path - head != 3 || memcmp(head, "GET", 3) != 0) {
		*ret_status = 405;
		return diag_set(diag, -EINVAL, "probes are asked for with GET");
	}
	path += 2;
	end = memchr(path, ' ', (size_t)(line_end - path));
	if (!end || line_end - end < 6 || memcmp(end + 1, "HTTP/", 5) != 0)
		return diag_set(diag, -EINVAL, "not a request of HTTP/1");
	n = (size_t)(end - path);
	*ret_status = 404;
	if (find_word(path, n, ret) < 0 || !control_is_probe(*ret))
		return diag_set(diag, -EINVAL, "the probes are /started, /ready and "
				"/live");
	return 0;
}

/* Of a text; each byte may become six. */
#define ANSWER_TEXT 640

static size_t put(char *buf, const char *head, const char *text, const char *tail)
{
	struct line line;

	line_init(&line, buf, CONTROL_SIZE);
	line_puts(&line, head);
	if (text)
		line_put_json(&line, text, strnlen(text, ANSWER_TEXT));
	line_puts(&line, tail);
	return line.len;
}

size_t control_put_answer(char *buf, bool ok, const char *why)
{
	return ok ? put(buf, "{\"ok\": true}", NULL, "\n") :
		    put(buf, "{\"ok\": false, \"why\": \"", why, "\"}\n");
}

size_t control_put_error(char *buf, const char *error)
{
	return put(buf, "{\"error\": \"", error, "\"}\n");
}

size_t control_put_http(char *buf, size_t size, int status, size_t length)
{
	const char *text = status == 200 ? "OK" :
			   status == 503 ? "Service Unavailable" :
			   status == 404 ? "Not Found" :
			   status == 405 ? "Method Not Allowed" : "Bad Request";
	int n = snprintf(buf, size, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n"
			 "Content-Length: %zu\r\nConnection: close\r\n\r\n", status, text,
			 length);

	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}
