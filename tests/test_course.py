"""course.py: what it makes, what it leaves alone, and what it says; with venv, pip and JupyterLab replaced by fakes."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from project import ROOT

SOURCE = (ROOT / "course.py").read_text(encoding="utf-8")


class Machine:
    """A folder with a copy of course.py, and what happens where it calls other programs."""

    def __init__(self, folder, monkeypatch):
        for name in ("course.py", "requirements.txt", "pyproject.toml"):
            (folder / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
        spec = importlib.util.spec_from_file_location("course_under_test", folder / "course.py")
        self.course = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.course)
        self.venv, self.python = self.course.VENV, self.course.PYTHON
        self.calls, self.fail, self.version = [], set(), sys.version_info[:2]
        self.really = subprocess.check_output
        monkeypatch.setattr(subprocess, "call", self.call)
        monkeypatch.setattr(subprocess, "check_output", self.check_output)
        monkeypatch.setattr(self.course.os, "execv", self.execv)
        monkeypatch.setattr(self.course.os, "chdir", lambda folder: None)

    def call(self, command, cwd=None):
        """What subprocess.call returns; "venv" makes a Python, as the real one would."""
        program = command[command.index("-m") + 1]
        self.calls.append(program)
        if program in self.fail:
            return 1
        if program == "venv":
            assert "--clear" not in command and Path(command[-1]) == self.venv
            self.make_python()
        return 0

    def make_python(self):
        """An environment as venv, uv or anybody makes it."""
        self.python.parent.mkdir(parents=True, exist_ok=True)
        self.python.write_text("a Python", encoding="utf-8")

    def check_output(self, command):
        """What .venv's Python says that its version is; None: a Python without pip, a real one, is asked."""
        if self.version is None:
            return self.really([sys.executable, "-I", "-S", *command[1:]], stderr=subprocess.DEVNULL)
        return "{} {}\n".format(*self.version).encode()

    def execv(self, program, command):
        """JupyterLab takes the process's place."""
        self.calls.append(command)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    return Machine(tmp_path, monkeypatch)


def refused(machine, *arguments):
    """What it says when it stops, having called nothing."""
    with pytest.raises(SystemExit) as stopped:
        machine.course.main(list(arguments))
    return str(stopped.value)


def test_an_old_python_can_read_it():
    ast.parse(SOURCE, feature_version=(3, 6))
    with pytest.raises(SyntaxError):
        ast.parse("if (n := 1): pass", feature_version=(3, 6))
    assert not [node for node in ast.walk(ast.parse(SOURCE)) if isinstance(node, ast.JoinedStr)], "format, as elsewhere"


def test_an_old_python_is_refused_in_words(machine, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 8, 1))
    assert "emlib needs Python 3.11 or newer; this is 3.8" in refused(machine)
    assert not machine.calls and not machine.venv.exists()


def test_the_first_run_makes_and_installs_and_the_second_does_nothing(machine, capsys):
    machine.course.set_up()
    assert machine.calls == ["venv", "pip"]
    assert "Making the folder .venv" in capsys.readouterr().out
    machine.course.set_up()
    assert machine.calls == ["venv", "pip"] and not capsys.readouterr().out


def test_other_pins_are_installed_into_what_is_there(machine):
    machine.course.set_up()
    kept = machine.venv / "kept"
    kept.write_text("x", encoding="utf-8")
    pins = machine.venv.parent / "requirements.txt"
    pins.write_text(pins.read_text(encoding="utf-8") + "# another\n", encoding="utf-8")
    machine.course.set_up()
    assert machine.calls == ["venv", "pip", "pip"] and kept.exists()
    machine.course.set_up()
    assert machine.calls == ["venv", "pip", "pip"]


@pytest.mark.parametrize("version", [(3, 99), None])
def test_its_own_environment_is_made_anew_for_another_python(machine, version):
    machine.course.set_up()
    (machine.venv / "lib").mkdir()
    for old in (machine.venv / "old.txt", machine.venv / "lib" / "old.py"):
        old.write_text("x", encoding="utf-8")
    machine.course.STAMP.write_text("made for something else", encoding="utf-8")
    machine.version = version
    machine.course.set_up()
    assert machine.calls == ["venv", "pip", "venv", "pip"]
    assert sorted(path.name for path in machine.venv.iterdir()) == sorted(
        [machine.course.STAMP.name, machine.python.parent.name])


@pytest.mark.parametrize("arguments", [(), ("test",)])
@pytest.mark.parametrize("version", [sys.version_info[:2], None])
def test_an_environment_of_somebody_else_is_left_as_it_is(machine, arguments, version):
    """uv makes .venv too, without pip; README offers both roads in one folder."""
    machine.make_python()
    theirs = machine.venv / "pyvenv.cfg"
    theirs.write_text("uv = 0.9", encoding="utf-8")
    machine.version = version
    said = refused(machine, *arguments)
    assert "that this script did not make; it is left as it is" in said
    assert f"rename or delete {machine.venv}" in said and "uv or for conda in README.md" in said
    assert not machine.calls and not machine.course.STAMP.exists()
    assert theirs.read_text(encoding="utf-8") == "uv = 0.9" and machine.python.read_text(encoding="utf-8") == "a Python"


def test_started_by_the_python_of_somebody_elses_environment_it_installs_nothing(machine, monkeypatch):
    machine.make_python()
    monkeypatch.setattr(sys, "prefix", str(machine.venv))
    assert "did not make" in refused(machine, "test")
    assert not machine.calls


def test_started_by_its_own_python_it_is_not_made_anew(machine, monkeypatch):
    machine.course.set_up()
    machine.course.STAMP.write_text("made for something else", encoding="utf-8")
    machine.version = None
    monkeypatch.setattr(sys, "prefix", str(machine.venv))
    machine.course.set_up()
    assert machine.calls == ["venv", "pip", "pip"]


def test_a_file_or_a_dangling_link_is_not_its_folder_and_an_empty_folder_may_be(machine):
    machine.venv.write_text("a file", encoding="utf-8")
    assert "did not make" in refused(machine)
    machine.venv.unlink()
    if hasattr(machine.course.os, "geteuid"):           # on Windows a link needs a right of its own
        machine.venv.symlink_to(machine.venv.parent / "nowhere")
        assert "did not make" in refused(machine)
        machine.venv.unlink()
    machine.venv.mkdir()
    machine.course.set_up()
    assert machine.calls == ["venv", "pip"]


@pytest.mark.parametrize(("step", "words"), [("venv", "Python could not make"), ("pip", "pip could not install")])
def test_a_run_that_fails_says_so_and_the_next_one_heals_it(machine, step, words):
    machine.fail.add(step)
    assert words in refused(machine, "test")
    machine.fail.clear()
    machine.version = sys.version_info[:2] if step == "pip" else None
    machine.course.set_up()
    assert machine.calls[-1] == "pip"
    before = len(machine.calls)
    machine.course.set_up()
    assert len(machine.calls) == before, "now it is whole"


@pytest.mark.parametrize("at", ["venv", "pip"])
def test_a_run_that_was_interrupted_is_healed_by_the_next_one(machine, at, monkeypatch):
    def interrupted(command, cwd=None):
        if command[command.index("-m") + 1] == at:
            raise KeyboardInterrupt
        return machine.call(command, cwd)
    monkeypatch.setattr(subprocess, "call", interrupted)
    with pytest.raises(KeyboardInterrupt):
        machine.course.set_up()
    monkeypatch.setattr(subprocess, "call", machine.call)
    machine.course.set_up()
    assert machine.calls == ["venv", "pip"] and machine.python.is_file()
    assert machine.course.STAMP.read_text(encoding="utf-8") == machine.course.wanted()


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_python_without_venv_is_told_what_to_install(machine, missing, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else find(name))
    assert "sudo apt install python3-venv" in refused(machine)
    assert not machine.calls and not machine.venv.exists()


@pytest.mark.parametrize(("fail", "code"), [((), 0), (("ruff",), 1), (("pytest",), 1)])
def test_the_tests_all_run_and_any_failure_counts(machine, fail, code):
    machine.fail.update(fail)
    assert machine.course.main(["test"]) == code
    assert machine.calls == ["venv", "pip", "ruff", "pytest", "pytest"]


def test_arguments_of_the_readers_own_make_one_run(machine):
    assert machine.course.main(["test", "-k", "links"]) == 0
    assert machine.calls == ["venv", "pip", "ruff", "pytest"]


@pytest.mark.skipif(sys.platform == "win32", reason="there the server is a child, not the process itself")
@pytest.mark.parametrize(("user", "arguments", "times"), [(1000, [], 0), (0, [], 1), (0, ["--allow-root"], 1)])
def test_jupyterlab_opens_the_first_notebook(machine, user, arguments, times, monkeypatch, capsys):
    monkeypatch.setattr(machine.course.os, "geteuid", lambda: user)
    machine.course.main([*arguments, "--no-browser"])
    command = machine.calls[-1]
    assert command[:3] == [str(machine.python), "-m", "jupyterlab"] and command.count("--allow-root") == times
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in command and "--no-browser" in command
    assert ("You are root" in capsys.readouterr().out) == (user == 0 and not arguments)


def test_help_is_printed_and_nothing_is_made(machine, capsys):
    assert machine.course.main(["--help"]) == 0
    assert "python3 course.py test" in capsys.readouterr().out
    assert not machine.calls and not machine.venv.exists()
