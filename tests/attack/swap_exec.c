/* SPDX-License-Identifier: Apache-2.0 */
/*
 * execve(2) cannot be performed for the program, so what is judged and what
 * the kernel runs may differ: a second thread swaps the path meanwhile. Both
 * trees hold a copy of this program as "prog"; started without arguments, it
 * tells by its exit status where it lies.
 */
#include <elf.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "attack.h"
#include "swap.h"

#define RAN_SECRET 42

static int tell(void)
{
	char exe[PATH_MAX] = "";

	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		return 3;
	return strstr(exe, SECRET) ? RAN_SECRET : 0;
}

/* vfork: the child shares the memory in which the path is swapped. */
static int run(const char *path, char *const argv[])
{
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execve(path, argv, environ);
		_exit(9);
	}
	need(pid > 0 && waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A script in the public tree whose interpreter is the denied program. */
static void by_interpreter(char *const argv[])
{
	char *script = in_dir(PUBLIC "/script");
	int fd = open(script, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);

	if (fd < 0)
		return;
	need(dprintf(fd, "#!%s\n", in_dir(SECRET "/prog")) > 0);
	close(fd);
	if (run(script, argv) == RAN_SECRET)
		broken("a denied program runs as an interpreter");
}

/* An ELF file that names a denied program as its loader (helper/loader.c).
 * Nothing else of the file is ever used. */
static void by_loader(char *const argv[])
{
	char *loader = in_dir(SECRET "/loader"), *path = in_dir(PUBLIC "/elf");
	struct { Elf64_Ehdr e; Elf64_Phdr p[2]; char interp[PATH_MAX]; } f = {
		.e = { .e_ident = ELFMAG, .e_type = ET_DYN, .e_version = 1,
		       .e_machine = EM_X86_64, .e_phoff = sizeof(f.e),
		       .e_ehsize = sizeof(f.e), .e_phentsize = sizeof(f.p[0]),
		       .e_phnum = 2 },
		.p[0] = { .p_type = PT_INTERP,
			  .p_offset = offsetof(__typeof__(f), interp),
			  .p_filesz = strlen(loader) + 1 },
		.p[1] = { .p_type = PT_LOAD, .p_flags = PF_R | PF_X,
			  .p_filesz = sizeof(f), .p_memsz = sizeof(f),
			  .p_align = 4096 },
	};
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);

	if (fd < 0)
		return;
	f.e.e_ident[EI_CLASS] = ELFCLASS64;
	f.e.e_ident[EI_DATA] = ELFDATA2LSB;
	f.e.e_ident[EI_VERSION] = EV_CURRENT;
	strcpy(f.interp, loader);
	need(write(fd, &f, sizeof(f)) == sizeof(f));
	close(fd);
	if (run(path, argv) == RAN_SECRET)
		broken("a denied program runs as a loader");
}

int main(int argc, char **argv)
{
	char *none[] = { (char *)"prog", NULL };
	struct swapped_path path;
	long ran = 0;

	if (argc < 3)	/* as an interpreter it gets the script's name */
		return tell();
	attack_init(argc, argv);
	if (run(in_dir(SECRET "/prog"), none) == RAN_SECRET)
		broken("a denied program runs");
	by_interpreter(none);
	by_loader(none);
	swap_start(&path, "prog");
	for (long i = 0; race_more(i, ran); i++) {
		int status = run(path.text, none);

		if (status == RAN_SECRET)
			broken("a denied program runs at try %ld", i);
		ran += status == 0;
	}
	swap_stop(&path);
	if (!ran)
		cannot("no program may be executed at all");
	held();
}
