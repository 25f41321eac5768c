"""What all tests share: the tree's files, and the browser or its absence."""

import os

import pytest
from hypothesis import settings
from project import HOW_TO_GET_NODE, HOW_TO_GET_ONE, find_chromium, find_node, tracked_files

# marker -> how to find what its tests need, what to say where it is missing, what forbids them to skip
NEEDS = {"browser": (find_chromium, HOW_TO_GET_ONE, "EMLIB_REQUIRE_BROWSER"),
         "node": (find_node, HOW_TO_GET_NODE, "EMLIB_REQUIRE_NODE")}

# The same examples everywhere and every time: a red CI can be repeated at home.
settings.register_profile("course", derandomize=True, deadline=None, max_examples=150, database=None)
settings.load_profile("course")


@pytest.fixture(scope="session")
def tracked():
    """Every file of the repository."""
    return tracked_files()


@pytest.fixture(scope="session")
def chromium():
    """Path of the browser that the tests marked `browser` drive."""
    return find_chromium()


def pytest_runtest_setup(item):
    """Tests marked `browser` need one, and tests marked `node`."""
    for marker, (find, how, _) in NEEDS.items():
        if item.get_closest_marker(marker) and find() is None:
            pytest.skip(how)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where EMLIB_REQUIRE_BROWSER is set, a browser test that skips, for whatever reason, has failed; so for Node."""
    report = yield
    for marker, (_, _, required) in NEEDS.items():
        if report.skipped and item.get_closest_marker(marker) and os.environ.get(required):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} skipped, and {required} forbids it: {call.excinfo.value}"
    return report
