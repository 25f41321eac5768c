#!/usr/bin/env python3
"""Write requirements.txt: exact versions of everything, for every system and Python that emlib supports.

Run it when a range in pyproject.toml changes, or to move to newer versions; then run the tests, and commit
both files together. It needs uv on the PATH (`pip install uv`).
"""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# One version a package for all Pythons (fewest forks), so that everyone sees the numbers that were tested.
COMMAND = (
    "uv pip compile --universal --python-version 3.11 --fork-strategy fewest --all-extras "
    "--no-header --no-annotate --quiet pyproject.toml"
)
HEADER = f"""\
# The exact versions the course is tested with, for every system. Not edited by hand:
# `python tools/pin.py` writes it from pyproject.toml, with
#   {COMMAND}
"""


def main():
    """Resolve anew and replace requirements.txt."""
    done = subprocess.run(COMMAND.split(), cwd=ROOT, check=True, capture_output=True, text=True)
    (ROOT / "requirements.txt").write_text(HEADER + done.stdout + "-e .\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
