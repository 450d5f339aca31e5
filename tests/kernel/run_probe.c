/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_probe NAME: one probe of `gosup doctor` as a test. What gosup needs must
 * be there; what is only useful may be missing, and is skipped with a reason.
 *
 * run_probe --complete NAME...: whether these are all there are.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "launcher/probe.h"

/* Facts have no wrong answer, so there is nothing to test about them. */
static bool testable(const struct probe *probe)
{
	return probe->weight != PROBE_FACT;
}

static int complete(int count, char **names)
{
	int missing = 0;

	for (unsigned i = 0; i < probe_count; i++) {
		bool found = !testable(&probes[i]);

		for (int n = 0; n < count; n++)
			found = found || strcmp(names[n], probes[i].name) == 0;
		if (!found) {
			fprintf(stderr, "probe %s is not run as a test\n",
				probes[i].name);
			missing = 1;
		}
	}
	return missing;
}

int main(int argc, char **argv)
{
	const struct probe *probe;
	struct probe_result r;

	if (argc > 2 && strcmp(argv[1], "--complete") == 0)
		return complete(argc - 2, argv + 2);
	probe = argc == 2 ? probe_by_name(argv[1]) : NULL;
	if (!probe) {
		fprintf(stderr, "run_probe: no probe of that name\n");
		return 2;
	}
	r = probe_run(probe);
	if (r.state == PROBE_WORKS) {
		printf("%s: works. %s\n", probe->name, r.note);
		return 0;
	}
	printf("%s: %s %s%s%s\n", probe->name,
	       r.state == PROBE_FAILS ? "missing:" : "not tried:",
	       r.error ? strerror(r.error) : "", r.error && *r.note ? ", " : "",
	       r.note);
	return r.state == PROBE_FAILS && probe->weight == PROBE_NEEDED ? 1 : 77;
}
