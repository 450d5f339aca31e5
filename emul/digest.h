/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_DIGEST_H
#define GOSUP_EMUL_DIGEST_H

#include "policy/policy.h"

/**
 * digest_sha256() - SHA-256 (FIPS 180-4) of all bytes of a file.
 * @fd: open for reading; its position is neither used nor moved
 *
 * Return: 0 or the negative errno of reading.
 */
int digest_sha256(int fd, unsigned char ret[SHA256_SIZE]);

#endif
