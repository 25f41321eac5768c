"""What all tests share: the tree's files, and the browser or its absence."""

import os

import pytest
from project import HOW_TO_GET_ONE, find_chromium, tracked_files


@pytest.fixture(scope="session")
def tracked():
    """Every file of the repository."""
    return tracked_files()


@pytest.fixture(scope="session")
def chromium():
    """Path of the browser that the tests marked `browser` drive."""
    return find_chromium()


def pytest_runtest_setup(item):
    """Tests marked `browser` need one."""
    if item.get_closest_marker("browser") and find_chromium() is None:
        pytest.skip(HOW_TO_GET_ONE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where EMLIB_REQUIRE_BROWSER is set, a browser test that skips, for whatever reason, has failed."""
    report = yield
    if report.skipped and item.get_closest_marker("browser") and os.environ.get("EMLIB_REQUIRE_BROWSER"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} skipped, and EMLIB_REQUIRE_BROWSER forbids it: {call.excinfo.value}"
    return report
