"""A browser and a Jupyter server, once a session; a fresh page each test."""

import pathlib
import shutil

import front_ends
import pytest
from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]


def pytest_collection_modifyitems(items):
    for item in items:
        if pathlib.Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=front_ends.FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(browser, tmp_path_factory):
    """A server on loopback; its root folder holds tests/toy_scene.py."""
    root = tmp_path_factory.mktemp("root")
    shutil.copy(ROOT / "tests" / "toy_scene.py", root)
    with front_ends.jupyter(root) as server:
        yield server


def listen(page):
    """Remember what the page complains about, in `page.errors`, without addresses."""
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: message.type == "error" and page.errors.append(message.text))
    return page


@pytest.fixture(scope="session")
def noise(browser, server):
    """noise(front): what a front end complains about by itself, with nothing but a formula and a plain slider."""
    heard = {}

    def of(front):
        if front not in heard:
            context = browser.new_context()
            page = listen(context.new_page())
            path = server["root"] / f"plain_{front}.ipynb"
            front_ends.write_notebook(path, "import ipywidgets\nfrom IPython.display import Math, display\n"
                                      "display(Math('x'))\nipywidgets.IntSlider()")
            front_ends.open_notebook(page, server, path.name, front)
            page.locator(".noUi-handle").wait_for(timeout=60_000)
            page.wait_for_timeout(1000)
            heard[front] = set(page.errors)
            front_ends.close(page)
            context.close()
        return heard[front]
    return of


@pytest.fixture
def page(browser):
    """A fresh page; what it complains about is in `page.errors`."""
    context = browser.new_context(viewport={"width": 1250, "height": 1000})
    page = listen(context.new_page())
    yield page
    front_ends.close(page)
    context.close()


@pytest.fixture
def notebook(page, server, noise, request):
    """notebook(*cells, front="lab") opens them as a notebook, runs all and returns the page.

    At the end the test fails if the page complained about anything of which a plain notebook there does not.
    """
    used = []

    def opened(*cells, front="lab", run=True):
        used.append(front)
        name = f"{request.node.name.translate(str.maketrans('[]/ ', '____'))}.ipynb"
        front_ends.write_notebook(server["root"] / name, *cells)
        front_ends.open_notebook(page, server, name, front, run)
        return page
    yield opened
    known = set().union(*(noise(front) for front in used))
    assert [e for e in page.errors if e not in known] == []
