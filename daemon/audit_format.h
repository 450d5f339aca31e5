/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_AUDIT_FORMAT_H
#define GOSUP_DAEMON_AUDIT_FORMAT_H

#include "daemon/audit_facts.h"
#include "policy/base/line.h"

/* Both make a line without its newline, which fits even if something has to be
 * left out, as long as @line has room for AUDIT_LINE_MIN bytes. */
#define AUDIT_LINE_MIN 3072

/* "gosup: denied: openat read "/etc/shadow" by app[7]: EACCES (...); ..." */
void audit_put_text(struct line *line, const struct audit_facts *facts);

/* One JSON object, the keys of which gosup(1) lists. */
void audit_put_json(struct line *line, const struct audit_facts *facts);

/* Bytes in which audit_put_json() surely leaves nothing out. */
size_t audit_json_size(const struct audit_facts *facts);

#endif
