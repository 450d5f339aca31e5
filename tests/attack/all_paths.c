/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every system call that takes a path, on the denied one: none may succeed.
 * For rules that deny looking, too. The tree's secret00 holds data, dir, link
 * (to data), pipe and sock (a listening socket).
 */
#include <linux/openat2.h>
#include <linux/un.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <utime.h>

#include "attack.h"

/* Newer than the headers this may be built with. */
enum {
	NR_OPEN_TREE = 428, NR_FSPICK = 433, NR_FCHMODAT2 = 452,
	NR_QUOTACTL_FD = 443, NR_SETXATTRAT = 463, NR_GETXATTRAT = 464,
	NR_LISTXATTRAT = 465, NR_REMOVEXATTRAT = 466, NR_OPEN_TREE_ATTR = 467,
	NR_FILE_GETATTR = 468, NR_FILE_SETATTR = 469,
};

static unsigned got;

static void tried(const char *what, long ret)
{
	if (ret < 0)
		return;
	fprintf(stderr, "%s succeeds\n", what);
	got++;
}

#define TRY(call) tried(#call, call)

static char *data, *dir, *link_, *pipe_, *made, *pub;
static char buf[4096];

static void opening(void)
{
	struct open_how how = { .flags = O_RDONLY };

	TRY(syscall(SYS_open, data, O_RDONLY));
	TRY(syscall(SYS_open, data, O_PATH));
	TRY(syscall(SYS_open, data, O_WRONLY));
	TRY(syscall(SYS_open, data, 3));	/* neither: for ioctls */
	TRY(syscall(SYS_open, made, O_CREAT | O_RDWR, 0600));
	TRY(syscall(SYS_open, dir, O_RDONLY | O_DIRECTORY));
	TRY(syscall(SYS_open, dir, O_TMPFILE | O_RDWR, 0600));
	TRY(syscall(SYS_open, link_, O_PATH | O_NOFOLLOW));
	TRY(syscall(SYS_open, pipe_, O_RDONLY | O_NONBLOCK));
	TRY(syscall(SYS_creat, data, 0600));
	TRY(syscall(SYS_openat, AT_FDCWD, data, O_RDONLY));
	TRY(syscall(SYS_openat2, AT_FDCWD, data, &how, sizeof(how)));
	TRY(syscall(NR_OPEN_TREE, AT_FDCWD, data, 0));
	TRY(syscall(NR_OPEN_TREE_ATTR, AT_FDCWD, data, 0, NULL, 0));
	TRY(syscall(NR_FSPICK, AT_FDCWD, dir, 0));
}

static void looking(void)
{
	struct { struct file_handle h; char bytes[128]; } handle = {
		.h.handle_bytes = 128,
	};
	int id;

	TRY(syscall(SYS_stat, data, buf));
	TRY(syscall(SYS_lstat, link_, buf));
	TRY(syscall(SYS_newfstatat, AT_FDCWD, data, buf, 0));
	TRY(syscall(SYS_statx, AT_FDCWD, data, 0, STATX_ALL, buf));
	TRY(syscall(SYS_access, data, F_OK));
	TRY(syscall(SYS_faccessat, AT_FDCWD, data, F_OK));
	TRY(syscall(SYS_faccessat2, AT_FDCWD, data, F_OK, 0));
	TRY(syscall(SYS_readlink, link_, buf, sizeof(buf)));
	TRY(syscall(SYS_readlinkat, AT_FDCWD, link_, buf, sizeof(buf)));
	TRY(syscall(SYS_statfs, data, buf));
	TRY(syscall(SYS_listxattr, data, buf, sizeof(buf)));
	TRY(syscall(SYS_llistxattr, data, buf, sizeof(buf)));
	TRY(syscall(NR_LISTXATTRAT, AT_FDCWD, data, 0, buf, sizeof(buf)));
	TRY(syscall(NR_FILE_GETATTR, AT_FDCWD, data, buf, 24, 0));
	TRY(syscall(SYS_name_to_handle_at, AT_FDCWD, data, &handle, &id, 0));
	TRY(syscall(SYS_inotify_add_watch, inotify_init(), dir, IN_ALL_EVENTS));
	TRY(syscall(SYS_fanotify_mark, fanotify_init(0, O_RDONLY),
		    FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, data));
}

static void changing(void)
{
	struct timeval tv[2] = {};
	struct utimbuf ut = {};
	struct timespec ts[2] = {};

	TRY(syscall(SYS_truncate, data, 4099));
	TRY(syscall(SYS_chmod, data, 0644));
	TRY(syscall(SYS_fchmodat, AT_FDCWD, data, 0644));
	TRY(syscall(NR_FCHMODAT2, AT_FDCWD, data, 0644, 0));
	TRY(syscall(SYS_chown, data, -1, -1));
	TRY(syscall(SYS_lchown, data, -1, -1));
	TRY(syscall(SYS_fchownat, AT_FDCWD, data, -1, -1, 0));
	TRY(syscall(SYS_utime, data, &ut));
	TRY(syscall(SYS_utimes, data, tv));
	TRY(syscall(SYS_futimesat, AT_FDCWD, data, tv));
	TRY(syscall(SYS_utimensat, AT_FDCWD, data, ts, 0));
	TRY(syscall(SYS_setxattr, data, "user.a", "x", 1, 0));
	TRY(syscall(SYS_lsetxattr, data, "user.a", "x", 1, 0));
	TRY(syscall(SYS_getxattr, data, "user.a", buf, sizeof(buf)));
	TRY(syscall(SYS_removexattr, data, "user.a"));
	TRY(syscall(NR_FILE_SETATTR, AT_FDCWD, data, buf, 24, 0));
	TRY(syscall(SYS_acct, data));
	if (got)		/* a control run must not leave it on */
		syscall(SYS_acct, NULL);
	TRY(syscall(SYS_swapon, data, 0));
	TRY(syscall(SYS_quotactl, QCMD(Q_SYNC, 0), data, 0, NULL));
}

static void making(void)
{
	TRY(syscall(SYS_mkdir, made, 0700));
	TRY(syscall(SYS_mkdirat, AT_FDCWD, made, 0700));
	TRY(syscall(SYS_mknod, made, S_IFIFO | 0600, 0));
	TRY(syscall(SYS_mknodat, AT_FDCWD, made, S_IFIFO | 0600, 0));
	TRY(syscall(SYS_symlink, "x", made));
	TRY(syscall(SYS_symlinkat, "x", AT_FDCWD, made));
	TRY(syscall(SYS_link, pub, made));
	TRY(syscall(SYS_linkat, AT_FDCWD, pub, AT_FDCWD, made, 0));
	TRY(syscall(SYS_link, data, in_dir(PUBLIC "/linked")));
	TRY(syscall(SYS_rename, pub, made));
	TRY(syscall(SYS_renameat, AT_FDCWD, pub, AT_FDCWD, made));
	TRY(syscall(SYS_renameat2, AT_FDCWD, pub, AT_FDCWD, made, 0));
	TRY(syscall(SYS_rename, data, in_dir(PUBLIC "/renamed")));
	TRY(syscall(SYS_rmdir, dir));
	TRY(syscall(SYS_unlinkat, AT_FDCWD, dir, AT_REMOVEDIR));
	TRY(syscall(SYS_unlink, pipe_));
	TRY(syscall(SYS_unlinkat, AT_FDCWD, link_, 0));
}

static void sockets(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_STREAM, 0);
	int dgram = socket(AF_UNIX, SOCK_DGRAM, 0);

	/* A path too long for the address would be another one. */
	if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/" SECRET "/sock",
		     attack_dir) >= (int)sizeof(addr.sun_path))
		return;
	TRY(syscall(SYS_connect, sock, &addr, sizeof(addr)));
	TRY(sendto(dgram, "x", 1, 0, (void *)&addr, sizeof(addr)));
	strcat(addr.sun_path, "2");
	TRY(syscall(SYS_bind, sock, &addr, sizeof(addr)));
}

/* Last: where these succeed, no path above means anything any more. */
static void moving(void)
{
	TRY(syscall(SYS_chdir, dir));
	TRY(syscall(SYS_chroot, dir));
}

int main(int argc, char **argv)
{
	attack_init(argc, argv);
	data = strdup(secret_file());
	dir = strdup(in_dir(SECRET "/dir"));
	link_ = strdup(in_dir(SECRET "/link"));
	pipe_ = strdup(in_dir(SECRET "/pipe"));
	made = strdup(in_dir(SECRET "/made"));
	pub = strdup(in_dir(PUBLIC "/data"));
	opening();
	looking();
	changing();
	making();
	if (getenv("ATTACK_SOCKETS"))
		sockets();
	moving();
	if (got)
		broken("%u calls succeed on a denied path", got);
	held();
}
