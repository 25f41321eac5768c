"""What a reader sees stands in emlib/words, apart from state and code; another language needs no other file."""

import ast
import importlib
import re
import string
import subprocess
import sys
import tomllib
import unicodedata
from pathlib import Path

import pytest
from project import ROOT

from emlib import words

# Where pictures and panels are made. The first three hold HTML and JavaScript; exercises speak elsewhere.
ELSEWHERE = ("player.py", "front_end.py", "folded.py", "exercises.py", "cases.py")
MADE = sorted(path for folder in ("draw", "live", "lessons") for path in (ROOT / "emlib" / folder).rglob("*.py")
              if path.name not in ELSEWHERE)
# Symbols of the course's formulas, the same in every language; and names that matplotlib, CSS and Python want.
SYMBOLS = {"log", "ELBO", "KL"}
TECHNICAL = {"DejaVu Sans", "not started"}      # a font, a kind of Feedback


def told(text):
    """The words of a text: two Latin letters or more, or one letter of a script without case, that are no symbols.

    What TeX calls by a name, and what is followed by an index, is none: $\\theta_A$, starts[0].
    """
    text = re.sub(r"\\[A-Za-z]+|\w+\[", " ", text)
    letters = "".join(c if unicodedata.name(c, "").startswith("LATIN") or unicodedata.category(c) == "Lo" else " "
                      for c in text)
    return [word for word in letters.split() if (len(word) > 1 or not word.isascii()) and word not in SYMBOLS]


def speaks(text, composed):
    """Whether a constant says something to a reader: a word among others or among numbers, or one with a capital.

    A single word of small letters is a key, or a name of matplotlib's.
    """
    among_others = composed or len(text.split()) > 1 or not all(word.isascii() for word in told(text))
    return text not in TECHNICAL and bool(told(text)) and (among_others or bool(re.match(r"[A-Z][a-z]", text)))


def for_programmers(tree):
    """Nodes whose texts no reader of a picture sees: docstrings, errors raised, __all__, annotations, keys, formats."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            yield node.body[0].value
        exported = isinstance(node, ast.Assign) and "__all__" in ast.unparse(node.targets[0])
        if exported or isinstance(node, ast.Raise):
            yield node
        yield from (part for name in ("annotation", "returns", "format_spec", "slice")
                    if (part := getattr(node, name, None)) is not None)


def found(source):
    """(line, text) of every constant in a source that speaks to a reader."""
    tree = ast.parse(source)
    skipped = {id(part) for node in for_programmers(tree) for part in ast.walk(node)}
    composed = {id(piece) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for piece in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            if speaks(node.value, id(node) in composed):
                yield node.lineno, node.value


@pytest.mark.parametrize("path", MADE, ids=lambda path: str(path.relative_to(ROOT / "emlib")))
def test_no_words_for_a_reader_stand_in_code(path):
    assert not list(found(path.read_text(encoding="utf-8"))), f"move them to emlib/words/en/, in {path.name}"


@pytest.mark.parametrize("line", ['x = "log p(x|θ) itself"', 'set_title("By hand")', 'Button(description="Play")',
                                  'f"at {z:.2f}"', 'f"{a} nats"', 'x = {"E": "Start again"}', 'x = ["q: whose set?"]',
                                  'x = "进 步"', 'say(f"{a}", "the same at every z")'])
def test_the_rule_finds_words(line):
    assert list(found(line))


@pytest.mark.parametrize("line", ['x = "log p(x|θ)"', 'x = "E[log t]"', 'f"q({k}) = {q:.2f}"', 'ha="right"',
                                  'f"θ_{coin} = {p:.2f}"', 'raise ValueError(f"x has {n} rows; give one")',
                                  'def f():\n    """Say what it does."""', 'x = "ELBO − KL"', 'rf"$\\theta_{k}$"',
                                  'f"{x:,.3f} {m[\'key word\']}"'])
def test_the_rule_lets_symbols_pass(line):
    assert not list(found(line))


# Every language says the same things


def rooms(language):
    return sorted(path.stem for path in Path(words.__path__[0], language).glob("*.py") if path.stem != "__init__")


def all_words(language, room):
    module = importlib.import_module(f"emlib.words.{language}.{room}")
    return {name: value for name, value in vars(module).items() if not name.startswith("_")}


def texts(value):
    """The texts of a word: itself, or those of a dict or a tuple by their keys."""
    if isinstance(value, str):
        return {"": value}
    return dict(value.items() if isinstance(value, dict) else enumerate(value))


def fields(value):
    """What a word needs to be complete: the fields of its format, for a dict or a tuple those of each text."""
    if not isinstance(value, str):
        return {key: fields(one) for key, one in texts(value).items()}
    return sorted({field.split(".")[0] for _, field, _, _ in string.Formatter().parse(value) if field is not None})


@pytest.mark.parametrize("room", rooms("en"))
def test_words_are_constants_with_named_fields(room):
    for name, value in all_words("en", room).items():
        assert re.fullmatch(r"[A-Z][A-Z0-9_]*", name), f"{room}.{name}: a word is a constant"
        for text in texts(value).values():
            assert isinstance(text, str) and text == text.strip() != "", f"{room}.{name}: {text!r}"
            assert all(re.fullmatch(r"[a-z_]+", field) for field in fields(text)), f"{room}.{name}: fields have names"


def test_every_language_has_the_same_words_with_the_same_fields():
    assert "en" in words.languages()
    for language in words.languages():
        assert rooms(language) == rooms("en")
        for room in rooms("en"):
            own, english = ({name: fields(value) for name, value in all_words(one, room).items()}
                            for one in (language, "en"))
            assert own == english, (language, room)


def test_no_word_is_left_over():
    """Each constant of each room is used in the code: by its name behind a dot, or as a key of a dict that is."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "emlib").rglob("*.py")
                     if "words" not in path.relative_to(ROOT).parts)
    used = set(re.findall(r"\.([A-Z][A-Z0-9_]*)\b", code))
    for room in rooms("en"):
        left = set(all_words("en", room)) - used
        assert not left, f"{room}: {left}"


def test_words_need_nothing_but_themselves():
    """They can be read, translated and checked without a library."""
    for path in (ROOT / "emlib" / "words").glob("*/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef), f"{path.name}: constants alone"


def test_every_language_has_the_same_predictions():
    def shape(language):
        text = Path(words.__path__[0], language, "predictions.toml").read_text(encoding="utf-8")
        return {f"{room}.{key}": [[[answer.get("right"), answer.get("between")] for answer in question["answers"]]
                                  for question in questions]
                for room, rows in tomllib.loads(text).items() for key, questions in rows.items()}
    assert len(shape("en")) > 10
    assert all(shape(language) == shape("en") for language in words.languages())


# The switch

FOREIGN = """
import importlib, pathlib, sys
from emlib import words
words.__path__.append(sys.argv[1])
import numpy as np
from emlib.lessons.choose_q import ChooseQ
panel = ChooseQ([-1.0, -2.0], ("a", "b"))
snap, level = panel.widget.children[0].children
print(snap.description, "|", panel.sentence, "|", panel.stage.alt)
texts = [text.get_text() for axes in panel.stage.scene.figure(panel.state).axes for text in axes.texts]
print([text for text in texts if "esrever" in text])
"""


def reversed_words(folder):
    """A language with one word, "esrever", and after it the fields of the English ones."""
    def reverse(value):
        if isinstance(value, str):
            return "esrever" + "".join("{" + field + "}" for field in fields(value))
        other = {key: reverse(text) for key, text in texts(value).items()}
        return other if isinstance(value, dict) else tuple(other.values())

    for room in rooms("en"):
        lines = [f"{name} = {reverse(value)!r}" for name, value in all_words("en", room).items()]
        (folder / f"{room}.py").write_text("\n".join(lines), encoding="utf-8")
    (folder / "__init__.py").write_text("", encoding="utf-8")


def test_another_language_is_one_folder(tmp_path, monkeypatch):
    (tmp_path / "qq").mkdir()
    reversed_words(tmp_path / "qq")
    monkeypatch.setenv("EMLIB_LANG", "qq")
    done = subprocess.run([sys.executable, "-c", FOREIGN, str(tmp_path)], cwd=ROOT, capture_output=True, text=True,
                          encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    controls, picture = done.stdout.splitlines()
    snap, sentence, alt = controls.split(" | ")
    assert snap == alt == "esrever"
    assert sentence.startswith("esreveresrever") and "0.50, 0.50" in sentence and "log-lik" not in sentence
    assert "residual" not in picture and "esrever" in picture


def test_a_state_is_drawn_in_the_language_of_the_moment(tmp_path, monkeypatch):
    """States hold no words: one and the same object, two languages."""
    from emlib import CoinMixture
    from emlib.lessons.two_coins import LabelSets

    panel = LabelSets(["HHT", "TTH"], CoinMixture([0.5, 0.5], [0.6, 0.5]))
    english = panel.sentence
    (tmp_path / "rr").mkdir()
    reversed_words(tmp_path / "rr")
    monkeypatch.setattr(words, "__path__", [*words.__path__, str(tmp_path)])
    monkeypatch.setenv("EMLIB_LANG", "rr")
    assert panel.sentence.startswith("esrever") and panel.sentence.endswith("esrever") and "labels" in english
    monkeypatch.delenv("EMLIB_LANG")
    assert panel.sentence == english


@pytest.mark.parametrize("language", ["xx", "en.kit", "../en", "EN", "de"])
def test_an_unknown_language_is_refused_by_name(monkeypatch, language):
    monkeypatch.setenv("EMLIB_LANG", language)
    for ask in (lambda: words.of("kit"), lambda: words.table("predictions")):
        with pytest.raises(ValueError, match=r"EMLIB_LANG is '.*', which is not there; use one of en"):
            ask()


def test_empty_means_english_and_a_missing_room_is_an_error_of_its_own(monkeypatch):
    monkeypatch.setenv("EMLIB_LANG", "")
    assert words.of("kit").__name__ == "emlib.words.en.kit"
    with pytest.raises(ModuleNotFoundError, match="no_such_lesson"):
        words.of("no_such_lesson")
