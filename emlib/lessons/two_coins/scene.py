"""Sets of tosses, two coins, and a table of soft counts: Do and Batzoglou's figure 1b, computed (W13, W14)."""

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.collections import EllipseCollection
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from emlib import words
from emlib.bound import Bound, bound
from emlib.draw import style
from emlib.draw.parts.mixture import blend
from emlib.draw.scene import Scene
from emlib.draw.style import nats
from emlib.em import Collapse

COINS = "AB"
ROW, TOP = 36, 84           # pixels: height of a set's row; where the first begins
MOST_SETS, MOST_TOSSES = 8, 10


def count_tosses(tosses):
    """Heads and tails of each set, array (N, 2), from N strings such as "HTTH".

    Raises
    ------
    ValueError
        If there is no set, a set is empty, or a letter is neither H nor T.
    """
    tosses = list(tosses)
    if not tosses:
        raise ValueError("tosses is empty; give at least one set, such as 'HTTH'")
    for n, one in enumerate(tosses):
        if not one or set(one) - set("HT"):
            raise ValueError(f"tosses has {one!r} as set {n}; write each set with the letters H and T, such as 'HTTH'")
    return np.array([(one.count("H"), one.count("T")) for one in tosses], dtype=float)


@dataclass(frozen=True, eq=False)
class Tally:
    """A table of soft counts: which coin each set belongs to, and the coins that stand beside it.

    Attributes
    ----------
    event : {"labels", "split", "truth", "E", "M"}
        What has just happened: labels or a split by hand, the true labels, or a half-step of EM.
    q : array (N, 2)
        Each set's share in coin A and in coin B; one half where it has not been counted yet.
    counts : array (N, 2, 2)
        Heads and tails (last axis) of each set that go to each coin (middle axis).
    probs : array (2,)
        θ, each coin's probability of heads; NaN for a coin that got no tosses and so has none.
    known : int
        How many sets have been counted so far; N when the table is full.
    bound : Bound or None
        The identity at θ and the q of all sets; None where θ is undefined.
    t : int
        The iteration of EM.
    """

    event: str
    q: np.ndarray
    counts: np.ndarray
    probs: np.ndarray
    known: int
    bound: Bound | None
    t: int = 0

    @classmethod
    def of_step(cls, step, x, known=None):
        """The table after a half-step of EM; with `known`, when only that many sets have been counted."""
        known = len(x) if known is None else known
        q = np.where(np.arange(len(x))[:, None] < known, step.q, 0.5)
        return cls(step.kind, q, _split(x, q), step.model.probs, known, step.bound, step.t)

    @classmethod
    def by_hand(cls, model, x, q, event="labels"):
        """The table of any q, array (N, 2), with the coins that it makes most probable (the M-step, W14)."""
        q = np.asarray(q, dtype=float)
        counts = _split(x, q)
        try:
            model = model.m_step(x, q)
        except Collapse:                                # a coin without tosses; the other one still has its ratio
            heads, tails = counts.sum(axis=0).T
            tosses = heads + tails
            probs = np.divide(heads, tosses, out=np.full(2, np.nan), where=tosses > 0)
            return cls(event, q, counts, probs, len(x), None)
        return cls(event, q, counts, model.probs, len(x), bound(model.log_joint(x), q))

    @property
    def updated(self):
        """Whether `probs` are the totals' own ratios; after an E-step they are still those that q was made with."""
        return self.event != "E"

    @property
    def log_lik(self):
        """log p(x|θ) in nats, NaN where θ is undefined."""
        return math.nan if self.bound is None else self.bound.log_lik

    @property
    def totals(self):
        """Heads and tails of each coin over the sets counted so far, array (2, 2)."""
        return self.counts[:self.known].sum(axis=0)


class TallyScene(Scene):
    """The sets, their split between the coins, the soft counts, the totals, and θ. The state is a `Tally`.

    Parameters
    ----------
    tosses : sequence of N strings
        The sets, such as "HTTTHHTHTH"; at most 8 sets of at most 10 tosses.
    """

    def __init__(self, tosses):
        self.tosses, self.x = list(tosses), count_tosses(tosses)
        if len(self.x) > MOST_SETS or max(map(len, self.tosses)) > MOST_TOSSES:
            raise ValueError(f"tosses has {len(self.x)} sets of up to {max(map(len, self.tosses))} tosses; "
                             f"this picture shows at most {MOST_SETS} sets of {MOST_TOSSES}")
        self.size = (9.0, (TOP + ROW * len(self.x) + 126) / 100)

    def build(self, figure):
        n, height = len(self.x), 100 * self.size[1]
        end = TOP + ROW * n                             # pixels from the top: the table's last line

        def place(left, top, right, bottom):
            axes = figure.add_axes((left / 900, 1 - bottom / height, (right - left) / 900, (bottom - top) / height))
            axes.set(xlim=(left, right), ylim=(bottom, top))
            return axes

        bars = place(262, TOP, 462, end)                # the hand's axes come first; in them x is q_A, y the set
        bars.set(xlim=(0, 1), ylim=(n, 0))
        paper = place(0, 0, 900, height)
        paper.set_zorder(-1)
        for axes in (bars, paper):
            axes.axis("off")

        def write(x, y, text="", ha="left", size=style.SMALL, **more):
            return paper.text(x, y, text, ha=ha, va="center_baseline", fontsize=size, **more)

        moving = [write(16, 22, size=style.LARGE, weight="bold"), write(884, 22, ha="right", size=style.LARGE)]
        self._title, self._log_lik = moving
        bold, say = dict(weight="bold", size=style.NORMAL), words.of("two_coins")
        write(16, 62, say.SET, color=style.DATA)
        write(42 + 20 * MOST_TOSSES / 2, 62, say.TOSSES, ha="center", color=style.DATA)
        for (x, ha), coin in zip(((262, "left"), (462, "right")), COINS, strict=True):
            write(x, 62, coin, ha, **bold)
        write(362, 62, say.WHOSE, "center", color=style.Q_INK, **bold)
        columns = ((580, 0), (790, 1))
        for x, k in columns:
            paper.add_patch(Rectangle((x - 95, TOP - 4), 190, ROW * n + 42, facecolor=style.component(k), alpha=0.14))
            paper.add_line(Line2D([x - 48], [62], marker=style.marker(k), markersize=11, color=style.component(k)))
            write(x - 34, 62, say.COIN.format(coin=COINS[k]), **bold)
        paper.add_line(Line2D([485, 885], [end + 2, end + 2], color=style.INK, linewidth=1))
        write(462, end + 21, say.TOTALS, "right", color=style.DATA)

        # the tosses: an H in a full disc, a T in a ring, in the colours of the coins that the set belongs to
        where = [(52 + 20 * i, TOP + ROW * (row + 0.5)) for row, one in enumerate(self.tosses) for i in range(len(one))]
        self._row = np.array([row for row, one in enumerate(self.tosses) for _ in one])
        self._heads = np.array([letter == "H" for one in self.tosses for letter in one])
        self._discs = EllipseCollection(18, 18, 0, units="xy", offsets=where, transOffset=paper.transData, linewidths=2)
        paper.add_collection(self._discs, autolim=False)
        letters = PathPatch(_letters(where, "".join(self.tosses)), facecolor=style.INK, linewidth=0)
        paper.add_patch(letters)
        for row in range(n):
            write(28, TOP + ROW * (row + 0.5), str(row + 1), "center")
        moving += [self._discs, letters]                # letters stand above the discs, which move

        # q as a split bar
        rows = range(n)
        self._a = [Rectangle((0, row + 0.14), 0, 0.72, facecolor=style.component(0), linewidth=0) for row in rows]
        self._b = [Rectangle((0, row + 0.14), 0, 0.72, facecolor=style.component(1), linewidth=0) for row in rows]
        frames = [Rectangle((0, row + 0.14), 1, 0.72, fill=False, edgecolor="#888888", clip_on=False) for row in rows]
        for bar in (*self._a, *self._b, *frames):
            bars.add_patch(bar)
        self._grips = [Line2D([], [], color=style.Q_INK, linewidth=5, clip_on=False) for _ in rows]
        for grip in self._grips:
            bars.add_line(grip)
        share = dict(va="center_baseline", fontsize=style.SMALL)
        self._shares = [[bars.text(0.04, row + 0.5, "", ha="left", **share),
                         bars.text(0.96, row + 0.5, "", ha="right", **share)] for row in rows]
        moving += [*self._a, *self._b, *self._grips, *(text for pair in self._shares for text in pair)]

        # the counts, their totals, and the ratio
        self._counts = [[write(x + 62, TOP + ROW * (row + 0.5), ha="right") for x, _ in columns] for row in rows]
        self._totals = [write(x + 67, end + 21, ha="right", weight="bold") for x, _ in columns]
        self._theta = [write(x, end + 62, ha="center", size=style.LARGE, weight="bold") for x, _ in columns]
        self._ratio = [write(x, end + 94, ha="center") for x, _ in columns]
        moving += [*(text for row in self._counts for text in row), *self._totals, *self._theta, *self._ratio]

        # θ on its scale
        scale = place(52, end + 50, 452, end + 90)
        scale.set(xlim=(0, 1), ylim=(0, 1), yticks=[], xticks=np.linspace(0, 1, 6))
        scale.spines["left"].set_visible(False)
        write(16, end + 86, "θ", size=style.LARGE)
        self._marks = [Line2D([], [], marker=style.marker(k), markersize=13, color=style.component(k), linestyle="",
                              markeredgecolor=style.INK, clip_on=False) for k in (0, 1)]
        self._names = [scale.text(0, 0.86, coin, fontsize=style.SMALL, weight="bold", va="center_baseline")
                       for coin in COINS]
        for mark in self._marks:
            scale.add_line(mark)
        return [*moving, *self._marks, *self._names]

    def update(self, state):
        if len(state.q) != len(self.x):
            raise ValueError(f"q has {len(state.q)} rows; this picture has {len(self.x)} sets")
        say = words.of("two_coins")
        self._title.set_text(title(state))
        self._log_lik.set_text(_log_lik(state))
        known = np.arange(len(self.x)) < state.known
        colour = np.where(known[:, None], blend(state.q), 0.8)[self._row]
        self._discs.set_facecolors(np.where(self._heads[:, None], colour, 1.0))
        self._discs.set_edgecolors(colour)
        for row, q in enumerate(state.q[:, 0]):
            shown = bool(known[row])
            self._a[row].set_width(q if shown else 0)
            self._b[row].set_x(q)
            self._b[row].set_width(1 - q if shown else 0)
            self._grips[row].set_data([q, q], [row + 0.08, row + 0.92])
            for text, value in zip(self._shares[row], state.q[row], strict=True):
                text.set_text(f"{value:.2f}" if shown and value > 0.25 else "")
            for text, counts in zip(self._counts[row], state.counts[row], strict=True):
                text.set_text(_written(counts) if shown else "")
        totals = state.totals
        for k in (0, 1):
            self._totals[k].set_text(_written(totals[k]) if state.known else "")
            prob, tosses, name = state.probs[k], totals[k].sum(), rf"$\theta_{COINS[k]}$"
            self._theta[k].set_text(f"{name} = {prob:.2f}" if math.isfinite(prob) else
                                    say.THETA_UNDEFINED.format(theta=name))
            self._ratio[k].set_text(say.NOT_UPDATED if not state.updated else
                                    f"= {totals[k][0]:.1f} / {tosses:.1f}" if math.isfinite(prob) else say.NO_TOSSES)
            self._marks[k].set_data(*(([prob], [0.42]) if math.isfinite(prob) else ([], [])))
        self._name_marks(state.probs)

    def _name_marks(self, probs):
        """Letters above the two markers, the lower coin's to the left where they meet."""
        low = int(np.nan_to_num(probs[1], nan=0) < np.nan_to_num(probs[0], nan=0))
        near = abs(probs[0] - probs[1]) < 0.06
        for k, (text, prob) in enumerate(zip(self._names, probs, strict=True)):
            text.set_visible(math.isfinite(prob))
            text.set_x(prob if math.isfinite(prob) else 0)
            text.set_ha("center" if not near else "right" if k == low else "left")

    def sentence(self, state):
        say, n = words.of("two_coins"), state.known
        if n == 0:
            split = say.NOTHING_COUNTED
        else:
            shares = ", ".join(f"{q:.2f}" for q in state.q[:n, 0])
            table = "; ".join(f"{coin} {h:.1f} H {t:.1f} T" for coin, (h, t) in zip(COINS, state.totals, strict=True))
            split = say.SHARES.format(shares=shares, totals=table)
        theta = ", ".join(f"θ_{coin} {p:.2f}" if math.isfinite(p) else say.THETA_UNDEFINED.format(theta=f"θ_{coin}")
                          for coin, p in zip(COINS, state.probs, strict=True))
        return say.SENTENCE.format(title=title(state), split=split, theta=theta, log_lik=_log_lik(state))


def title(state):
    """What has just happened, in words."""
    n, event = len(state.q), state.event
    if state.known < n:
        event = "filling" if state.known else "before"
    return words.of("two_coins").TITLES[event].format(t=state.t, known=state.known, n=n)


def _split(x, q):
    """Heads and tails of each set for each coin, array (N, 2, 2), from x (N, 2) and q (N, 2)."""
    return q[:, :, None] * x[:, None, :]


def _log_lik(state):
    if math.isfinite(state.log_lik):
        return f"log p(x|θ) = {nats(state.log_lik)}"
    return words.of("two_coins").LOG_LIK_UNDEFINED


def _letters(where, letters):
    """All letters as one path, each centred on its place in pixels from the top left: one artist, not fifty."""
    shapes = {letter: TextPath((0, 0), letter, size=16) for letter in set(letters)}
    centres = {letter: (shape.get_extents().min + shape.get_extents().max) / 2 for letter, shape in shapes.items()}
    return Path.make_compound_path(*(
        Path((shapes[letter].vertices - centres[letter]) * (1, -1) + place, shapes[letter].codes)
        for place, letter in zip(where, letters, strict=True)))


def _written(counts):
    """Heads and tails of one cell; padded by spaces as wide as a digit, so that columns stand straight."""
    heads, tails = (f"{count:.1f}".rjust(4, "\N{FIGURE SPACE}") for count in counts)
    return f"{heads} H  {tails} T"
