#!/usr/bin/env python3
"""Write notebooks/README.md: for each line of the whiteboard, where it is derived, proved, checked and moved.

    python tools/coverage_table.py

Beside "proved" stands what was proved. The table is read off the tags of the notebooks' cells ("derives:W6",
"proves:W6", "checks:W6", "moves:W6"); a test fails when it and the committed table differ, or when one of its cells
is empty.
"""

from collections import defaultdict
from pathlib import Path

import nbformat

from emlib.whiteboard import LINES

ROOT = Path(__file__).resolve().parents[1]
WAYS = {"derives": "Derived", "proves": "Proved", "checks": "Checked", "moves": "Moved"}
NOT_MOVED = {}          # line → why no hand can move it, in one sentence


def tagged(folder=ROOT / "notebooks"):
    """{(line, way): [notebook file names, in order, without repeats]}."""
    found = defaultdict(list)
    for path in sorted(folder.glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for tag in cell.metadata.get("tags", ()):
                way, _, line = tag.partition(":")
                if way not in WAYS or line not in LINES:
                    raise ValueError(f"{path.name}: tag {tag!r} is not one of {', '.join(WAYS)} with a line W1 to W25")
                if path.name not in found[line, way]:
                    found[line, way].append(path.name)
    return found


def rows(found):
    """One list of six Markdown cells for each line; an empty cell is an empty string."""
    def links(line, way):
        if way == "moves" and line in NOT_MOVED:
            return f"not by hand: {NOT_MOVED[line]}"
        where = " ".join(f"[{name[:2]}]({name})" for name in found.get((line, way), ()))
        return f"{where} **{LINES[line].verdict}**: {scope(line)}" if where and way == "proves" else where
    return [[line, statement(line), *(links(line, way) for way in WAYS)] for line in LINES]


def statement(line):
    """What the line says, as taught, in one table cell."""
    text = " ".join(LINES[line].as_taught.split())
    if "|" in text:
        raise ValueError(f"{line}: a bar would end the table's cell; write \\mid or \\Vert")
    return text


def scope(line):
    """What SymPy proves of the line, and for which z and models, in one table cell."""
    if "|" in LINES[line].scope:
        raise ValueError(f"{line}: a bar in its scope would end the table's cell; write it without")
    return LINES[line].scope


def page(found):
    """The text of notebooks/README.md."""
    head = ["Line", "As taught", *WAYS.values()]
    table = [head, ["---"] * len(head), *rows(found)]
    return "\n".join([
        "# The whiteboard, line by line",
        "",
        "The course teaches one derivation in twenty-five lines. Each is derived in prose, checked numerically on a",
        "real model, and moved by hand. SymPy proves it as far as its scope says: **proved** is a line that holds for",
        "any number of labels, **an instance proved** one of which models of a stated size are proved, and what is",
        "cited is named. The numbers below are notebooks; `tools/coverage_table.py` writes the table from the tags of",
        "their cells.",
        "",
        *("| " + " | ".join(row) + " |" for row in table),
        "",
    ])


if __name__ == "__main__":
    (ROOT / "notebooks" / "README.md").write_text(page(tagged()), encoding="utf-8")
