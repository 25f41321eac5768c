"""Numbers worked out by hand: right to the digits asked, a usual slip named, and no right number ever told."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from emlib import GaussianMixture, bound, datasets, exercises, fit
from emlib.lessons.climb import OneMean
from emlib.lessons.two_arguments import SmudgedCoin
from emlib.models import CoinMixture

SHEETS = {name: getattr(exercises, name) for name in exercises.__all__ if name.startswith("by_hand_")}
every_sheet = pytest.mark.parametrize("sheet", [pytest.param(s, id=n) for n, s in SHEETS.items()])
NUMBERS = [pytest.param(sheet, number, id=f"{name}-{number.name}")
           for name, sheet in SHEETS.items() for number in sheet.asked]
every_number = pytest.mark.parametrize(("sheet", "number"), NUMBERS)


def cut_off(value, digits):
    return math.trunc(value * 10**digits) / 10**digits


def told(sheet, number, value):
    """The feedback on one number, with all before it right."""
    before = {other.name: other.right for other in sheet.asked[:sheet.asked.index(number)]}
    return sheet(**before, **{number.name: value})


@every_sheet
def test_right_numbers_are_praised_exact_rounded_or_cut_off(sheet):
    for form in (float, np.float64, lambda v: Decimal(repr(float(v))), lambda v: Fraction(float(v))):
        assert sheet(**{n.name: form(n.right) for n in sheet.asked})
    assert sheet(*(round(n.right, n.digits) for n in sheet.asked)), "in their order, without names"
    assert sheet(*(cut_off(n.right, n.digits) for n in sheet.asked))
    assert sheet(*(round(n.right, n.digits + 2) for n in sheet.asked))


@every_number
def test_just_under_a_unit_of_the_last_digit_is_right_and_more_is_not(sheet, number):
    unit = 10.0 ** -number.digits
    for side in (-1, 1):
        off = told(sheet, number, number.right + side * 1.1 * unit)
        assert not off and off.kind == "wrong" and "nearly right" in off.message
        assert not told(sheet, number, number.right + side * 1.01 * unit)
        close = told(sheet, number, number.right + side * 0.99 * unit)
        assert close or "Still to do" in close.message
        far = told(sheet, number, number.right + side * (97.3 + number.right**2))
        assert not far and ("too small" if side < 0 else "too large") in far.message


@every_number
def test_a_usual_slip_is_told_by_its_name_and_cannot_be_taken_for_another(sheet, number):
    unit = 10.0 ** -number.digits
    values = [slip.value for slip in number.slips]
    assert len(values) >= 3
    for slip in number.slips:
        for value in (slip.value, round(slip.value, number.digits), cut_off(slip.value, number.digits)):
            feedback = told(sheet, number, value)
            assert not feedback and feedback.kind == "mistake"
            assert feedback.message == f"{number.name}: {slip.says}"
    for i, value in enumerate(values):
        assert min(abs(value - other) for other in (number.right, *values[:i], math.inf)) > 2 * unit


@every_number
def test_a_missing_minus_is_told(sheet, number):
    if not any(abs(slip.value + number.right) < 2 * 10.0 ** -number.digits for slip in number.slips):
        feedback = told(sheet, number, -number.right)
        assert feedback.kind == "mistake" and "sign" in feedback.message


@every_number
def test_no_message_and_no_hint_tells_a_right_number(sheet, number):
    secret = f"{abs(number.right):.{number.digits}f}"
    words = [*sheet.hints, *(slip.says for slip in number.slips), sheet.__doc__,
             told(sheet, number, number.right + 97.3).message, told(sheet, number, None).message]
    assert not any(secret in text for text in words)


@every_number
@pytest.mark.parametrize(("value", "kind"), [
    (None, "type"), ("0.5", "type"), ([1.0], "type"), (np.array([1.0, 2.0]), "type"), (1j, "type"), (True, "type"),
    (math.sin, "type"), (object, "type"), ({}, "type"), (10**400, "type"), (math.nan, "NaN"), (math.inf, "NaN"),
    (-math.inf, "NaN"), (np.datetime64("2020-01-01"), "type"),
], ids=repr)
def test_what_is_no_number_gets_a_sentence(sheet, number, value, kind):
    feedback = told(sheet, number, value)
    assert (feedback.passed, feedback.kind) == (False, kind) and feedback.message.startswith(number.name)


@every_sheet
def test_dots_mean_not_done_yet_and_one_number_is_told_at_a_time(sheet):
    names = [n.name for n in sheet.asked]
    assert sheet().kind == sheet(**dict.fromkeys(names, ...)).kind == "not started"
    assert str(sheet()).startswith("○ Not started yet") and all(name in sheet().message for name in names)
    for count in range(1, len(names)):
        part = sheet(*(n.right for n in sheet.asked[:count]))
        assert part.kind == "not started" and part.message.endswith(f"Still to do: {', '.join(names[count:])}.")
    wrong = sheet(*(n.right + 97.3 for n in sheet.asked))
    assert names[0] in wrong.message and not any(f"{name} =" in wrong.message for name in names[1:])


@every_sheet
def test_names_that_are_not_asked_and_too_many_numbers_get_a_sentence(sheet):
    names = ", ".join(n.name for n in sheet.asked)
    for feedback in (sheet(nonsense=1.0), sheet(*range(9)), sheet(1.0, **{sheet.asked[0].name: 2.0})):
        assert not feedback and feedback.message.endswith(f"Asked are: {names}.")


@every_sheet
def test_hints_come_in_steps_by_a_line_that_can_be_copied(sheet):
    line = sheet().more
    for count in range(1, len(sheet.hints) + 1):
        assert line == f"exercises.{sheet.__name__}(hint={count})"
        feedback = eval(line, {"exercises": exercises})
        assert feedback.hints == sheet.hints[:count]
        line = feedback.more
    assert not line and not sheet(hint=-1).hints


# The right numbers, by the library's own way -----------------------------------------------------------------


def right(sheet):
    return {number.name: number.right for number in sheet.asked}


def test_one_point_and_distance_are_those_of_bound():
    b = bound(np.log([[0.1, 0.3]]), [[0.5, 0.5]])
    numbers = right(exercises.by_hand_one_point)
    assert np.allclose([numbers[name] for name in ("log_lik", "elbo", "kl")], [b.log_lik, b.elbo, b.kl], atol=1e-12)
    assert np.isclose(numbers["posterior"], 0.25)
    assert np.allclose([*right(exercises.by_hand_distance).values()], [b.entropy, b.kl], atol=1e-12)
    assert [round(v, 3) for v in numbers.values()] == [-0.916, 0.25, -1.06, 0.144]


def test_the_e_step_is_that_of_the_coins_on_the_second_set():
    share = CoinMixture([0.5, 0.5], [0.6, 0.5]).posterior(datasets.two_coins())[1, 0]
    assert np.allclose([*right(exercises.by_hand_e_step).values()], [share, 9 * share]) and round(share, 2) == 0.80


def test_both_labels_give_log_p():
    assert np.allclose([*right(exercises.by_hand_two_labels).values()], np.log(0.4))


def test_the_chord():
    log_of_average, average_of_logs, gap = right(exercises.by_hand_chord).values()
    assert np.allclose([log_of_average, average_of_logs, gap], [0.91629, 0.69315, 0.22314], atol=1e-5)
    assert exercises.check_jensen_gap.exercise.truth(np.array([1.0, 4.0]), np.array([0.5, 0.5])) == pytest.approx(gap)


def test_the_new_mean_is_the_m_step():
    model = OneMean(GaussianMixture([0.5, 0.5], [[95.0], [80.0]], [[[100.0]], [[100.0]]]))
    q = np.array([[1.0, 0.0], [0.5, 0.5], [0.1, 0.9]])
    assert model.m_step(np.array([[50.0], [60.0], [90.0]]), q).theta == right(exercises.by_hand_new_mean)["theta"]


def test_from_four_tenths_the_walk_ends_on_the_lower_hill():
    page, model = np.array([[8, 3]]), SmudgedCoin(0.4, 0.55)
    s, theta, end = right(exercises.by_hand_two_hills).values()
    q = model.posterior(page)
    assert np.isclose(q[0, 0], s) and np.isclose(model.m_step(page, q).prob, theta)
    lower, higher = (fit(SmudgedCoin(t, 0.55), page, max_iter=2000, tol=None).model for t in (0.4, 0.5))
    assert np.isclose(lower.prob, end, atol=1e-7) and lower.log_lik(page) < higher.log_lik(page)
    assert any(np.isclose(slip.value, higher.prob, atol=1e-6)
               for slip in exercises.by_hand_two_hills.asked[-1].slips)


def test_the_floor_is_the_kl_of_the_hard_q():
    b = bound(np.log([[0.9, 0.1]]), [[1.0, 0.0]])
    assert np.isclose(b.kl, right(exercises.by_hand_floor)["floor"])


def test_the_m_step_is_that_of_the_mixture():
    x, q = np.array([[1.0], [2.0], [6.0]]), np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    new = GaussianMixture([0.5, 0.5], [[0.0], [1.0]], [[[1.0]], [[1.0]]]).m_step(x, q)
    assert np.allclose([*right(exercises.by_hand_m_step).values()],
                       [new.weights[0], new.means[0, 0], new.covariances[0, 0, 0]])
