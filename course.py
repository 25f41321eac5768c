#!/usr/bin/env python3
"""Open the course, or run its tests, on a machine that has only Python 3.11 or newer.

    python3 course.py             open JupyterLab at notebooks/00_start_here.ipynb
    python3 course.py test        check the code's style and run every test and notebook

What follows is passed on: `python3 course.py --no-browser` to JupyterLab, `python3 course.py test -x` to
pytest. On Windows: `py course.py`. Both keep their packages in the folder .venv beside this file and touch
nothing else; a .venv that somebody else made is left as it is.
"""

# Standard library only, and no syntax newer than Python 3.6, so that an old Python is refused in words.
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "emlib-installed"  # says that this script made .venv and, once all is installed, what for
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
NOTEBOOK = "notebooks/00_start_here.ipynb"
OLDEST = (3, 11)


def wanted():
    """What the packages in .venv follow from: the pins, the project file, this Python and this folder."""
    text = b"\0".join((ROOT / name).read_bytes() for name in ("requirements.txt", "pyproject.toml"))
    return "{}.{} {} {}".format(*sys.version_info[:2], hashlib.sha256(text).hexdigest(), ROOT)


def made_by_this_python():
    """Whether .venv runs, on the Python version that runs this script."""
    try:
        version = subprocess.check_output(
            [str(PYTHON), "-c", "import sys, pip; print(*sys.version_info[:2])"]
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return version.decode().split() == [str(part) for part in sys.version_info[:2]]


def is_free():
    """Whether there is no .venv, or an empty folder."""
    return not os.path.lexists(str(VENV)) or (VENV.is_dir() and not any(VENV.iterdir()))


def make():
    """An empty .venv, in place of one that this script made before.

    The stamp comes first, and stays while the rest is taken away: a run that was interrupted anywhere finds its own.
    """
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            "This Python cannot make virtual environments: its venv or ensurepip module is missing.\n"
            "On Debian and Ubuntu: sudo apt install python3-venv. Elsewhere: get Python from python.org."
        )
    print("Making the folder .venv ...", flush=True)
    VENV.mkdir(exist_ok=True)
    STAMP.write_text("not finished", encoding="utf-8")
    for old in VENV.iterdir():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(str(old))
        elif old != STAMP:
            old.unlink()
    if subprocess.call([sys.executable, "-m", "venv", str(VENV)]):
        sys.exit("Python could not make {}; the lines above say why.".format(VENV))


def set_up():
    """Bring .venv to the pinned packages; do nothing when it has them already."""
    if not STAMP.is_file() and not is_free():
        sys.exit(
            "There is a .venv in this folder that this script did not make; it is left as it is.\n"
            "To use this script, rename or delete {} and run the same command again.\n"
            "To use that environment, follow the line for uv or for conda in README.md.".format(VENV)
        )
    if STAMP.is_file() and PYTHON.is_file() and STAMP.read_text(encoding="utf-8") == wanted():
        return
    inside = Path(sys.prefix) == VENV  # started by .venv's own Python: not to be made anew now
    if not inside and not (PYTHON.is_file() and made_by_this_python()):
        make()
    print("Installing the course's packages into .venv (once; a minute or two) ...", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    if subprocess.call([*pip, "-r", "requirements.txt"], cwd=str(ROOT)):
        sys.exit(
            "\npip could not install the packages; the lines above are its own words.\n"
            "If they speak of connections, retries or names not resolved, this machine does not reach the\n"
            "network (or needs a proxy: set HTTPS_PROXY). Mend that and run the same command again."
        )
    STAMP.write_text(wanted(), encoding="utf-8")


def test(arguments):
    """Style, then pytest over tests and notebooks; all of it always runs, and any of it fails the command.

    Files are shared out among the processors, except those that drive a browser: their waits are for one at a time.
    With arguments of the reader's own it is one plain run of pytest.
    """
    pytest = [str(PYTHON), "-m", "pytest"]
    several = [*pytest, "-m", "not browser", "--numprocesses", "auto", "--dist", "loadfile"]
    runs = [[*pytest, *arguments]] if arguments else [several, [*pytest, "-m", "browser"]]
    failed = [subprocess.call(command, cwd=str(ROOT)) for command in ([str(PYTHON), "-m", "ruff", "check", "."], *runs)]
    return int(any(failed))


def lab(arguments):
    """JupyterLab, in this folder, at the first notebook."""
    options = ["--ServerApp.root_dir={}".format(ROOT), "--LabApp.default_url=/lab/tree/" + NOTEBOOK]
    command = [str(PYTHON), "-m", "jupyterlab", *options, *arguments]
    if os.name == "nt":
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which asks before it stops
        return subprocess.call(command, cwd=str(ROOT))
    if os.geteuid() == 0 and "--allow-root" not in arguments:
        print("You are root: JupyterLab is started with --allow-root.", flush=True)
        command.append("--allow-root")  # root in a container or on a CI machine: already the user's choice
    os.chdir(str(ROOT))
    return os.execv(command[0], command)  # the server takes this process's place, and its signals


def main(arguments):
    """Choose between the two commands."""
    if sys.version_info < OLDEST:
        sys.exit(
            "emlib needs Python {}.{} or newer; this is {}.{}, at {}.\n"
            "Install a newer one, from python.org or your system's packages, and run this with it.".format(
                *OLDEST, *sys.version_info[:2], sys.executable
            )
        )
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    set_up()
    return test(arguments[1:]) if arguments[:1] == ["test"] else lab(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
