/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_TESTS_FAKE_KERNEL_H
#define GOSUP_TESTS_FAKE_KERNEL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * emul/kernel.h for a caller that was never notified: the listener and the
 * caller's memory are made up, signals and traces go nowhere. The rest is
 * emul/kernel.c as it is.
 */

/* Where the caller's memory ends, which is the end of a page. */
#define FAKE_END UINT64_C(0x700000001000)

/* @top: what lies in its secret/ or hidden/ must never be injected. */
void fake_init(pid_t caller, const char *top);

/* A call begins whose caller's memory is @data, a page at most. After
 * a moment its caller is gone, so that nothing is waited for. */
void fake_begin(const uint8_t *data, size_t size);

/* It has ended: was it answered once? */
void fake_end(void);

#endif
