/* SPDX-License-Identifier: Apache-2.0 */
#include "emul/digest.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <unistd.h>

_Static_assert(SHA256_SIZE == SHA256_DIGEST_SIZE, "the size of a digest");

int digest_sha256(int fd, unsigned char ret[SHA256_SIZE])
{
	unsigned char buf[32768];
	struct sha256_ctx ctx;
	off_t pos = 0;
	ssize_t len;

	sha256_init(&ctx);
	do {
		len = pread(fd, buf, sizeof(buf), pos);
		if (len > 0) {
			sha256_update(&ctx, (size_t)len, buf);
			pos += len;
		}
	} while (len > 0 || (len < 0 && errno == EINTR));
	if (len < 0)
		return -errno;
	sha256_digest(&ctx, SHA256_SIZE, ret);
	return 0;
}
