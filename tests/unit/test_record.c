/* SPDX-License-Identifier: Apache-2.0 */
/* Where records go, and what happens when that place takes no more. */
#include "audit_event.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "daemon/audit.h"

#define THREADS 8
#define EVENTS 100

static char dir[] = "/tmp/gosup-record-XXXXXX";
static char log_path[64], err_path[64];

/* stderr goes to a file, or to @fd, until restore_stderr(). */
static int saved_stderr = -1;

static void redirect_stderr(int fd)
{
	fflush(stderr);
	saved_stderr = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
}

static void restore_stderr(void)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
}

static char *read_all(const char *path)
{
	static char text[8 << 20];
	FILE *f = fopen(path, "re");
	size_t len;

	assert_non_null(f);
	len = fread(text, 1, sizeof(text) - 1, f);
	text[len] = '\0';
	fclose(f);
	return text;
}

/* Parse every line of the log. Return: how many there are. */
static unsigned check_lines(void)
{
	char *text = read_all(log_path), *end;
	unsigned count = 0;

	for (; *text; text = end + 1, count++) {
		json_error_t error;
		json_t *json;

		end = strchr(text, '\n');
		assert_non_null(end);
		json = json_loadb(text, (size_t)(end - text), 0, &error);
		if (!json)
			fail_msg("%s in %.*s", error.text, (int)(end - text), text);
		json_decref(json);
	}
	return count;
}

static struct scene *scene_to(const char *to)
{
	char policy[256];
	struct scene *s;

	snprintf(policy, sizeof(policy), "{\"default\": \"deny\", \"log\": {\"to\": %s}}", to);
	s = scene_new(policy);
	scene_open(s, "/srv/key", O_RDONLY);
	return s;
}

static struct audit *open_audit(const struct scene *s)
{
	struct audit *audit = NULL;
	struct diag diag = { .line = 0 };

	if (audit_open(s->policy, &audit, &diag))
		fail_msg("%s", diag.message);
	return audit;
}

/* Close @audit. Return: what it said on stderr. */
static const char *close_and_listen(struct audit *audit)
{
	int fd = open(err_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	redirect_stderr(fd);
	audit_close(audit);
	restore_stderr();
	close(fd);
	return read_all(err_path);
}

static const char *to_log(void)
{
	static char to[96];

	unlink(log_path);
	snprintf(to, sizeof(to), "{\"file\": \"%s\"}", log_path);
	return to;
}

/* ---- files ---- */

struct recorder {
	struct audit *audit;
	const struct scene *scene;
	char object[3000];
};

/* A receiver: its own notification of its own object. */
static void *record_many(void *arg)
{
	struct recorder *r = arg;
	struct notif notif = r->scene->notif;
	struct event event = { EVENT_DENY, &notif, -EACCES };
	int i;

	notif.object = r->object;
	for (i = 0; i < EVENTS; i++)
		audit_record(r->audit, &event);
	return NULL;
}

static void test_threads(void **state)
{
	struct scene *s = scene_to(to_log());
	struct audit *audit = open_audit(s);
	static struct recorder recorders[THREADS];
	pthread_t threads[THREADS];
	struct stat st;
	int i;

	(void)state;
	for (i = 0; i < THREADS; i++) {
		recorders[i].audit = audit;
		recorders[i].scene = s;
		memset(recorders[i].object, 'a' + i, sizeof(recorders[i].object) - 1);
		recorders[i].object[0] = '/';
		assert_int_equal(pthread_create(&threads[i], NULL, record_many, &recorders[i]), 0);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_string_equal(close_and_listen(audit), "");
	assert_int_equal(check_lines(), THREADS * EVENTS);
	assert_int_equal(stat(log_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	scene_free(s);
}

static void test_append(void **state)
{
	struct scene *s = scene_to(to_log());
	int run;

	(void)state;
	for (run = 1; run <= 2; run++) {
		struct audit *audit = open_audit(s);

		audit_record(audit, &s->event);
		audit_close(audit);
		assert_int_equal(check_lines(), run);
	}
	scene_free(s);
}

/* A program that is executed does not inherit the log. */
static void test_not_inherited(void **state)
{
	struct scene *s = scene_to(to_log());
	struct audit *audit = open_audit(s);
	struct stat log, st;
	int fd, found = 0;

	(void)state;
	assert_int_equal(stat(log_path, &log), 0);
	for (fd = 3; fd < 256; fd++) {
		if (fstat(fd, &st) == 0 && st.st_ino == log.st_ino && st.st_dev == log.st_dev) {
			assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
			found++;
		}
	}
	assert_int_equal(found, 1);
	audit_close(audit);
	scene_free(s);
}

static void test_cannot_open(void **state)
{
	struct scene *s = scene_to("{\"file\": \"/nonexistent/dir/log\"}");
	struct audit *audit = NULL;
	struct diag diag = { .line = 0 };

	(void)state;
	assert_int_equal(audit_open(s->policy, &audit, &diag), -ENOENT);
	assert_null(audit);
	assert_non_null(strstr(diag.message, "/nonexistent/dir/log"));
	scene_free(s);
}

static void test_full_disk(void **state)
{
	struct scene *s = scene_to("{\"file\": \"/dev/full\"}");
	struct audit *audit = open_audit(s);
	const char *said;

	(void)state;
	audit_record(audit, &s->event);
	audit_record(audit, &s->event);
	said = close_and_listen(audit);
	assert_non_null(strstr(said, "2 events could not be recorded: /dev/full"));
	scene_free(s);
}

/* What is left of a line that did not fit spoils none that come later. */
static void test_torn_line(void **state)
{
	struct scene *s = scene_to(to_log());
	struct audit *audit = open_audit(s);
	struct rlimit unlimited, limit;
	char *text;

	(void)state;
	audit_record(audit, &s->event);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
	limit = unlimited;
	limit.rlim_cur = strlen(read_all(log_path)) + 20;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	audit_record(audit, &s->event);		/* 20 bytes of it */
	audit_record(audit, &s->event);		/* nothing of it */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
	audit_record(audit, &s->event);
	assert_non_null(strstr(close_and_listen(audit), "2 events could not be recorded"));
	text = strchr(read_all(log_path), '\n') + 1;
	assert_int_equal(strcspn(text, "\n"), 20);
	/* Without that line all is well. */
	text = strchr(text, '\n') + 1;
	assert_true(text[0] == '{' && strchr(text, '\n')[1] == '\0');
	scene_free(s);
}

/* ---- stderr ---- */

static void test_stderr(void **state)
{
	struct scene *s = scene_to("\"stderr\"");
	struct audit *audit = open_audit(s);
	int fd = open(err_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char want[1024];
	size_t len;

	(void)state;
	len = audit_format_text(&s->event, want, sizeof(want) - 1);
	strcpy(want + len, "\n");
	redirect_stderr(fd);
	audit_record(audit, &s->event);
	audit_close(audit);
	restore_stderr();
	assert_string_equal(read_all(err_path), want);
	close(fd);
	scene_free(s);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A pipe that nobody reads, set non-blocking by the program that shares it:
 * the program is held up once, not for every event. */
static void test_full_pipe(void **state)
{
	struct scene *s = scene_to("\"stderr\"");
	struct audit *audit = open_audit(s);
	double start;
	int fds[2], i;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	while (write(fds[1], "................", 16) == 16)
		;
	redirect_stderr(fds[1]);
	start = now();
	for (i = 0; i < 1000; i++)
		audit_record(audit, &s->event);
	restore_stderr();
	assert_true(now() - start < 10);
	assert_non_null(strstr(close_and_listen(audit),
			       "1000 events could not be recorded: stderr"));
	close(fds[0]);
	close(fds[1]);
	scene_free(s);
}

static void *drain(void *arg)
{
	char buf[4096];
	int fd = *(int *)arg;

	/* Everything until the writer is gone. */
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	return NULL;
}

/* One that is read in time loses nothing. */
static void test_slow_pipe(void **state)
{
	struct scene *s = scene_to("\"stderr\"");
	struct audit *audit = open_audit(s);
	pthread_t reader;
	int fds[2], i;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	while (write(fds[1], "................", 16) == 16)
		;
	assert_int_equal(pthread_create(&reader, NULL, drain, &fds[0]), 0);
	redirect_stderr(fds[1]);
	for (i = 0; i < 2000; i++)
		audit_record(audit, &s->event);
	restore_stderr();
	close(fds[1]);
	pthread_join(reader, NULL);
	assert_string_equal(close_and_listen(audit), "");
	close(fds[0]);
	scene_free(s);
}

/* The reader is gone; SIGPIPE is blocked, as in every receiver. */
static void test_broken_pipe(void **state)
{
	struct scene *s = scene_to("\"stderr\"");
	struct audit *audit = open_audit(s);
	sigset_t set, old;
	int fds[2];

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	close(fds[0]);
	redirect_stderr(fds[1]);
	audit_record(audit, &s->event);
	restore_stderr();
	close(fds[1]);
	assert_int_equal(sigtimedwait(&set, NULL, &(struct timespec){ 0 }), SIGPIPE);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	assert_non_null(strstr(close_and_listen(audit), "1 event could not be recorded"));
	scene_free(s);
}

static void test_none(void **state)
{
	struct scene *s = scene_to("\"none\"");
	struct audit *audit = open_audit(s);
	int fd = open(err_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)state;
	redirect_stderr(fd);
	audit_record(audit, &s->event);
	audit_record(NULL, &s->event);
	audit_close(audit);
	audit_close(NULL);
	restore_stderr();
	assert_string_equal(read_all(err_path), "");
	close(fd);
	scene_free(s);
}

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(log_path, sizeof(log_path), "%s/log", dir);
	snprintf(err_path, sizeof(err_path), "%s/stderr", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(log_path);
	unlink(err_path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_not_inherited),
		cmocka_unit_test(test_cannot_open),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_torn_line),
		cmocka_unit_test(test_stderr),
		cmocka_unit_test(test_full_pipe),
		cmocka_unit_test(test_slow_pipe),
		cmocka_unit_test(test_broken_pipe),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
