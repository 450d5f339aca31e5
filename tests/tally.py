# SPDX-License-Identifier: Apache-2.0
"""tally.py DIRECTORY: add up all results of a test run.

Reads the step list of ./bootstrap, pytest's JUnit files and meson's test logs
(in which the cases of a cmocka program count one by one), lists what was
skipped and why and what failed, and ends with one line:
"N passed, N failed, N skipped". The status is 1 if anything failed.
"""

import collections
import json
import pathlib
import re
import sys
import xml.etree.ElementTree

Case = collections.namedtuple("Case", "name result why")


def from_steps(path):
    for line in path.read_text().splitlines():
        yield Case(*line.split("\t"))


def from_junit(path):
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}".lstrip(".")
        result, why = "passed", ""
        for child in case:
            if child.tag in ("failure", "error"):
                result = "failed"
                why = (child.get("message") or "").partition("\n")[0]
            elif child.tag == "skipped" and result == "passed":
                result, why = "skipped", child.get("message") or ""
        yield Case(name, result, why)


def cmocka_cases(name, output):
    """The cases that a cmocka program lists, or none."""
    found = {}
    for word, case in re.findall(
            r"^\[\s+(OK|FAILED|SKIPPED|ERROR)\s+\] (\w+)$", output, re.M):
        result = {"OK": "passed", "SKIPPED": "skipped"}.get(word, "failed")
        found[case] = Case(f"{name}.{case}", result, "see its output")
    return list(found.values())


def from_meson(path):
    for line in path.read_text().splitlines():
        test = json.loads(line)
        output = test.get("stdout", "") + test.get("stderr", "")
        said = output.strip().splitlines() or [""]
        ended = test["result"]
        cases = cmocka_cases(test["name"], output)
        if ended == "SKIP":
            yield Case(test["name"], "skipped", said[-1])
        elif ended not in ("OK", "EXPECTEDFAIL"):
            yield Case(test["name"], "failed", f"{ended}: {said[-1]}")
        elif cases:
            yield from cases
        else:
            yield Case(test["name"], "passed", "")


def read_all(directory):
    readers = {".xml": from_junit, ".json": from_meson}
    cases = list(from_steps(directory / "steps"))
    for path in sorted(directory.iterdir()):
        if path.suffix in readers and path.name != "junit.xml":
            cases += readers[path.suffix](path)
    return cases


def main(directory):
    cases = read_all(pathlib.Path(directory))
    by_result = collections.defaultdict(list)
    for case in cases:
        by_result[case.result].append(case)

    reasons = collections.defaultdict(list)
    for case in by_result["skipped"]:
        reasons[case.why].append(case.name)
    for why, names in sorted(reasons.items()):
        print(f"skipped {len(names)}: {why}")
        for name in names:
            print(f"    {name}")
    for case in by_result["failed"]:
        print(f"failed: {case.name}: {case.why}")
    print(", ".join(f"{len(by_result[result])} {result}"
                    for result in ("passed", "failed", "skipped")))
    return 1 if by_result["failed"] or not by_result["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
