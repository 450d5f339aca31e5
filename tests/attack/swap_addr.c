/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The address of a UNIX socket changes between the check and the use: in
 * memory, while the call is made; on the way, where links are exchanged; and
 * so does the descriptor that it is made on.
 */
#include <linux/fs.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "attack.h"
#include "swap.h"

static int sock(int domain, int type)
{
	int fd = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		cannot("no such sockets here: %s", strerror(errno));
	return fd;
}

/* A swapped path behind a family, in one block that is the address. */
struct swapped_addr {
	struct swapped_path path;
	char block[128] __attribute__((aligned(8)));
	struct sockaddr *addr;
	socklen_t len;
};

static void addr_start(struct swapped_addr *a, const char *leaf)
{
	char *text;
	size_t pad = 8 - (2 + strlen(attack_dir)) % 8;

	memset(a->block, 0, sizeof(a->block));
	((struct sockaddr_un *)(void *)a->block)->sun_family = AF_UNIX;
	need(2 + strlen(attack_dir) + pad + 8 + 1 + strlen(leaf) < sizeof(struct sockaddr_un));
	text = a->block + 2;
	memcpy(text, attack_dir, strlen(attack_dir));
	memset(text + strlen(attack_dir), '/', pad);
	text += strlen(attack_dir) + pad;
	sprintf(text, PUBLIC "/%s", leaf);
	a->path.word = (void *)text;
	memcpy(&a->path.public_word, PUBLIC, 8);
	memcpy(&a->path.secret_word, SECRET, 8);
	atomic_store(&a->path.stop, false);
	atomic_store(&a->path.swaps, 0);
	a->addr = (struct sockaddr *)(void *)a->block;
	a->len = sizeof(struct sockaddr_un);
	need(pthread_create(&a->path.thread, NULL, swap_loop, &a->path) == 0);
}

static void addr_stop(struct swapped_addr *a)
{
	atomic_store(&a->path.stop, true);
	pthread_join(a->path.thread, NULL);
}

static int serve(int type, const char *leaf)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = sock(AF_UNIX, type);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", in_dir(leaf));
	need(bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	if (type == SOCK_STREAM)
		need(listen(fd, 100) == 0);
	return fd;
}

static void race_connect(void)
{
	int listener = serve(SOCK_STREAM, PUBLIC "/sock");
	struct swapped_addr a;
	long reached = 0;

	addr_start(&a, "sock");
	while (race_more(atomic_load(&a.path.swaps), reached)) {
		struct sockaddr_un peer;
		socklen_t len = sizeof(peer);
		int fd = sock(AF_UNIX, SOCK_STREAM);

		if (connect(fd, a.addr, a.len) == 0) {
			memset(&peer, 0, sizeof(peer));
			need(getpeername(fd, (struct sockaddr *)&peer, &len) == 0);
			if (strstr(peer.sun_path, SECRET))
				broken("connect reaches another socket than checked");
			reached++;
			close(accept(listener, NULL, NULL));
		}
		close(fd);
	}
	addr_stop(&a);
	need(reached > 0);
}

/* What is sent must arrive at the public one. Nobody reads the secret one. */
static void race_send(int own, bool by_msg)
{
	int fd = sock(AF_UNIX, SOCK_DGRAM);
	struct swapped_addr a;
	char buf[8];
	long sent = 0, got = 0;

	addr_start(&a, "dgram");
	while (race_more(atomic_load(&a.path.swaps), got)) {
		struct iovec iov = { (char *)"x", 1 };
		struct msghdr msg = {
			.msg_name = a.addr, .msg_namelen = a.len, .msg_iov = &iov,
			.msg_iovlen = 1,
		};

		sent += (by_msg ? sendmsg(fd, &msg, 0) :
				  sendto(fd, "x", 1, 0, a.addr, a.len)) == 1;
		while (recv(own, buf, sizeof(buf), 0) == 1)
			got++;
	}
	addr_stop(&a);
	need(got > 0);
	if (sent != got)
		broken("%s reaches another socket than checked",
		       by_msg ? "sendmsg" : "sendto");
	close(fd);
}

static atomic_bool stop_fds;

static void *swap_fds(void *arg)
{
	int *fds = arg;

	while (!atomic_load(&stop_fds)) {
		dup2(fds[0], fds[2]);
		dup2(fds[1], fds[2]);
	}
	return NULL;
}

/* The address is the secret one's all the time: only for a socket of another
 * domain would it be harmless. */
static void race_descriptor(void)
{
	static int fds[3];
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	pthread_t thread;

	fds[0] = sock(AF_INET, SOCK_DGRAM);
	fds[1] = sock(AF_UNIX, SOCK_DGRAM);
	fds[2] = dup(fds[0]);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", in_dir(SECRET "/dgram"));
	need(pthread_create(&thread, NULL, swap_fds, fds) == 0);
	for (long i = 0; i < attack_count; i++) {
		long ret = sendto(fds[2], "x", 1, 0, (struct sockaddr *)&addr, sizeof(addr));

		if (ret == 1 || errno == EAGAIN)
			broken("sendto on an exchanged descriptor reaches the socket");
	}
	atomic_store(&stop_fds, true);
	pthread_join(thread, NULL);
}

static bool exchange(const char *a, const char *b)
{
	return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0;
}

/* Bind below a directory that is exchanged with a link to the secret one. */
static void race_bind(void)
{
	char *way = strdup(in_dir(PUBLIC "/way")), *out = strdup(in_dir(PUBLIC "/out"));
	long made = 0;
	pid_t pid, parent = getpid();

	if (mkdir(way, 0755) < 0 || symlink("../" SECRET, out) < 0 ||
	    !exchange(way, out) || !exchange(way, out))
		return;
	pid = fork();
	need(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent)
			exchange(way, out);
		_exit(0);
	}
	for (long i = 0; race_more(100 * i, made); i++) {
		struct sockaddr_un addr = { .sun_family = AF_UNIX };
		int fd = sock(AF_UNIX, SOCK_STREAM);
		struct stat st;
		char name[64];

		snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/s%ld", way, i);
		if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
			made++;
		snprintf(name, sizeof(name), SECRET "/s%ld", i);
		if (stat(in_dir(name), &st) == 0)
			broken("bind makes a socket elsewhere than checked");
		close(fd);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	need(made > 0);
}

int main(int argc, char **argv)
{
	int own;

	attack_init(argc, argv);
	race_bind();
	race_connect();
	own = serve(SOCK_DGRAM, PUBLIC "/dgram");
	race_send(own, false);
	race_send(own, true);
	race_descriptor();
	held();
}
