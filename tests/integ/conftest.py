# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the integration tests. Environment:

GOSUP_BUILD         build directory with the gosup to test (default: build/)
GOSUP_STATIC_BUILD  the same for a static gosup (default: build/)
GOSUP_LONG=1        run the long campaigns, too
GOSUP_SAN_LOGS      where sanitizers write reports; a report fails the test
"""

import json
import os
import pathlib
import resource
import shutil
import signal
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import support  # noqa: E402


def pytest_configure(config):
    # What programs start with is the test's, not that of a nohup(1) before us.
    for number in support.ORDINARY_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # No core files; 1 keeps them from a program that takes them, too (core(5)). A
    # sanitizer sets the limit to 0 for gosup and so for what it starts.
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    none = 1 if most and "GOSUP_SAN_LOGS" not in os.environ else 0
    resource.setrlimit(resource.RLIMIT_CORE, (none, most))
    config.addinivalue_line(
        "markers", "slow: takes seconds; left out under sanitizers")
    config.addinivalue_line(
        "markers", "lone: what the thread sanitizer's own needs rule out")
    config.addinivalue_line(
        "markers", "long: a campaign that only GOSUP_LONG=1 runs")


def pytest_collection_modifyitems(items):
    if support.LONG:
        return
    skip = pytest.mark.skip(reason="long campaign: ./bootstrap test --long")
    for item in items:
        if "long" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def session_dir():
    """A directory that every user can enter: tests run as nobody, too."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="gosup-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def gosup(session_dir):
    binary = support.find_binary(support.BUILD)
    if binary is None:
        pytest.fail(f"no gosup in {support.BUILD}: run ./bootstrap build")
    copy = session_dir / "gosup"
    shutil.copy(binary, copy)
    copy.chmod(0o755)
    return support.Gosup(copy)


@pytest.fixture(scope="session")
def static_gosup(session_dir):
    binary = support.find_binary(support.STATIC_BUILD)
    if binary is None or not support.is_static(binary):
        pytest.skip(f"no static gosup in {support.STATIC_BUILD}: -Dstatic=true")
    copy = session_dir / "gosup-static"
    shutil.copy(binary, copy)
    copy.chmod(0o755)
    return support.Gosup(copy)


@pytest.fixture(scope="session")
def fixtures(session_dir):
    where = session_dir / "fixtures"
    where.mkdir(mode=0o755)
    return support.Fixtures(where)


@pytest.fixture(scope="session")
def app(fixtures):
    """The Go program with subcommands: Debian's Go, static."""
    return fixtures.need_go("debian", "static")


@pytest.fixture(scope="session", params=["debian", "current"])
def each_app(request, fixtures):
    """The same, by Debian's Go and by a current one."""
    return fixtures.need_go(request.param, "static")


@pytest.fixture(params=["self", "nobody"])
def who(request):
    """Run as whoever runs the tests (root in CI) and as an ordinary user."""
    if request.param == "self":
        return None
    if not support.IS_ROOT:
        pytest.skip("only root can become another user")
    return support.NOBODY


@pytest.fixture
def scratch(session_dir):
    """A directory of the test's own, that every user may change."""
    path = pathlib.Path(tempfile.mkdtemp(dir=session_dir))
    path.chmod(0o777)
    return path


@pytest.fixture
def policy(scratch):
    """Write a policy file: policy(default="deny", files=[...])."""
    count = [0]

    def write(**keys):
        count[0] += 1
        path = scratch / f"policy{count[0]}.json"
        keys.setdefault("version", 1)
        path.write_text(json.dumps(keys, indent=1))
        path.chmod(0o644)
        return path
    return write


@pytest.fixture
def root_only():
    if not support.IS_ROOT:
        pytest.skip("needs root")


@pytest.fixture(autouse=True)
def no_sanitizer_reports():
    """Fail the test during which a sanitizer wrote a report."""
    logs = os.environ.get("GOSUP_SAN_LOGS")
    before = set(os.listdir(logs)) if logs else set()
    yield
    if logs:
        new = sorted(set(os.listdir(logs)) - before)
        text = "\n".join(
            pathlib.Path(logs, name).read_text(errors="replace")
            for name in new)
        assert not new, f"sanitizer reports:\n{text}"
