# SPDX-License-Identifier: Apache-2.0
"""The Go standard library's own tests: the same verdicts under gosup."""

import pytest

import go_std

RELEASES = ["debian", "current"]


def campaign(gosup, fixtures, session_dir, release, user, judged, mapped=False):
    tool = fixtures.goroot(release)
    if tool is None:
        pytest.skip(fixtures.missing[release])
    where = session_dir / f"std-{release}"
    where.mkdir(exist_ok=True)
    policy = go_std.virtual_file_policy(where) if judged else None
    return go_std.Campaign(gosup, tool, where, user, policy, mapped=mapped)


def check(report):
    assert report.differences == [], report
    assert report.count > 0


@pytest.mark.slow
@pytest.mark.parametrize("judged", [False, True],
                         ids=["no-policy", "virtual-file"])
@pytest.mark.parametrize("package", ["os", "os/exec", "os/signal", "syscall",
                                     "io/ioutil", "path/filepath"])
def test_debian_go(gosup, fixtures, session_dir, package, judged, who):
    check(campaign(gosup, fixtures, session_dir, "debian", who,
                   judged).compare(package))


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("judged", [False, True],
                         ids=["no-policy", "virtual-file"])
@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("package", sorted({
    *go_std.PACKAGES, *go_std.FILES, "net", "net/http"}))
def test_all(gosup, fixtures, session_dir, package, release, judged, who):
    check(campaign(gosup, fixtures, session_dir, release, who,
                   judged).compare(package))


@pytest.mark.slow
@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("package", go_std.FILES)
def test_in_a_view(gosup, fixtures, session_dir, package, release, who):
    check(campaign(gosup, fixtures, session_dir, release, who, False,
                   mapped=True).compare(package))
