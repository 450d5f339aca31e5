/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory whose pages the program supplies itself, one reading at a time
 * (userfaultfd(2)): whoever reads first gets the public path, whoever reads
 * next the secret one. No race has to be won. And while a reader waits for a
 * page, others must be served.
 */
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "attack.h"

#define RAN_SECRET 42

static char *page, *pages[2];
static int uffd;
static volatile bool stalled;	/* serve nothing */

static void set_up(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) < 0) {
		if (getenv("ATTACK_CONTROL"))
			cannot("no userfaultfd that serves the kernel: %s",
			       strerror(errno));
		check_path(secret_file(), "open");
		held();
	}
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	need(page != MAP_FAILED);
	reg.range.start = (uintptr_t)page;
	reg.range.len = 4096;
	need(ioctl(uffd, UFFDIO_REGISTER, &reg) == 0);
	for (int i = 0; i < 2; i++) {
		pages[i] = aligned_alloc(4096, 4096);
		need(pages[i]);
	}
}

/* Serve readers in turn; each page is gone soon after it was read. */
static void *serve(void *arg)
{
	struct pollfd p = { .fd = uffd, .events = POLLIN };
	unsigned turn = 0;

	for (;;) {
		struct uffd_msg msg;
		struct uffdio_copy copy = { .dst = (uintptr_t)page, .len = 4096 };

		if (poll(&p, 1, -1) < 1 || stalled ||
		    read(uffd, &msg, sizeof(msg)) != sizeof(msg))
			continue;
		copy.src = (uintptr_t)pages[turn++ % 2];
		ioctl(uffd, UFFDIO_COPY, &copy);
		usleep(200);
		madvise(page, 4096, MADV_DONTNEED);
	}
	return arg;
}

static void paths(const char *leaf)
{
	snprintf(pages[0], 4096, "%s/" PUBLIC "/%s", attack_dir, leaf);
	snprintf(pages[1], 4096, "%s/" SECRET "/%s", attack_dir, leaf);
	madvise(page, 4096, MADV_DONTNEED);
}

static void execute(void)
{
	char *none[] = { (char *)"prog", NULL };
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execve(page, none, environ);
		_exit(9);
	}
	need(pid > 0 && waitpid(pid, &status, 0) == pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == RAN_SECRET)
		broken("execve reads another path than was judged");
}

static void *open_page(void *arg)
{
	close(open(page, O_RDONLY | O_CLOEXEC));
	return arg;
}

static void others_go_on(void)
{
	time_t begin = time(NULL);
	pthread_t id;

	stalled = true;
	madvise(page, 4096, MADV_DONTNEED);
	need(pthread_create(&id, NULL, open_page, NULL) == 0);
	usleep(20000);
	for (int i = 0; i < 20; i++) {
		int fd = open(in_dir(PUBLIC "/data"), O_RDONLY | O_CLOEXEC);

		need(fd >= 0);
		close(fd);
		check_path(secret_file(), "while a reader waits, open");
	}
	if (time(NULL) - begin > 5)
		broken("a page that does not come holds up the others");
	stalled = false;
}

int main(int argc, char **argv)
{
	pthread_t id;

	attack_init(argc, argv);
	set_up();
	need(pthread_create(&id, NULL, serve, NULL) == 0);
	paths("data");
	for (long i = 0; i < attack_count; i++) {
		check_path(page, "a path that is another at each reading");
	}
	paths("prog");
	for (long i = 0; i < attack_count; i++)
		execute();
	paths("data");
	others_go_on();
	held();
}
