"""How the rooms of the package are entered: who loads what, and what a reader can see at a glance."""

import importlib
import subprocess
import sys

import pytest
from project import ROOT, tracked_files

from emlib import exercises

LESSONS = sorted(path.parent.name for path in (ROOT / "emlib" / "lessons").glob("*/panel.py"))
WITH_EXERCISES = [name for name in LESSONS if (ROOT / "emlib" / "lessons" / name / "exercises.py").is_file()]
WIDGETS = {"ipywidgets", "anywidget", "comm", "traitlets", "IPython"}


def loaded_by(statement):
    """Names of the modules that a fresh interpreter holds after a statement."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def lessons_in(modules):
    """The lessons of which something is loaded."""
    return {name.split(".")[2] for name in modules if name.startswith("emlib.lessons.")}


# Names that are loaded when asked for -----------------------------------------------------------------------


@pytest.mark.parametrize("package", [exercises, *(importlib.import_module(f"emlib.lessons.{n}") for n in LESSONS)],
                         ids=lambda package: package.__name__)
def test_every_name_that_a_package_offers_is_there(package):
    assert package.__all__ and dir(package) == package.__all__
    assert all(hasattr(package, name) for name in package.__all__)
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'no_such_name'"):
        _ = package.no_such_name


@pytest.mark.parametrize("lesson", WITH_EXERCISES)
def test_the_kit_offers_every_exercise_of_a_lesson(lesson):
    module = importlib.import_module(f"emlib.lessons.{lesson}.exercises")
    assert module.__all__
    for name in module.__all__:
        assert getattr(exercises, name) is getattr(module, name)


def test_one_exercise_loads_its_own_lesson_numpy_and_nothing_else():
    modules = loaded_by("from emlib import exercises")
    assert not lessons_in(modules)
    for name in ("check_elbo", "check_model"):
        modules = loaded_by(f"from emlib import exercises; exercises.{name}")
        (lesson,) = [key for key, checks in exercises.LESSONS.items() if name in checks]
        assert lessons_in(modules) == {lesson}
        assert not modules & {"matplotlib", *WIDGETS}


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lessons_picture_needs_no_widgets_and_no_other_lesson(lesson):
    modules = loaded_by(f"import emlib.lessons.{lesson}.scene")
    assert lessons_in(modules) == {lesson} and "matplotlib" in modules
    assert not modules & WIDGETS


def test_a_panel_loads_its_own_lesson_and_no_other():
    assert lessons_in(loaded_by("from emlib.lessons.jensen import JensenGap")) == {"jensen"}


def test_the_helper_loads_none_of_the_course():
    course = {f"emlib.{name}" for name in ("draw", "live", "lessons", "exercises", "whiteboard")}
    assert not course & loaded_by("import emlib")


# What a reader can see at a glance --------------------------------------------------------------------------

FRONT_END = [path for path in tracked_files() if path.suffix in (".js", ".mjs", ".css")]


@pytest.mark.parametrize("path", FRONT_END, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_line_of_the_front_end_is_longer_than_a_hundred_characters(path):
    assert max(len(line) for line in path.read_text(encoding="utf-8").splitlines()) <= 100


def test_the_front_end_is_found():
    assert {".js", ".css"} <= {path.suffix for path in FRONT_END}
