/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memfd_create(2), where the kernel itself judges what is executed: Landlock has
 * no say in objects without a path, so a memory file is made such that it can
 * never be executed (and says so: mode 0666, F_SEAL_EXEC). Elsewhere executing
 * one is refused when it is tried.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "emul/handlers.h"
#include "emul/mem.h"
#include "policy/base/cleanup.h"
#include "policy/base/uapi.h"

#define NAME_ROOM 250	/* MFD_NAME_MAX_LEN of mm/memfd.c, with its end */

struct outcome sys_memfd(struct notif *n)
{
	unsigned flags = (unsigned)n->args[1];
	char name[NAME_ROOM];
	auto_fd fd = -1;
	int err;

	if (!n->emul->plan->landlock.exec_alone || (flags & MFD_NOEXEC_SEAL))
		return reply_continue(CONTINUE_SCALARS_JUDGED);
	err = mem_read_string(n, n->args[0], name, sizeof(name));
	if (err < 0)
		return reply_errno(err == -ENAMETOOLONG ? EINVAL : err);
	if (!notif_alive(n))
		return reply_gone();
	fd = memfd_create(name, (flags & ~MFD_EXEC) | MFD_NOEXEC_SEAL | MFD_CLOEXEC);
	if (fd < 0)
		return reply_errno(errno);
	/* The flag allows sealing by the way. Huge pages know no seals. */
	if (!(flags & MFD_ALLOW_SEALING))
		fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL);
	return reply_fd(steal_fd(&fd), flags & MFD_CLOEXEC);
}
