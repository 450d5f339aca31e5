/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_CONTROL_MSG_H
#define GOSUP_DAEMON_CONTROL_MSG_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/base/error.h"

/*
 * The language of the control socket. A request is a line with one JSON object,
 * {"request": "ready"}; so is the reply:
 *
 *   {"ok": true}                      yes, or done
 *   {"ok": false, "why": "..."}       no, or not done
 *   {"error": "..."}                  the request was none
 *
 * Where probes come from a network, HTTP is understood as well: GET /ready is
 * answered 200 or 503, with the same object.
 */

#define CONTROL_SIZE	4096	/* bytes of a request or a reply, with the newline */

enum control_request {
	CONTROL_STARTED,	/* is the program running? */
	CONTROL_READY,		/* does it serve? */
	CONTROL_LIVE,		/* are its calls being served? */
	CONTROL_RELOAD,		/* read the policy again */
	CONTROL_STATUS,		/* what there is to say */
	CONTROL_REQUEST_COUNT_
};

/* Return: the word for @request: "started", ... */
const char *control_word(enum control_request request);

/* Whether @request only asks, and has yes or no for an answer. */
bool control_is_probe(enum control_request request);

/**
 * control_parse() - read a request.
 * @line: without its newline; need not be terminated
 * @diag: what is wrong with it, on failure
 * Return: 0 or -EINVAL.
 */
int control_parse(const char *line, size_t len, enum control_request *ret,
		  struct diag *diag);

/**
 * control_parse_http() - read the head of an HTTP request.
 * @ret_status: on failure, the number to answer with
 * Return: 0 or -EINVAL.
 */
int control_parse_http(const char *head, size_t len, enum control_request *ret,
		       int *ret_status, struct diag *diag);

/* One reply as a line with its newline, in CONTROL_SIZE bytes.
 * @why: only said if not @ok. Return: its length. */
size_t control_put_answer(char *buf, bool ok, const char *why);
size_t control_put_error(char *buf, const char *error);

/* The head of an HTTP response before @length bytes of JSON. Return: bytes. */
size_t control_put_http(char *buf, size_t size, int status, size_t length);

#endif
