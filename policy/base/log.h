/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_BASE_LOG_H
#define GOSUP_BASE_LOG_H

#include <stddef.h>

/*
 * gosup's own messages to the user, on stderr: "gosup: message". What the
 * policy did to the program is not logged here but recorded (daemon/audit.h).
 * Each line is one write(2), so lines of several threads do not mix.
 */

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Messages above @level are dropped. The default is LOG_LEVEL_WARN. */
void log_set_level(enum log_level level);

/* Hand a copy of each error message, with its newline, to @tee as well; NULL
 * ends that. It is called on any thread. */
void log_set_tee(void (*tee)(const char *line, size_t len));

__attribute__((format(printf, 2, 3)))
void log_msg(enum log_level level, const char *fmt, ...);

#define log_error(...)	log_msg(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)	log_msg(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)	log_msg(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)	log_msg(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Say what failed, with the text of errno @err if not 0, and exit 125. Only
 * before the loop runs: afterwards errors are answered, not died of. */
__attribute__((noreturn, format(printf, 2, 3)))
void die(int err, const char *fmt, ...);

#endif
