/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GOSUP_EMUL_DIGEST_H
#define GOSUP_EMUL_DIGEST_H

#include <stdbool.h>
#include <sys/stat.h>

#include "policy/policy.h"

/**
 * digest_sha256() - SHA-256 (FIPS 180-4) of all bytes of a file.
 * @fd: open for reading; its position is neither used nor moved
 *
 * Return: 0 or the negative errno of reading.
 */
int digest_sha256(int fd, unsigned char ret[SHA256_SIZE]);

/*
 * What files were found to have, for guesses: a file that looks the same (inode,
 * size, times) may have been changed all the same. From any thread.
 */
void digest_remember(const struct stat *st, const unsigned char digest[SHA256_SIZE]);
/* Had the file that looks like @st this digest when it was last read? */
bool digest_is_likely(const struct stat *st, const unsigned char digest[SHA256_SIZE]);

#endif
