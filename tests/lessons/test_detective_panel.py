"""The panel of notebook 19, swept without a browser; and the notebook's exercise, solved as its folded answer says."""

import contextlib
import io
import re
from dataclasses import replace

import nbformat
import numpy as np
import pytest
from legible import assert_legible
from project import ROOT

from emlib import check_em
from emlib.lessons import detective
from emlib.lessons.detective.panel import DetectivePanel, claims
from emlib.lessons.detective.scene import SuspectScene


@pytest.fixture(scope="module")
def panel():
    return DetectivePanel({letter: detective.suspect(letter) for letter in "ABCDEF"})


@pytest.mark.parametrize("letter", "ABCDEF")
def test_every_state_of_every_suspect(panel, letter):
    panel.choose.value = letter
    truth = check_em(*detective.suspect(letter))
    for opened in (False, True):
        panel.open_report.value = opened
        assert len(panel.states) == 20
        for i in range(len(panel.states)):
            panel.stage.index = i
            assert not panel.error
            when = f"iteration {i // 2 + 1}, after {'EM'[i % 2]}"
            assert panel.sentence.startswith(f"Suspect {letter}, {when}: it claims")
        ending = f"The first check that fails: {truth.first_failure.title}."
        assert panel.sentence.endswith(ending if opened else "The report is closed.")
    assert str(panel.report) == str(truth)


def test_opening_the_report_keeps_the_place_and_another_suspect_starts_anew(panel):
    panel.choose.value, panel.open_report.value = "A", False
    panel.stage.index = 7
    panel.open_report.value = True
    assert panel.stage.index == 7
    panel.choose.value = "B"
    assert panel.stage.index == 0 and "The report is closed" in panel.sentence and not panel.open_report.value


def test_opening_the_report_is_no_other_state(panel):
    panel.choose.value, panel.open_report.value = "A", False
    states = panel.states
    panel.open_report.value = True
    assert all(a is b for a, b in zip(states, panel.states, strict=True))


def test_an_open_report_is_another_picture(panel):
    panel.choose.value, panel.open_report.value = "C", False
    closed = panel.stage.scene.rgba(panel.state)
    panel.open_report.value = True
    opened = panel.stage.scene.rgba(panel.state)
    assert (closed != opened).any()
    assert (closed[:, :550] == opened[:, :550]).all(), "the claims stay as they are"


@pytest.mark.parametrize("n", [1, 19, 22, 26])
def test_a_report_of_any_length_is_read_in_letters_of_13_points(n):
    model, x = detective.suspect("C")
    checks = [replace(check) for check in (2 * check_em(model, x).checks)[:n]]      # each one is another theorem
    checks[0] = replace(checks[0], passed=None)                                     # what does not apply is not broken
    states = claims(model, x, 3)
    for is_open in (False, True):
        scene = SuspectScene("C", states, checks, is_open)
        figure = scene.figure(states[-1])
        assert_legible(figure)
        assert scene.size[0] == 9 and (n > 19 or scene.size[1] == 5)
        rows = [text for text in figure.texts if text.get_text() in {c.name for c in checks}]
        assert len(rows) == n and {text.get_fontsize() for text in rows} == {13}
        assert not np.ptp([text.get_position()[0] for text in rows]), "one column"
        points = 72 * figure.get_figheight() * np.diff([text.get_position()[1] for text in rows])
        assert (points <= -1.25 * 13).all(), "a row below the other"
        bold = [text.get_text() for text in rows if text.get_weight() == "bold"]
        broken = [c.name for c in checks if c.passed is False]
        assert bold == (broken[:1] if is_open else [])
        marks = "".join(text.get_text() for text in figure.texts if text.get_text() in "?✓✗–")
        expected = "".join({True: "✓", False: "✗", None: "–"}[c.passed] for c in checks)
        assert marks == (expected if is_open else "?" * n)


def test_what_goes_wrong_behind_a_control_is_said_in_the_panel(panel):
    panel.suspects["Z"] = ("no model", None)
    panel.choose.options = [*panel.choose.options, "Z"]
    panel.choose.value = "Z"
    assert "AttributeError" in panel.error
    panel.choose.value = "A"
    assert not panel.error


def test_claims_are_what_the_model_says():
    model, x = detective.suspect("C")
    first, second = claims(model, x, 1)
    q = model.posterior(x)
    assert (first.bound.log_lik, first.bound.elbo) == (model.log_lik(x), model.elbo(x, q))
    assert second.bound.elbo == model.m_step(x, q).elbo(x, q)
    assert first.bound.kl == pytest.approx(first.bound.log_lik - first.bound.elbo)


def test_claims_end_where_numbers_end():
    class GivesUp(detective.Clusters):
        def m_step(self, x, q):
            new = super().m_step(x, q)
            return GivesUp(new.weights, new.means, new.variances * np.nan)
    _, x, right, _ = detective.CASES["hard counts"].models()
    assert [state.kind for state in claims(GivesUp(right.weights, right.means, right.variances), x)] == ["E"]


def test_a_model_that_passes_is_said_to_pass():
    right, x = detective.CASES["hard counts"].models()[2:]
    panel = DetectivePanel({"Z": (right, x)})
    panel.open_report.value = True
    assert panel.sentence.endswith("No check fails.")


def test_no_suspect_is_refused():
    with pytest.raises(ValueError, match="suspects is empty"):
        DetectivePanel({})


# The exercise of notebook 19 --------------------------------------------------------------------------------


NOTEBOOK = nbformat.read(ROOT / "notebooks" / "19_debug_your_em.ipynb", as_version=4)


def cell(containing):
    """The one code cell with these words."""
    found = [c.source for c in NOTEBOOK.cells if c.cell_type == "code" and containing in c.source]
    assert len(found) == 1
    return found[0]


def run(*sources):
    """What some cells print, run one after another."""
    shown, names = io.StringIO(), {}
    with contextlib.redirect_stdout(shown):
        for source in sources:
            exec(source, names)
    return shown.getvalue()


def folded():
    """The answers in the folded cells, as code."""
    text = "\n".join(c.source for c in NOTEBOOK.cells if "<details>" in c.source)
    return "\n".join(re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL))


def test_the_students_copy_starts_empty_and_says_so():
    shown = run(cell("import numpy"), cell("days = ["), cell("class PoissonMixture"), cell("exercises.check_model"))
    assert "○ Not started yet" in shown and "rates [" not in shown


def test_the_folded_answer_is_certified_and_finds_the_published_numbers():
    shown = run(cell("import numpy"), cell("days = ["), folded(), cell("exercises.check_model"))
    assert "✓ Certified" in shown
    assert "weights [0.3599 0.6401] rates [1.256 2.663]" in shown


def test_the_right_names_are_counted():
    names = {letter: check_em(*detective.suspect(letter)).first_failure.name for letter in "ABCDEF"}
    shown = run(cell("import numpy"), 'suspects = {letter: detective.suspect(letter) for letter in "ABCDEF"}',
                f"mine = {names!r}", cell("agree = ["))
    assert "6 of 6 named. Look again at: nothing. Well done!" in shown
