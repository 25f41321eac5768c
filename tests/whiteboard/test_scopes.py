"""What is printed as proved is what was proved: verdicts and scopes are held to the claims, and no text says more."""

import json
import re

import pytest
from project import ROOT
from sympy import Symbol

from emlib.whiteboard import LINES, AnyLabels, AtLeast, Continuous, Discrete, Identity, Solution, TwoMeans, log
from emlib.whiteboard.models import Coins, Component, Weights

VERDICTS = {
    **dict.fromkeys(LINES, "proved"),
    **dict.fromkeys(("W10", "W14", "W21", "W23", "W24"), "an instance proved"),
    "W25": "proved in part (cited: Wu 1983)",
}
NUMBER_OF_LABELS = "any finite number K"


def plain(text):
    return " ".join(text.split())


# Verdicts and scopes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LINES)
def test_the_verdict_is_one_of_three(name):
    assert LINES[name].verdict == VERDICTS[name]


@pytest.mark.parametrize("name", LINES)
def test_a_line_is_proved_only_by_claims_for_any_number_of_labels(name):
    line = LINES[name]
    assert all(claim.on.general for claim in line.general())
    assert not any(getattr(claim.on, "general", False) for claim in line.instances())
    if line.verdict == "proved":
        assert line.whole and line.general() and not line.cited
    assert (NUMBER_OF_LABELS in line.scope) == bool(line.general())
    assert ("instance" in line.scope.lower()) == (line.verdict != "proved")


@pytest.mark.parametrize("name", LINES)
def test_the_scope_names_the_models_that_were_used(name):
    scope, boards = LINES[name].scope, {claim.on for claim in LINES[name].claims()}
    assert ("q may be 0" in scope) == (AnyLabels(zeros=True) in boards)
    assert ("real z" in scope) == (Continuous() in boards)
    assert ("two unit normals" in scope) == (TwoMeans() in boards)
    assert ("known densities" in scope) == (Weights() in boards)
    assert ("coins" in scope) == (Coins() in boards)
    assert ("N = 3 points" in scope) == (Component() in boards)
    for K in (2, 3):
        assert (f"K = {K}" in scope) or Discrete(K) not in boards
    assert ("Replayed for K = 2 and K = 3" in scope) <= ({Discrete(2), Discrete(3)} <= boards)


@pytest.mark.parametrize("name", LINES)
def test_lines_about_any_number_of_labels_are_claims_about_a_generic_term(name):
    for claim in LINES[name].general():
        assert isinstance(claim.on, AnyLabels)
        proof = claim.prove()
        assert proof.scope == claim.on.name and "any number of labels" in proof.scope
        shown = str([step.math for step in proof.steps])
        assert re.search(r"[Pq]\([kz]", shown + str(claim)) and not re.search(r"\b[Pq]_\d", shown)


@pytest.mark.parametrize("name", ["W9", "W11", "W17", "W18"])
def test_where_the_line_says_iff_it_is_claimed_for_any_number_of_labels(name):
    claims = [claim for claim in LINES[name].general() if isinstance(claim, AtLeast)]
    assert claims and all(claim.equality for claim in claims)


def test_the_constant_ratio_is_solved_for_any_number_of_labels():
    assert any(isinstance(claim, Solution) for claim in LINES["W18"].general())


def test_what_is_cited_is_not_stated_as_proved():
    line = LINES["W25"]
    proof = line.prove()
    assert "Wu" in line.as_taught and "limit points" in line.as_taught
    assert "Wu" not in proof.statement and "limit" not in proof.statement
    assert "Cited and not proved" in proof.scope and proof.scope.endswith("(Wu 1983).")
    assert all(part in line.as_taught for part in re.split(r"(?<=falls)\. ", proof.statement))
    assert [name for name in LINES if LINES[name].cited] == ["W25"]
    assert all(LINES[name].proves == LINES[name].as_taught for name in LINES if name != "W25")


@pytest.mark.parametrize("name", LINES)
def test_a_cited_theorem_stands_in_no_other_line(name):
    if re.search(r"\(\w+ (18|19|20)\d\d\)", LINES[name].as_taught):
        assert LINES[name].cited


def test_other_statements_are_not_called_the_line():
    b = Discrete(2)
    proof = LINES["W8"].prove(Identity(log(b.evidence()), b.elbo() + b.kl(), b))
    assert proof.verdict == "proved" and proof.statement == ""
    assert "not W8 itself" in proof.scope and b.name in proof.scope and b.name in plain(str(proof))


@pytest.mark.parametrize("name", LINES)
def test_a_line_and_its_proof_show_the_scope_beside_the_verdict(name):
    line = LINES[name]
    assert f"{line.verdict}. {line.scope}" in line._repr_markdown_()
    assert "{" not in line.scope and "|" not in line.scope and "$" not in line.scope


def test_a_proof_of_one_claim_says_where():
    proof = Identity(Symbol("x"), Symbol("x"), Discrete(2)).prove()
    assert plain(str(proof)) == f"proved {Discrete(2).name}"
    assert f"*{Discrete(2).name}*" in proof._repr_markdown_() and "**proved** ∎" in proof._repr_markdown_()


# Notebooks, and whatever else says "proved" -----------------------------------------------------------------------


def cells(kind):
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == kind:
                yield path.name, cell


def printed(cell):
    return "".join("".join(output.get("text", ())) for output in cell["outputs"])


PROVING = [
    pytest.param(cell, tag.partition(":")[2], id=f"{name[:2]}-{tag}")
    for name, cell in cells("code")
    for tag in cell["metadata"].get("tags", ())
    if tag.startswith("proves:")
]


@pytest.mark.parametrize(("cell", "name"), PROVING)
def test_a_cell_that_proves_prints_line_verdict_and_scope(cell, name):
    line = LINES[name]
    assert plain(f"{name} {line.verdict} {line.scope}") in plain(printed(cell))


def test_every_line_is_proved_in_a_notebook():
    assert {parameters.values[1] for parameters in PROVING} == set(LINES)


def test_no_output_says_proved_without_its_scope():
    for name, cell in cells("code"):
        text = plain(printed(cell))
        for found in re.finditer(r"(W\d+)\W+((?:an instance )?proved[^.]{0,30})", text):
            rest = text[found.start(2):]
            assert rest.startswith(f"{LINES[found[1]].verdict} {LINES[found[1]].scope}"), (name, found[0])


SAYS_PROVED = re.compile(r"\b(prove[sd]?|proofs?|proving)\b", re.IGNORECASE)
SAYS_SCOPE = re.compile(r"\b(scope|labels?|instances?|in part)\b", re.IGNORECASE)


def paragraphs():
    """Every paragraph of the project's prose that speaks of SymPy or of a proof of the whiteboard's."""
    texts = [(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
             for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "notebooks").glob("*.md"),
                          *(ROOT / "docs").glob("**/*.md")]]
    texts += [(name, "".join(cell["source"])) for name, cell in cells("markdown")]
    for name, text in texts:
        for paragraph in text.split("\n\n"):
            if SAYS_PROVED.search(paragraph) and re.search(r"SymPy|LINES\[|whiteboard", paragraph):
                yield name, paragraph


def test_no_paragraph_says_that_sympy_proves_without_saying_what():
    found = list(paragraphs())
    assert {name[:2] for name, _ in found} >= {"01", "02", "03", "04", "05", "06", "07", "08"}
    silent = [(name, paragraph) for name, paragraph in found if not SAYS_SCOPE.search(paragraph)]
    assert not silent, silent


def test_nobody_says_that_every_line_is_proved():
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "notebooks" / "README.md",
                 *(ROOT / "emlib" / "whiteboard").glob("*.py")]:
        text = plain(path.read_text(encoding="utf-8"))
        assert not re.search(r"\b(each|every|all)\b[^.:;]{0,60}\bproved by SymPy", text, re.IGNORECASE), path
