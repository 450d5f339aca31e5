/* SPDX-License-Identifier: Apache-2.0 */
#include "emul/digest.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <pthread.h>
#include <string.h>
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

/* By inode number; a newcomer takes the place of who had it before. */
#define KEPT 64

static struct {
	pthread_mutex_t lock;
	struct kept {
		struct stat st;
		unsigned char digest[SHA256_SIZE];
	} files[KEPT];
} kept = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool looks_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       same_time(&a->st_mtim, &b->st_mtim) && same_time(&a->st_ctim, &b->st_ctim);
}

void digest_remember(const struct stat *st, const unsigned char digest[SHA256_SIZE])
{
	struct kept *k = &kept.files[st->st_ino % KEPT];

	pthread_mutex_lock(&kept.lock);
	k->st = *st;
	memcpy(k->digest, digest, SHA256_SIZE);
	pthread_mutex_unlock(&kept.lock);
}

bool digest_is_likely(const struct stat *st, const unsigned char digest[SHA256_SIZE])
{
	const struct kept *k = &kept.files[st->st_ino % KEPT];
	bool likely;

	pthread_mutex_lock(&kept.lock);
	likely = looks_same(&k->st, st) && !memcmp(k->digest, digest, SHA256_SIZE);
	pthread_mutex_unlock(&kept.lock);
	return likely;
}
