"""The coverage table: generated, current, and without an empty cell."""

import sys
from types import SimpleNamespace

import nbformat
import pytest
from project import ROOT

sys.path.insert(0, str(ROOT / "tools"))  # a folder of scripts, not a package
import coverage_table as table

from emlib.whiteboard import LINES


def test_the_committed_table_is_the_generated_one():
    committed = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    assert committed == table.page(table.tagged()), "run tools/coverage_table.py"


def test_there_are_25_lines():
    assert list(LINES) == [f"W{i}" for i in range(1, 26)]


@pytest.mark.parametrize("row", table.rows(table.tagged()), ids=lambda row: row[0])
def test_no_cell_is_empty(row):
    assert all(row), dict(zip(["line", "statement", *table.WAYS], row, strict=True))


def test_at_most_five_lines_are_not_moved_and_each_says_why():
    assert len(table.NOT_MOVED) <= 5
    assert all(len(why.split()) >= 4 for why in table.NOT_MOVED.values())


@pytest.mark.parametrize("way", table.WAYS)
def test_a_tag_stands_on_a_cell_of_its_kind(way):
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if any(tag.startswith(f"{way}:") for tag in cell.metadata.get("tags", ())):
                assert cell.cell_type == ("markdown" if way == "derives" else "code"), (path.name, cell.source)
                assert way != "checks" or "assert" in cell.source, (path.name, cell.source)
                assert way != "proves" or ".prove()" in cell.source, (path.name, cell.source)


@pytest.mark.parametrize("row", table.rows(table.tagged()), ids=lambda row: row[0])
def test_beside_proved_stands_what_was_proved(row):
    line = LINES[row[0]]
    links, _, said = row[2 + list(table.WAYS).index("proves")].partition(" **")
    assert links.startswith("[") and said == f"{line.verdict}**: {line.scope}"


def test_a_bar_in_a_scope_is_named(monkeypatch):
    monkeypatch.setattr(table, "LINES", {"W1": SimpleNamespace(scope="p(x|z)")})
    with pytest.raises(ValueError, match="W1: a bar in its scope"):
        table.scope("W1")


def test_a_missing_tag_is_noticed(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    notebook.cells[0].metadata["tags"] = ["checks:W6"]
    nbformat.write(notebook, tmp_path / "01_one.ipynb")
    found = table.tagged(tmp_path)
    assert found == {("W6", "checks"): ["01_one.ipynb"]}
    row = next(row for row in table.rows(found) if row[0] == "W6")
    assert row[2:] == ["", "", "[01](01_one.ipynb)", ""]
    notebook.cells[0].metadata["tags"] = ["checks:W26"]
    nbformat.write(notebook, tmp_path / "01_one.ipynb")
    with pytest.raises(ValueError, match="W26"):
        table.tagged(tmp_path)
