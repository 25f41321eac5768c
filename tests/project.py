"""What tests and benchmarks ask about this machine and this tree: its files, and the browser or its absence."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
NODE = (18, 19)      # the oldest that works: the one of Debian 12
HOW_TO_GET_NODE = (
    "no Node.js found of version {}.{} or newer: install one (Debian, Ubuntu: apt install nodejs) or set EMLIB_NODE to "
    "its path"
).format(*NODE)
HOW_TO_GET_ONE = (
    "no Chromium found: install one (Debian, Ubuntu: apt install chromium; elsewhere Chrome or Edge will do) "
    "or set EMLIB_CHROMIUM to its path"
)


def find_chromium():
    """Path of a Chromium-family browser, or None."""
    named = os.environ.get("EMLIB_CHROMIUM")
    if named:
        return shutil.which(named)
    found = (shutil.which(name) for name in BROWSERS)
    bundles = (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        os.path.expandvars(r"%ProgramFiles%\Google\Chrome\Application\chrome.exe"),
        os.path.expandvars(r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe"),
    )
    return next((path for path in (*found, *map(shutil.which, bundles)) if path), None)


@functools.cache
def find_node():
    """Path of a Node.js that is new enough, or None."""
    path = shutil.which(os.environ.get("EMLIB_NODE") or "node")
    if path is None:
        return None
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    return path if tuple(int(part) for part in version.strip("v\n").split(".")[:2]) >= NODE else None


def tracked_files(root=ROOT):
    """The files of a clone: tracked, or about to be (in a fresh clone the two are the same).

    A copy without git (a downloaded archive) has nothing else in it, apart from what the tools make.
    """
    if (root / ".git").exists() and shutil.which("git"):
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = (
            subprocess.run(command, cwd=root, check=True, capture_output=True).stdout.decode().split("\0")
        )
        return sorted(path for name in set(listed) - {""} if (path := root / name).is_file())
    made = {".venv", "node_modules", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints"}
    return sorted(p for p in root.rglob("*") if p.is_file() and not made & set(p.relative_to(root).parts))
