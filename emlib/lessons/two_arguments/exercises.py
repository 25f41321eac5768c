"""Exercise: coordinate ascent on L(q, θ), seen by its whole path (W20, W22, W23)."""

import itertools

import numpy as np

from emlib.exercises.by_hand import Number, Slip, by_hand
from emlib.exercises.form import show
from emlib.exercises.judge import Exercise, Mistake, checker

__all__ = ["by_hand_two_hills", "check_ascend"]

LEFT, COUNTS, PAGES = 0.55, (8, 3), 165             # p(z = left); strokes left and right; ways to order them
S_VALUES, THETA_VALUES = np.linspace(0, 1, 21), np.linspace(0.05, 0.95, 19)
CASES = ((0.05, 0.5, S_VALUES, THETA_VALUES, 2), (0.05, 0.4, S_VALUES, THETA_VALUES, 3),
         (0.9, 0.3, S_VALUES[::2], THETA_VALUES[1:], 1), (0.3, 0.6, S_VALUES, THETA_VALUES, 0))
NEAR = 1e-9                                         # nats: two values of L that differ by less are a tie


def log_joint(theta):
    """log p(x, z = left) and log p(x, z = right) on the smudged page, arrays like θ."""
    theta = np.asarray(theta, dtype=float)
    left, right = COUNTS
    return (np.log(LEFT * PAGES) + left * np.log(theta) + right * np.log1p(-theta),
            np.log((1 - LEFT) * PAGES) + right * np.log(theta) + left * np.log1p(-theta))


def height(s, theta):
    """L(q, θ) with q(left) = s, in nats; s and θ are numbers or arrays that broadcast."""
    s = np.asarray(s, dtype=float)
    on_left, on_right = log_joint(theta)
    entropy = -sum(p * np.log(np.where(p > 0, p, 1)) for p in (s, 1 - s))
    return s * on_left + (1 - s) * on_right + entropy


def path(s, theta, s_values, theta_values, rounds):
    points = [(s, theta)]
    for _ in range(rounds):
        s = s_values[np.argmax(height(s_values, theta))]
        points.append((s, theta))
        theta = theta_values[np.argmax(height(s, theta_values))]
        points.append((s, theta))
    return np.array(points)


def fault(points, s, theta, s_values, theta_values, rounds):
    """What is wrong with a path, in a sentence, or None: each half-step is judged from the point where it began."""
    if not np.allclose(points[0], (s, theta), rtol=0, atol=1e-12):
        return f"Your path begins at {show(points[0])}; put the pair that you were given first, ({s:g}, {theta:g})."
    for i, (before, after) in enumerate(itertools.pairwise(points)):
        name, e_step = f"Half-step {i + 1}, from {show(before)} to {show(after)}", i % 2 == 0
        told = _fault_of_half_step(before, after, e_step, s_values, theta_values, points[i - 1] if i else before)
        if told:
            return f"{name}: {told}"
    return None


def _fault_of_half_step(before, after, e_step, s_values, theta_values, earlier):
    moved = np.abs(after - before) > 1e-12
    hold, move = ("θ", "s") if e_step else ("s", "θ")
    values, held, to = (s_values, before[1], after[0]) if e_step else (theta_values, before[0], after[1])
    heights = height(values, held) if e_step else height(held, values)
    if moved.all():
        table = height(s_values[:, None], theta_values)
        joint = np.isclose(height(*after), table.max(), rtol=0, atol=NEAR)
        return ("both moved at once"
                + (": that is a search over all pairs" if joint else "")
                + f". In each half-step one argument is held: here {hold} stays, and {move} goes to its best value.")
    if moved[1 if e_step else 0]:
        return f"{hold} moved, and here it is the turn of {move}. In each round s moves first (E), then θ (M)."
    if not np.isclose(values, to, rtol=0, atol=1e-12).any():
        index = "" if to != round(to) or not 0 <= to < len(values) else " Is it the index of the value?"
        return f"{move} = {to:g} is none of the values that you may choose from.{index}"
    if np.isclose(heights[np.argmin(np.abs(values - to))], heights.max(), rtol=0, atol=NEAR):
        return None
    return f"{move} = {to:g} is not the best value. {_why(to, e_step, values, heights, held, earlier)}"


def _why(to, e_step, values, heights, held, earlier):
    """Which other question a value answers, as far as one can see."""
    at = int(np.argmin(np.abs(values - to)))
    if np.isclose(heights[at], heights.min(), rtol=0, atol=NEAR):
        return "It is the worst one: L is to be maximised."
    if not e_step:
        log_p = np.logaddexp(*log_joint(values))
        old = height(earlier[0], values)
        if np.isclose(log_p[at], log_p.max(), rtol=0, atol=NEAR):
            return ("It maximises log p(x|θ), where q does not occur. M maximises L(s, θ) over θ, with the s that E "
                    "has just chosen.")
        if np.isclose(old[at], old.max(), rtol=0, atol=NEAR):
            return "It is best for the s of *before* this round's E. M takes the s that E has just chosen."
        joint = np.maximum(*log_joint(values))
        if np.isclose(joint[at], joint.max(), rtol=0, atol=NEAR):
            return "It is best for one label alone. M weighs both labels, with s and 1 − s."
    else:
        energy = height(values, held) + sum(p * np.log(np.where(p > 0, p, 1)) for p in (values, 1 - values))
        if np.isclose(energy[at], energy.max(), rtol=0, atol=NEAR):
            return "It maximises E_q[log p(x, z)], without the entropy of q. E maximises the whole L(s, θ)."
        if np.isclose(to, values[np.argmin(np.abs(values - LEFT))]):
            return "It is p(z = left), which knows nothing of the page. E maximises L(s, θ) over s."
    return "It is higher than some, but try every value on its list: max with key=…, or np.argmax."


def whole_path(value, right, given):
    """What is wrong with the shape of a path, or None."""
    rounds = given[-1]
    after = f"the pair (s, θ) at the start and after each half-step: {2 * rounds + 1} pairs for {rounds} rounds"
    if value.shape == (2,):
        return f"You return one pair, where the walk ends. The whole path is asked: {after}."
    if value.shape == (2, 2 * rounds + 1):
        return f"It is transposed: one row a pair. Return {after}."
    if value.ndim == 2 and value.shape[1:] == (2,):
        starts = len(value) and np.allclose(value[0], given[:2])
        missing = {(rounds + 1, True): " You noted whole rounds; note the pair after E as well.",
                   (rounds, False): " You noted whole rounds, without the start; note the start and every half-step.",
                   (2 * rounds, False): " Is the start missing?"}.get((len(value), bool(starts)), "")
        return f"You return {len(value)} pairs; asked is {after}.{missing}"
    if value.ndim == 2 and value.shape[1:] == (3,):
        return f"Each point of the path is a pair (s, θ), without its height. Return {after}."
    return f"Your answer has shape {value.shape}; asked is {after}."


def rule_of_path(value, right, given):
    return fault(value, *given)


def accepted(value, right, given):
    return fault(value, *given) is None


def at_once(s, theta, s_values, theta_values, rounds):
    """What a search over all pairs returns as its path."""
    table = height(s_values[:, None], theta_values)
    i, j = np.unravel_index(table.argmax(), table.shape)
    return np.array([(s, theta), *[(s_values[i], theta_values[j])] * (2 * rounds)])


def m_first(s, theta, s_values, theta_values, rounds):
    points = [(s, theta)]
    for _ in range(rounds):
        theta = theta_values[np.argmax(height(s, theta_values))]
        points.append((s, theta))
        s = s_values[np.argmax(height(s_values, theta))]
        points.append((s, theta))
    return np.array(points)


def never_moves(s, theta, s_values, theta_values, rounds):
    return np.array([(s, theta)] * (2 * rounds + 1))


check_ascend = checker(Exercise(
    "ascend", ("s", "theta", "s_values", "theta_values", "rounds"),
    "the whole path, 2 · rounds + 1 pairs (s, θ): the start, then after each E and each M", path, CASES,
    ("A round has two half-steps. In E, θ stays and s goes to the value of s_values with the largest L(s, theta).elbo; "
     "in M the new s stays, and θ goes to its best value.",
     "max(values, key=…) gives the value for which a function is largest; np.argmax of a list of heights gives its "
     "index.",
     "Begin the path with the pair that you were given, and add the pair (s, theta) after each half-step."),
    "Each half-step moves one argument to its best value, with the other held: coordinate ascent on L (W22, W23). From "
    "θ = 0.4 it ends on another hill.",
    (Mistake("Your path never moves: set s and θ to the values that you have found before you note the pair.",
             never_moves),
     Mistake("You went to the best of all pairs in one move: that is a search over all pairs, and no ascent along one "
             "argument at a time. Hold θ and move s; then hold s and move θ.", at_once),
     Mistake("In each round you moved θ first. E comes first: s moves while θ is held; then θ.", m_first)),
    (rule_of_path,), accepts=accepted, shapes=whole_path))


# The page with 8 and 3 strokes, p(left) = 0.55. EM from θ = 0.4: the first E, the first M, and where it ends
FIRST_S = 1 / (1 + np.exp(np.subtract(*log_joint(0.4)[::-1])))
FIRST_THETA = (8 * FIRST_S + 3 * (1 - FIRST_S)) / 11
LOWER_HILL, HIGHER_HILL = 0.27730141, 0.72432184     # fixed points of that walk; a test runs it

by_hand_two_hills = by_hand("two_hills", (
    Number("s", FIRST_S, 2, (
        Slip(1 - FIRST_S, "that is q(right); q(left) is asked."),
        Slip(1 / (1 + (0.4 / 0.6) ** -5), "you left out that left was believed with 0.55 beforehand."),
        Slip(0.55, "that is p(z = left), before the page was seen. Bayes' rule changes it."))),
    Number("theta", FIRST_THETA, 2, (
        Slip((8 * (1 - FIRST_S) + 3 * FIRST_S) / 11, "you counted the columns the other way round: with z = left the "
                                                     "left column, 8 strokes, holds the heads."),
        Slip((8 * 0.55 + 3 * 0.45) / 11, "that is the M-step with q(left) = 0.55; take the s of your E-step."),
        Slip(3 / 11, "that is the M-step with q(left) = 0; your E-step leaves a share for left."))),
    Number("end", LOWER_HILL, 3, (
        Slip(HIGHER_HILL, "that is the higher hill. A walk stays on the side of the pass where it begins."),
        Slip(3 / 11, "close, and that is where it would end if q(left) were exactly 0; it is about 0.01. Look in the "
                     "panel, or repeat the two steps."),
        Slip(FIRST_THETA, "that is after one round; go on.")))),
    ("E: q(left) is 0.55 θ⁸(1−θ)³, divided by itself plus 0.45 θ³(1−θ)⁸, at θ = 0.4.",
     "M: soft heads divided by tosses, (8 s + 3 (1 − s)) / 11.",
     "For the end repeat both, or start the panel at θ = 0.4 and read off where it stops."),
    "EM from θ = 0.4 ends on the lower hill; from 0.5 it ends on the higher one.")
