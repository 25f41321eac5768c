"""The form of the notebooks; what they print is compared by nbval, which the same pytest run collects."""

import re
import statistics
import subprocess
import sys

import nbformat
import pytest
from project import ROOT

sys.path.insert(0, str(ROOT / "tools"))  # a folder of scripts, not a package
from execute_notebooks import clean, execute

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in NOTEBOOKS])


def read(path):
    """A notebook, checked against the format's schema."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def cells(path, kind):
    """The cells of one kind that are not empty."""
    return [cell for cell in read(path).cells if cell.cell_type == kind and cell.source.strip()]


def code_lines(cell):
    """Lines of a code cell that are not blank."""
    return [line for line in cell.source.splitlines() if line.strip()]


# Chinese, Japanese kana: written without blanks, about a word a character.
CHARACTERS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def words(text):
    """Words between blanks, marks without a letter or digit not counted; of Chinese, characters."""
    spaced = CHARACTERS.sub(" ", text)
    return len(CHARACTERS.findall(text)) + sum(any(c.isalnum() for c in word) for word in spaced.split())


def outputs(path):
    """(cell, output) of every output."""
    return [(cell, output) for cell in cells(path, "code") for output in cell.outputs]


def test_the_course_has_its_first_notebook():
    assert ROOT / "notebooks" / "00_start_here.ipynb" in NOTEBOOKS


@every_notebook
def test_executed_from_top_to_bottom(path):
    counts = [cell.execution_count for cell in cells(path, "code")]
    assert counts == list(range(1, len(counts) + 1)), "run tools/execute_notebooks.py"
    assert len(counts) == sum(cell.cell_type == "code" for cell in read(path).cells), "an empty code cell"


@every_notebook
def test_no_error_is_committed(path):
    for cell, output in outputs(path):
        assert output.output_type != "error", cell.source
        assert output.get("name") != "stderr", f"a warning is shown under: {cell.source}"


@every_notebook
def test_no_volatile_state_is_committed(path):
    notebook = read(path)
    before = nbformat.writes(notebook)
    assert nbformat.writes(clean(notebook)) == before, "run tools/execute_notebooks.py"
    assert notebook.metadata.kernelspec.name == "python3"
    assert "widgets" not in notebook.metadata


@every_notebook
def test_length_in_cells(path):
    least = 8 if path.name == "00_start_here.ipynb" else 20
    assert least <= len(read(path).cells) <= 36


@every_notebook
def test_code_cells_are_short(path):
    sizes = [len(code_lines(cell)) for cell in cells(path, "code")]
    assert max(sizes) <= 20
    assert statistics.median(sizes) <= 4


@every_notebook
def test_two_and_a_half_words_of_prose_to_one_of_code(path):
    prose = sum(words(cell.source) for cell in cells(path, "markdown"))
    code = sum(words(cell.source) for cell in cells(path, "code"))
    assert prose >= 2.5 * code, f"{prose} words of prose, {code} of code"


@every_notebook
def test_every_picture_is_also_said_in_words(path):
    for cell, output in outputs(path):
        if any(kind.startswith("image/") for kind in output.get("data", {})):
            said = output.data.get("text/plain", "")
            assert words(said) >= 3 and not said.startswith("<"), (
                f"picture without a sentence under: {cell.source}"
            )
    for cell in cells(path, "markdown"):
        assert all(alt.strip() for alt in re.findall(r"!\[(.*?)\]\(", cell.source)), cell.source
        images = re.findall(r"<img\b[^>]*>", cell.source)
        assert all(re.search(r'\balt="[^"]+"', image) for image in images), cell.source


# That the checks above can turn red -------------------------------------------------------------------------


def small_notebook(path):
    """A notebook with a number, a widget and a picture, executed by the course's own tool."""
    v4 = nbformat.v4
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in ("print(6 * 7)", "1 / 8")])
    notebook.cells.append(v4.new_code_cell("import ipywidgets\nipywidgets.IntSlider(3)"))
    nbformat.write(notebook, path)
    execute(path)
    return path


def nbval(path):
    """Exit code and output of the strict comparison, with the project's own settings."""
    options = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(path.parent), "-p", "no:cacheprovider"]
    sanitize = f"--nbval-sanitize-with={ROOT / 'tests' / 'nbval_sanitize.cfg'}"
    command = [sys.executable, "-m", "pytest", *options, sanitize, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", errors="replace")
    return done.returncode, done.stdout


def change_one_digit(notebook):
    """Raise the last digit of the first output with one by one (9 becomes 0); what it then says, or None."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            holder, key = (output, "text") if "text" in output else (output.get("data", {}), "text/plain")
            found = re.match(r"(.*)(\d)", holder.get(key, ""), flags=re.DOTALL)
            if found:
                holder[key] = f"{found[1]}{(int(found[2]) + 1) % 10}{holder[key][found.end() :]}"
                return holder[key]
    return None


def test_a_sentence_counts_about_the_same_in_chinese():
    english = words("The identity holds for every q: ELBO + KL does not change when you drag the bars.")
    chinese = words("恒等式对每个 q 都成立：拖动条形时，ELBO + KL 不变。")
    assert english == 16 and 0.8 < chinese / english < 1.6
    assert words("$q$ — = |") == 1


@every_notebook
def test_shows_a_number_that_nbval_can_compare(path):
    assert change_one_digit(read(path)) is not None


def test_the_tool_stores_clean_outputs_that_nbval_accepts(tmp_path):
    path = small_notebook(tmp_path / "small.ipynb")
    assert [cell.execution_count for cell in read(path).cells] == [1, 2, 3]
    test_no_volatile_state_is_committed(path)
    code, shown = nbval(path)
    assert code == 0, shown
    assert "3 passed" in shown


def test_a_wrong_digit_in_a_committed_output_turns_red(tmp_path):
    notebook = read(ROOT / "notebooks" / "00_start_here.ipynb")
    wrong = change_one_digit(notebook)
    path = tmp_path / "00_start_here.ipynb"
    nbformat.write(notebook, path)
    code, shown = nbval(path)
    assert code == 1, f"{wrong!r} passed for what the notebook prints:\n{shown}"
    assert "1 failed" in shown
