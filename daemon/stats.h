/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_DAEMON_STATS_H
#define GOSUP_DAEMON_STATS_H

#include <stdio.h>

#include "daemon/receiver.h"

/** call_stats_add() - count what @from has counted in @to, too. */
void call_stats_add(struct call_stats *to, const struct call_stats *from);

/* What `gosup run --stats` prints at the end: calls notified, answers by
 * kind, mean and p99 service time; rules with how often each decided; and
 * that every notification received was answered or its caller gone. */
void stats_print_text(const struct receiver_totals *totals, const struct plan *plan, FILE *out);
void stats_print_json(const struct receiver_totals *totals, const struct plan *plan, FILE *out);

#endif
