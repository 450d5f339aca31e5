/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_LAUNCHER_PROBE_CHILD_H
#define GOSUP_LAUNCHER_PROBE_CHILD_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A child under a listener, for probes and kernel tests. Everything has a
 * deadline, and the child dies with its parent.
 */

#define PROBE_DEADLINE_MS 3000

struct probe_child {
	pid_t pid;
	int listener;
	int sock;	/* a socket pair with the child, for a byte or two */
};

/**
 * probe_child_start() - fork a child that has calls of number @nr notified.
 * @flags: SECCOMP_FILTER_FLAG_* besides NEW_LISTENER
 * @body: what the child does then; its return value is the exit status
 * @ret: finished by probe_child_finish(), untouched on failure
 *
 * Return: 0, or the negative errno with which the kernel refused the filter;
 * -ECANCELED if the child was killed for trying.
 */
int probe_child_start(struct probe_child *ret, int nr, unsigned long flags,
		      int (*body)(int sock));

/* Kill and reap the child if it still runs, close what is open. */
void probe_child_finish(struct probe_child *child);

/* Wait for the child to exit. Return: its wait status, or -ETIMEDOUT. */
int probe_child_wait(struct probe_child *child);

/* Wait for the child's exit status. Return: 0-255, or -1 for any other end. */
int probe_child_exit(struct probe_child *child);

/* Return: the child's state letter in /proc ('S', 'D', ...), or a negative
 * errno. */
int probe_child_state(const struct probe_child *child);

/* Receive one notification. Return: 0 or a negative errno, -ETIMEDOUT. */
int probe_recv(const struct probe_child *child, struct seccomp_notif *req);

/* Answer with @val, or fail with negative @err, or FLAG_CONTINUE in @flags.
 * Return: 0 or a negative errno. */
int probe_send(const struct probe_child *child, uint64_t id, int64_t val,
	       int err, uint32_t flags);

/* Return: whether the notification @id still waits. */
bool probe_id_valid(const struct probe_child *child, uint64_t id);

/* Give the child @fd while its call waits. Return: its number there, or a
 * negative errno. */
int probe_inject(const struct probe_child *child, uint64_t id, int fd);

/* Wait until @fd has @events. Return: 0, -ETIMEDOUT, or another errno. */
int probe_poll(int fd, short events);

/* Milliseconds on the monotonic clock, for deadlines. */
int64_t probe_now_ms(void);

#endif
