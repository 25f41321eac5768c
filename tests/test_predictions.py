"""Predictions in the notebooks: one before each panel, readings folded, and what is said comes true in numbers."""

import copy
import re

import numpy as np
import pytest
from test_notebooks import NOTEBOOKS, every_notebook, read

from emlib import CoinMixture, GaussianMixture, bound, datasets, fit, hard, shared, words
from emlib.lessons import detective
from emlib.lessons.climb import OneMean
from emlib.lessons.two_arguments import SmudgedCoin
from emlib.live.predict import of_the_course

FOLD = re.compile(r"<details>\s*<summary>.*?</details>", re.DOTALL)
READING = "What you should have seen"
ASKED = re.compile(r"\bPredict\(\"([\w.]+)\"\)")


def in_sight(notebook):
    """The Markdown cells with a reading that is not folded."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    return [cell.source for cell in cells if READING.lower() in FOLD.sub("", cell.source).lower()]


def badly_folded(notebook):
    """Folds without the empty lines that let Markdown and formulas in them be read."""
    folds = [fold for cell in notebook.cells if cell.cell_type == "markdown" for fold in FOLD.findall(cell.source)]
    return [fold for fold in folds if not re.search(r"</summary>\n\n\S.*\n\n</details>$", fold, re.DOTALL)]


def unasked(notebook):
    """The panels without a prediction since the panel before; a picture that is none has the tag `picture`."""
    asked, missing = False, []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            asked = asked or "Predict(" in cell.source
            if any("image/png" in output.get("data", {}) for output in cell.outputs):
                if not asked and "picture" not in cell.metadata.get("tags", ()):
                    missing.append(cell.source)
                asked = False
    return missing


@every_notebook
def test_what_should_have_been_seen_is_folded(path):
    assert in_sight(read(path)) == [] and badly_folded(read(path)) == []


@every_notebook
def test_a_prediction_is_asked_before_each_panel(path):
    assert unasked(read(path)) == []


@every_notebook
def test_a_page_without_a_kernel_shows_the_question_and_folds(path):
    """The question is there, and in the cell that asks no answer is to be read."""
    for cell in read(path).cells:
        if "Predict(" in cell.source and cell.cell_type == "code":
            assert ASKED.fullmatch(cell.source.strip()), f"not a cell of its own with one name: {cell.source}"
            data = cell.outputs[0]["data"]
            for one in of_the_course(ASKED.search(cell.source)[1]):
                assert one.ask in data["text/plain"]
                assert all(answer.why not in data["text/plain"] for answer in one.answers)
            assert data["text/html"].count("<summary>") == data["text/html"].count("</details>") >= 1


def test_each_question_of_the_course_is_asked_in_one_notebook():
    used = [name for path in NOTEBOOKS for cell in read(path).cells if cell.cell_type == "code"
            for name in ASKED.findall(cell.source)]
    there = [f"{room}.{key}" for room, rows in words.table("predictions").items() for key in rows]
    assert sorted(used) == sorted(there)


def test_the_rules_find_what_is_wrong():
    good = read(next(path for path in NOTEBOOKS if path.name.startswith("04_")))
    opened, unprepared = copy.deepcopy(good), copy.deepcopy(good)
    reading = next(cell for cell in opened.cells if READING in cell.source)
    reading.source = re.sub("</?details>|<summary>|</summary>", "", reading.source)
    assert len(in_sight(opened)) == 1
    reading.source = f"<details><summary>{READING}</summary>\nno empty line\n</details>"
    assert in_sight(opened) == [] and len(badly_folded(opened)) == 1
    unprepared.cells = [cell for cell in unprepared.cells if "Predict(" not in cell.source]
    assert len(unasked(unprepared)) == 1 and unasked(good) == []


# What the answers say, in numbers ---------------------------------------------------------------------------


WAITING = datasets.old_faithful()[:, 1:]


def right(name, i):
    """The right answer of the i-th question of that name."""
    (answer,) = [answer for answer in of_the_course(name)[i].answers if answer.right]
    return answer


def test_without_labels_the_second_coin_ends_where_the_typed_answer_says():
    x, start = datasets.two_coins(), CoinMixture([0.5, 0.5], [0.6, 0.5], learn_weights=False)
    steps = fit(start, x, max_iter=10, tol=None).steps
    end, q = steps[-1].model, steps[-1].q
    low, high = right("two_coins.softly", 0).between
    assert low <= end.probs[1] <= high and round(end.probs[1], 2) == 0.52
    heads, tails = q[[1, 2, 4], 1] @ x[[1, 2, 4]]                # of A's sets, what counts for B
    assert heads > tails > 0
    assert (q[[0, 3], 1] > 0.85).all() and np.abs(q[:, 0] - 0.5).argmin() == 4 and round(q[4, 0], 2) == 0.60
    tie = fit(CoinMixture([0.5, 0.5], [0.6, 0.6], learn_weights=False), x).model
    assert np.allclose(tie.probs, 33 / 50)


def test_the_bounds_top_stands_where_the_curve_rises_and_before_its_summit():
    model = OneMean(GaussianMixture([0.5, 0.5], [[95.0], [80.0]], [[[100.0]], [[100.0]]]))
    top = fit(model, WAITING, max_iter=200, tol=None).model.theta
    for theta in np.linspace(40, 104, 65):
        at = model.at(theta)
        q = at.posterior(WAITING)
        new = at.m_step(WAITING, q).theta
        assert min(theta, top) <= new <= max(theta, top)
        others = theta + np.array([-20, -5, -1, 1, 5, 20])
        assert min(bound(model.at(other).log_joint(WAITING), q).kl for other in others) > 0.01


def test_the_two_curves_cross_at_three_places_and_the_two_sides_end_on_two_hills():
    x, grid = np.array([[8, 3]]), np.linspace(0.02, 0.98, 97)
    models = [SmudgedCoin(theta, 0.55) for theta in grid]
    steps = [model.m_step(x, model.posterior(x)).prob - model.prob for model in models]
    assert (np.diff(np.sign(steps)) != 0).sum() == 3
    ends = np.array([fit(model, x, max_iter=300, tol=None).model.prob for model in models])
    left = grid < 0.485
    assert np.allclose(ends[left], 0.2773, atol=1e-3) and np.allclose(ends[~left], 0.7243, atol=1e-3)
    assert SmudgedCoin(0.7243, 0.55).log_lik(x) > SmudgedCoin(0.2773, 0.55).log_lik(x)


def test_nearly_equal_means_gain_much_then_hardly_then_more():
    start = GaussianMixture([0.5, 0.5], [[68.0], [72.0]], [[[100.0]], [[100.0]]])
    gains = np.diff(fit(start, WAITING).log_liks)
    assert gains.argmax() == 0 and (gains[1:4] < gains[0] / 10).all() and gains[4:9].max() > 5 * gains[1:4].max()


def test_two_columns_leave_the_wrong_corners_and_equal_kinds_do_not_part():
    x = datasets.old_faithful()
    covariances = [np.diag([1.0, 100.0])] * 2
    bad = fit(GaussianMixture([0.5, 0.5], [[2.0, 85.0], [4.8, 50.0]], covariances), x)
    assert abs(bad.log_liks[-1] - -1130.26396) < 1e-5
    assert ((x[:, 0] < 3) & (x[:, 1] > 72)).sum() + ((x[:, 0] > 4) & (x[:, 1] < 62)).sum() == 0
    same = fit(GaussianMixture([0.5, 0.5], [[3.5, 70.0]] * 2, covariances), x, max_iter=50, tol=None)
    for step in same.steps[1::2]:
        assert np.allclose(step.model.means, x.mean(axis=0))
        assert np.allclose(step.model.covariances, np.cov(x.T, ddof=0))
    assert np.ptp(same.log_liks[1:]) < 1e-9 < same.log_liks[1] - same.log_liks[0]


def test_a_shared_q_falls_by_more_than_fifty_nats_and_hard_at_its_first_m_step():
    start = GaussianMixture([0.5, 0.5], [[55.0], [80.0]], [[[25.0]], [[25.0]]])
    top = fit(start, WAITING, tol=1e-13).model
    run = fit(top, WAITING, e_step=shared, max_iter=3, tol=None)
    assert run.log_liks[0] - run.log_liks[-1] > 50 and np.ptp(run.model.means) < 1e-9
    found = np.array([-4.5, -1.6, -1.1, -1.0, -0.8, -0.7, -0.4, 0.2, 0.8, 1.3, 2.4, 4.9])[:, None]
    e, m = fit(GaussianMixture([0.5, 0.5], [[0.8], [-1.0]], [[4.0]], "tied"), found, e_step=hard, max_iter=1,
               tol=None).steps
    assert m.bound.log_lik < e.bound.log_lik and m.bound.elbo > e.bound.elbo and e.bound.kl > 0


@pytest.mark.parametrize("letter", "BF")
def test_two_suspects_hide_because_their_m_step_raises_the_bound(letter):
    suspect, x = detective.suspect(letter)
    steps = fit(suspect, x, max_iter=30, tol=None).steps
    for e, m in zip(steps[::2], steps[1::2], strict=True):
        assert abs(e.bound.kl) < 1e-9 and m.bound.elbo >= e.bound.elbo - 1e-9
