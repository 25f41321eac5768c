"""The panel of notebook 19, swept without a browser; and the notebook's exercise, solved as its folded answer says."""

import contextlib
import io
import math
import re
from dataclasses import replace

import nbformat
import numpy as np
import pytest
from legible import assert_legible
from project import ROOT

from emlib import check_em
from emlib.lessons import detective
from emlib.lessons.detective import cases, matching
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
    shown = run(cell("import numpy"), cell("days = ["), cell("class PoissonMixture"),
                cell("feedback = exercises.check_model"))
    assert "○ Not started yet" in shown and "rates [" not in shown


def test_the_folded_answer_is_certified_and_finds_the_published_numbers():
    shown = run(cell("import numpy"), cell("days = ["), folded(), cell("feedback = exercises.check_model"))
    assert "✓ Certified" in shown
    assert "weights [0.3599 0.6401] rates [1.256 2.663]" in shown


def test_the_folded_wrong_model_is_certified_and_the_folded_check_tells_it_apart():
    shown = run(cell("import numpy"), cell("days = ["), folded(), cell("exercises.check_model(Wrong"))
    assert "✓ Certified" in shown and "model that you meant" in shown and "✓ [1.  2.5]" in shown
    shown = run(cell("import numpy"), cell("days = ["), folded(), """
wrong = Wrong([0.3, 0.7], [1.0, 2.5])
print(variances(wrong), type(fit(wrong, deaths, max_iter=3, tol=None).model).__name__)""")
    assert "[2.   8.75] Wrong" in shown


@pytest.mark.parametrize(("body", "words"), [
    ("return None", "✗ not yet"), ("return model.rates + model.rates**2", "✗ not yet"),
    ("return [1, 2, 3]", "✗ not yet"), ("return 'one'", "✗ not yet"),
    ("return [nan, nan]", "✗ variances raised NameError"),
    ("return np.nan * model.rates", "✗ not yet"), ("raise SystemExit", "✗ variances raised SystemExit"),
    ("return ['a', 'b']", "✗ variances raised"), ("raise NotImplementedError", "○ variances: not started yet"),
])
def test_whatever_variances_returns_the_notebook_runs_on(body, words):
    mine = f"def variances(model):\n    {body}"
    shown = run(cell("import numpy"), cell("days = ["), folded(), mine, cell("exercises.check_model(Wrong"))
    assert words in shown


def test_the_published_digits_need_more_than_the_usual_tolerance():
    """What the folded answer says of its 2022 and 928 iterations."""
    shown = run(cell("import numpy"), cell("days = ["), folded(), """
start = PoissonMixture([0.3, 0.7], [1.0, 2.5])
for options in ({"tol": 0}, {}):
    trace = fit(start, deaths, max_iter=4000, **options)
    print(trace.stop, trace.n_iter, trace.model.rates.round(3))""")
    assert "converged 2022 [1.256 2.663]" in shown and "converged 928 [1.254 2.662]" in shown


# Three tosses tell three numbers, and two do not (2K − 1 for K components) -------------------------------------


@pytest.mark.parametrize(("tosses", "told"), [(1, 1), (2, 2), (3, 3), (5, 3)])
def test_three_tosses_are_enough(tosses, told):
    """So many of the three numbers does p(x|θ), for all x, determine near θ: the rank of its derivatives."""
    kind = type("Tossed", (detective.ThreeCoins,), {"tosses": tosses})
    x = np.arange(tosses + 1.0)
    sequences = np.array([math.comb(tosses, int(heads)) for heads in x])

    def density(theta):
        return sequences * np.exp(kind(*theta).log_joint(x)).sum(axis=1)

    theta, h = np.array([0.45, 0.3, 0.7]), 1e-5
    slopes = np.array([density(theta + step) - density(theta - step) for step in h * np.eye(3)]) / (2 * h)
    assert density(theta).sum() == pytest.approx(1)
    assert np.linalg.matrix_rank(slopes, tol=1e-6) == told


# The exercise before any report opens -----------------------------------------------------------------------


RIGHT = {letter: matching.LISTED.index(name) + 1 for letter, name in cases.SUSPECTS.items()}


def test_the_list_of_the_notebook_is_that_of_the_exercise_and_its_answer_is_right():
    (listed,) = [c.source for c in NOTEBOOK.cells if "## Six suspects" in c.source]
    words = ("standard deviation", "never updated", "without the entropy", "most probable", "over the points instead",
             "*previous*")
    for number, word in enumerate(words, 1):
        assert re.search(rf"^{number}\. .*{re.escape(word)}", listed, re.MULTILINE)
    (answer,) = re.findall(r"★ (A\d.*F\d)\.", "\n".join(c.source for c in NOTEBOOK.cells))
    assert answer == ", ".join(f"{letter}{number}" for letter, number in RIGHT.items())
    assert detective.match(**RIGHT) and detective.match(*RIGHT.values())


@pytest.mark.parametrize("letter", "ABCDEF")
def test_what_a_clue_says_is_seen_in_the_curves(letter):
    states = claims(*detective.suspect(letter))
    gains = [m.bound.elbo - e.bound.elbo for e, m in zip(states[::2], states[1::2], strict=True)]
    gaps = [e.bound.kl for e in states[::2]]
    assert (gains[0] < -1) == (letter in "ADE")
    assert (max(map(abs, gaps)) < 1e-9) == (letter in "ABDF")
    assert (min(gaps) > 0.5) == (letter == "C") and (max(gaps) < -100) == (letter == "E")
    if letter in "AD":
        assert (max(map(abs, gains[1:])) < 1e-9) == (letter == "A")


@pytest.mark.parametrize(("answers", "kind", "words"), [
    ({}, "not started", "in place of the dots"),
    ({"A": 4, "B": 2}, "not started", "Still to do: C, D, E, F"),
    ({**RIGHT, "A": 1, "D": 4}, "wrong", "4 of the 6 that you matched are right. Look at A again. Its ELBO falls"),
    ({**RIGHT, "B": 6, "F": 2}, "wrong", "Look at B again. After each E its two curves meet"),
    ({"C": 5}, "wrong", "0 of the 1 that you matched are right. Look at C again"),
    ({**RIGHT, "B": 6}, "wrong", "Mistake 6 is given to B and to F"),
    ({"A": "hard counts"}, "type", "not 'hard counts'"),
    ({"A": None}, "type", "1 to 6, not None"),
    ({"A": 7}, "type", "not 7"),
    ({"A": True}, "type", "not True"),
    ({"A": 4.0}, "type", "not 4.0"),
    ({"A": [4]}, "type", "something of type list"),
    ({"A": np.arange(3)}, "type", "something of type ndarray"),
    ({"a": 4}, "wrong", "no suspect a"),
])
def test_a_matching_gets_one_sentence(answers, kind, words):
    feedback = detective.match(**answers)
    assert (feedback.passed, feedback.kind) == (False, kind) and words in feedback.message
