/* SPDX-License-Identifier: Apache-2.0 */
#include "emul/mem.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "emul/act.h"
#include "emul/kernel.h"

/* Another process's memory is reached by right of the supervisor, also where it
 * acts as a caller who could not reach it: the caller itself can. */
static ssize_t vm_read(const struct notif *n, uint64_t addr, void *buf, size_t len)
{
	ssize_t got;

	act_lift(n->worker);
	got = kernel_vm_read(n->tid, addr, buf, len);
	act_drop(n->worker);
	return got;
}

static ssize_t vm_write(const struct notif *n, uint64_t addr, const void *buf, size_t len)
{
	ssize_t put;

	act_lift(n->worker);
	put = kernel_vm_write(n->tid, addr, buf, len);
	act_drop(n->worker);
	return put;
}

int mem_read(const struct notif *n, uint64_t addr, void *buf, size_t len)
{
	ssize_t got = vm_read(n, addr, buf, len);

	if (got < 0)
		return (int)got;
	return (size_t)got == len ? 0 : -EFAULT;
}

int mem_write(const struct notif *n, uint64_t addr, const void *buf, size_t len)
{
	ssize_t put = vm_write(n, addr, buf, len);

	if (put < 0)
		return (int)put;
	return (size_t)put == len ? 0 : -EFAULT;
}

/* Most paths are short: do not copy a page to find that out. */
#define FIRST_CHUNK 256

int mem_read_string(const struct notif *n, uint64_t addr, char *buf, size_t size)
{
	size_t done = 0;
	size_t chunk = FIRST_CHUNK;

	while (done < size) {
		size_t want = size - done < chunk ? size - done : chunk;
		ssize_t got = vm_read(n, addr + done, buf + done, want);
		char *end;

		if (got <= 0)
			return got ? (int)got : -EFAULT;
		end = memchr(buf + done, '\0', (size_t)got);
		if (end)
			return (int)(end - buf);
		if ((size_t)got < want)
			return -EFAULT;
		done += (size_t)got;
		chunk = size;
	}
	return -ENAMETOOLONG;
}

int mem_read_struct(const struct notif *n, uint64_t addr, size_t size, void *buf, size_t known)
{
	size_t common = size < known ? size : known;
	unsigned char extra[256];
	size_t off;
	int err;

	memset(buf, 0, known);
	err = mem_read(n, addr, buf, common);
	for (off = common; !err && off < size; off += sizeof(extra)) {
		size_t len = size - off < sizeof(extra) ? size - off : sizeof(extra);
		size_t i;

		err = mem_read(n, addr + off, extra, len);
		for (i = 0; !err && i < len; i++)
			if (extra[i])
				err = -E2BIG;
	}
	return err;
}
