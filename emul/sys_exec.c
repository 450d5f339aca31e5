/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include "emul/act.h"
#include "emul/handlers.h"

struct outcome sys_exec(struct notif *n)
{
	bool at = n->row->nr == SYS_execveat;
	unsigned flags = at ? (unsigned)n->args[4] : 0;
	struct path_wish wish = { .op = OP_EXEC, .rights = ACCESS_EXEC };
	struct outcome outcome;
	struct place place;
	int err;

	err = fetch_path(n, at ? 1 : 0, n->worker->path);
	if (!err)
		err = act_begin(n, 0);
	if (err)
		return err == -ESRCH ? reply_gone() : reply_errno(err);
	err = walk(n, at ? (int)n->args[0] : AT_FDCWD, n->worker->path,
		   (flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0) |
		   (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0), &place);
	if (!judge_path(n, &place, err, wish, &outcome))
		outcome = reply_continue(CONTINUE_EXEC_VERIFIED);
	n->object = NULL;
	place_finish(&place);
	act_end(n);
	return outcome;
}
