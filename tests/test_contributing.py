"""CONTRIBUTING.md: its small lesson works and keeps every rule; its commands, and what it says of layers, are true."""

import importlib
import re
import subprocess
import sys

import numpy as np
import pytest
from hand import Hand
from legible import assert_legible
from project import ROOT
from test_words import found

import emlib.lessons
import emlib.words.en

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
# {path: code} of the small lesson: each path stands in the sentence before its code
FILES = dict(re.findall(r"`(emlib/(?:words/en|lessons)/[\w/]*entropy[\w/]*\.py)`[^\n]*\n\n```python\n(.*?)```", PAGE,
                        flags=re.DOTALL))


def forget():
    """Unload the small lesson."""
    for name in [name for name in sys.modules if re.match(r"emlib\.(lessons|words\.en)\.entropy\b", name)]:
        del sys.modules[name]


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """The small lesson of the page, importable as if it stood in its place."""
    for path, code in FILES.items():
        there = tmp_path / path
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(code, encoding="utf-8")
    for package in (emlib.lessons, emlib.words.en):
        more = tmp_path / package.__name__.replace(".", "/")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(more)])
    forget()
    yield importlib.import_module("emlib.lessons.entropy")
    forget()
    for package in (emlib.lessons, emlib.words.en):     # an import leaves its name in the package above
        vars(package).pop("entropy", None)


def test_the_page_holds_a_whole_lesson():
    assert sorted(FILES) == ["emlib/lessons/entropy/__init__.py", "emlib/lessons/entropy/panel.py",
                             "emlib/lessons/entropy/scene.py", "emlib/words/en/entropy.py"]


def test_the_lesson_follows_the_hand_the_field_and_the_button(lesson):
    panel = lesson.Entropy(0.2)
    assert panel.state.p == 0.2 and panel.sentence == "p = 0.20: H = 0.50 nats."
    hand = Hand(panel)                                  # a hand that finds an error in the panel fails
    hand.drag("coin", 0.8, 0.3)
    assert panel.state.p == pytest.approx(0.8, abs=1e-9) and panel.sentence == "p = 0.80: H = 0.50 nats."
    hand.key("coin", "ArrowRight")
    assert panel.state.p > 0.8
    hand.drag("coin", 1.0, 0.0)
    assert panel.state.p == pytest.approx(1.0, abs=1e-9) and panel.sentence == "p = 1.00: H = 0.00 nats."
    panel.field.value = "0.1"
    assert panel.state.p == 0.1
    panel.field.value = "2"
    assert panel.state.p == 0.1 and "write a number from 0 to 1" in panel.field.said.value
    button = panel.widget.children[0].children[1]
    button.click()
    assert panel.state.p == 0.5 and panel.sentence == "p = 0.50: H = 0.69 nats." and panel.field.value == "0.5"
    assert not panel.error


def test_its_picture_shows_the_state_alone_and_is_legible(lesson):
    scene = importlib.import_module("emlib.lessons.entropy.scene")
    picture, states = scene.EntropyScene(), [scene.Coin(p) for p in (0.0, 0.3, 0.5, 1.0)]
    for state in states:
        assert_legible(picture.figure(state))
        assert (picture.rgba(state) == scene.EntropyScene().rgba(state)).all()
    assert (picture.rgba(states[1]) != picture.rgba(states[2])).any()
    p = np.linspace(0.01, 0.99, 50)
    np.testing.assert_allclose(scene.entropy(p), -p * np.log(p) - (1 - p) * np.log1p(-p), rtol=1e-12)
    assert scene.entropy(0.0) == scene.entropy(1.0) == 0 and scene.entropy(0.5) == pytest.approx(np.log(2))


def test_it_keeps_the_rules_of_style_of_layers_and_of_words(lesson):
    for path, code in FILES.items():
        assert path.startswith("emlib/words/") or not list(found(code)), f"{path} speaks to the reader"
        assert path.endswith("panel.py") or not re.search(r"^(?:from|import) (?:ipywidgets|emlib\.live)", code, re.M)
        done = subprocess.run([sys.executable, "-m", "ruff", "check", "--stdin-filename", path, "--config",
                               'lint.isort.known-first-party = ["emlib"]', "-"],
                              cwd=ROOT, input=code.encode(), capture_output=True)
        assert done.returncode == 0, done.stdout.decode()


def test_the_commands_it_opens_with_name_files_that_are_there():
    commands = re.search(r"^```bash\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)[1].splitlines()
    assert len(commands) == 3
    named = [word for line in commands for word in line.split("#")[0].split() if re.search(r"\.(?:py|ipynb)$", word)]
    assert len(named) == 4 and all(list(ROOT.glob(name)) for name in named)


def test_the_helper_that_it_names_is_there():
    row = re.search(r"^\| the helper \|(.*?)\|", PAGE, flags=re.MULTILINE)[1]
    assert all((ROOT / "emlib" / f"{name}.py").is_file() for name in re.findall(r"`(\w+)`", row))
