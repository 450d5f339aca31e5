/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_AUDIT_H
#define GOSUP_DAEMON_AUDIT_H

#include "emul/notif.h"
#include "policy/policy.h"

/*
 * The record of what the policy did to the program: one line, or one journal
 * entry, per event, written by the thread where it happened, in one system
 * call, so that lines of several threads and processes do not mix.
 */
struct audit;

/**
 * audit_open() - open where @policy->log says.
 * @diag: what is wrong, on failure
 * Return: 0 or a negative errno.
 */
int audit_open(const struct policy *policy, struct audit **ret, struct diag *diag);
void audit_close(struct audit *audit);

/* The callback for struct emul: record_arg is the struct audit. Thread-safe. */
void audit_record(void *arg, const struct event *event);

/* A denial or event that the filter alone decided leaves no trace here. */

/**
 * audit_format_text() / audit_format_json() - one event as a line, without the
 * newline, cut to fit @size. Exposed for tests. Return: its length; 0 if
 * @size, which should be at least AUDIT_LINE_MIN, is too small even so.
 */
size_t audit_format_text(const struct event *event, char *buf, size_t size);
size_t audit_format_json(const struct event *event, char *buf, size_t size);

#endif
