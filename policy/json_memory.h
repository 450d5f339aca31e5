/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_POLICY_JSON_MEMORY_H
#define GOSUP_POLICY_JSON_MEMORY_H

struct arena;

/**
 * json_memory_use() - let jansson's values of this thread live in an arena.
 * @arena: where they are made from now on; NULL: on the heap, as ever
 *
 * What lives in an arena goes with it: json_decref() gives nothing back, and
 * need not be called. Values made on the heap must not be released while an
 * arena is in use.
 */
void json_memory_use(struct arena *arena);

#endif
