"""L(q, θ) as a landscape over its two arguments, where each is one number; and its two decompositions (W20–W23)."""

import math

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from emlib import words
from emlib.bound import bound
from emlib.draw import style
from emlib.draw.parts.identity_bar import TIGHT, ticks_within, torn_outline
from emlib.draw.parts.marks import Gap, names_above, put_marker
from emlib.draw.scene import Part, Together
from emlib.draw.style import nats
from emlib.lessons.two_arguments.states import landscape

DEPTHS = (0.05, 0.12, 0.22, 0.34, 0.5, 0.75, 1.1, 1.6, 2.4, 3.6, 5.4, 8.0)   # of the contours, nats below the maximum
EDGE = 0.03             # of the θ axis: L falls to −∞ at both ends
TINTS = ("#ffffff", "#7fb8dc")          # the ELBO's blue, from low to high


class Landscape(Part):
    """Contours of L(q, θ): θ to the right, q(left) upwards; the two curves that E and M go to; the path so far.

    Parameters
    ----------
    model : model
        Gives everything but θ.
    x : array (1, 2)
    """

    def __init__(self, model, x):
        self.probs, self.s = np.linspace(EDGE, 1 - EDGE, 189), np.linspace(0, 1, 101)
        self.elbo, self.log_lik, self.posterior = landscape(model, x, self.probs, self.s)
        self.best = np.array([model.m_step(x, [[s, 1 - s]]).prob for s in self.s])

    def build_in(self, axes):
        say = words.of("two_arguments")
        axes.set(xlim=(EDGE, 1 - EDGE), ylim=(0, 1), xlabel=say.AXIS_THETA, ylabel=say.AXIS_Q)
        axes.set_xticks([0.1, 0.3, 0.5, 0.7, 0.9])
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])
        levels = self.log_lik.max() - np.array(DEPTHS[::-1])
        low, high = (np.array([int(c[i:i + 2], 16) for i in (1, 3, 5)]) / 255 for c in TINTS)
        share = np.linspace(0, 1, len(levels))[:, None]
        grid = (self.probs, self.s, self.elbo)
        axes.contourf(*grid, levels=[*levels, levels[-1] + 1], colors=low + share * (high - low))
        axes.contour(*grid, levels=levels, colors="#5b9dc4", linewidths=0.8, linestyles="-")
        axes.plot(self.probs, self.posterior, color=style.POSTERIOR, linewidth=3)
        axes.plot(self.best, self.s, color="#882255", linewidth=2.6, linestyle=(0, (4, 2)))
        self._path, = axes.plot([], [], color=style.INK, linewidth=2.4, marker="o", markersize=5,
                               path_effects=[withStroke(linewidth=5, foreground="white")])
        self._now, = axes.plot([], [], "o", color=style.Q, markersize=15, markeredgecolor="white", markeredgewidth=2.5,
                               clip_on=False)
        # names above the axes, clear of every curve
        names_above(axes, [(say.BEST_Q, style.POSTERIOR), (say.BEST_THETA, "#882255")], space=10)
        return [self._path, self._now]

    def update(self, state):
        self._path.set_data(*state.path.T)
        self._now.set_data([state.prob], [state.s])


class OverTheta(Part):
    """Above the landscape, over the same θ: log p(x|θ), and L(q, ·) for the q that is held; the gap is the KL."""

    def __init__(self, landscape):
        self._landscape = landscape

    def build_in(self, axes):
        maximum = self._landscape.log_lik.max()
        self.limits = (maximum - 3.4, maximum + 0.3)
        axes.set(xlim=(EDGE, 1 - EDGE), ylim=self.limits)
        axes.set_xticks([0.1, 0.3, 0.5, 0.7, 0.9], [""] * 5)
        axes.set_yticks(range(math.ceil(self.limits[0]), math.floor(self.limits[1]) + 1))
        axes.yaxis.set_major_formatter(lambda v, _: f"{v:.0f}".replace("-", "−"))
        axes.plot(self._landscape.probs, self._landscape.log_lik, color=style.LOG_LIK, linewidth=2.4)
        names_above(axes, [("log p(x|θ)", style.LOG_LIK), ("L(q, ·)", style.ELBO), ("KL", style.KL)], space=12)
        self._elbo, = axes.plot([], [], color=style.ELBO, linewidth=2.6)
        self._gap = Gap(axes, 0.012, linewidth=0.8)
        self._now, = axes.plot([], [], "o", color=style.Q, markersize=9, markeredgecolor="white", markeredgewidth=1.5,
                               clip_on=False)
        return [self._elbo, self._gap.patch, self._now]

    def update(self, state):
        lo, hi = self.limits
        log_joints = self._log_joints()
        curve = bound(log_joints, np.tile(state.q, (len(log_joints), 1))).per_point.elbo
        self._elbo.set_data(self._landscape.probs, np.where(curve > lo - 5, curve, np.nan))
        elbo = put_marker(self._now, state.prob, state.bound.elbo, self.limits, "o")
        self._gap.put(state.prob, elbo, min(max(state.bound.log_lik, lo), hi))

    def _log_joints(self):
        """log p(x, z|θ) for every θ of the landscape, array (G, 2): log p(z|x,θ) + log p(x|θ)."""
        log_lik, p = self._landscape.log_lik, self._landscape.posterior
        return np.column_stack([np.log(p), np.log1p(-p)]) + log_lik[:, None]


class TwoSplits(Part):
    """The same ELBO written in two ways, one bar each: log p(x|θ) − KL explains E, E_q[log p(x,z|θ)] + H(q) explains M.

    Parameters
    ----------
    limits : (float, float)
        The window in nats, fixed. What lies outside is said with an arrow.
    """

    def __init__(self, limits):
        self.limits = tuple(float(v) for v in limits)

    def build_in(self, axes):
        figure = axes.get_figure(root=True)
        width, height = (72 * side for side in axes.get_position().size * figure.get_size_inches())     # points
        axes.set(xlim=self.limits, ylim=(0, 1), yticks=[])
        axes.spines["left"].set_visible(False)
        bars, tall = 0.38, 38 / height              # lower edge of the lower bar, and how tall one is
        axes.spines["bottom"].set_position(("axes", bars - 6 / height))
        axes.set_xticks(*ticks_within(self.limits, width))
        artists, self._rows, say = [], [], words.of("two_arguments")
        word = dict(fontsize=style.NORMAL, va="baseline", transform=axes.transAxes)
        rows = (  # lower edge of the bar; baselines of names, numbers, caption and note; what the row says
            (bars + tall + 30 / height, 1 - 40 / height, 1 - 62 / height, 1 - 14 / height,
             bars + 2 * tall + 36 / height,
             say.E_HOLDS, "−", ("log p(x|θ)", style.LOG_LIK, "KL", style.KL)),
            (bars, bars - 52 / height, bars - 74 / height, bars - 100 / height, bars + tall + 6 / height,
             say.M_HOLDS, "+", (say.EXPECTED_LOG_JOINT, "#3d6d8c", say.ENTROPY, style.Q_INK)))
        for low, name_at, number_at, caption_at, note_at, caption, sign, (first, ink, second, colour) in rows:
            columns, inks = [0.27, 0.70, 1.0], (style.ELBO, ink, colour)
            for x, name, c in zip(columns, ("ELBO", first, second), inks, strict=True):
                axes.text(x, name_at, name, color=c, weight="bold", ha="right", **word)
            for x, what in ((0.33, "="), (0.76, sign)):
                axes.text(x, number_at, what, ha="center", color="#555555", **word)
            axes.text(0.03, caption_at, caption, color="#555555", **{**word, "fontsize": style.SMALL})
            numbers = [axes.text(x, number_at, "", color=c, ha="right", **word)
                       for x, c in zip(columns, inks, strict=True)]
            note = axes.text(0.03, note_at, "", **{**word, "fontsize": style.SMALL})
            looks = ((dict(facecolor=style.ELBO), style.GAP)
                     if sign == "−" else
                     (dict(facecolor="#a9cbe0"), dict(facecolor="#f3dfea", edgecolor=style.Q_INK, hatch="...")))
            patches = [Rectangle((0, low), 0, tall, linewidth=0, **look) for look in looks]
            # torn at the left: a logarithm has no natural zero for a bar to start from
            outline = torn_outline(low, low + tall, 5 / width)
            outline[:, 0] = np.where(outline[:, 0] > 0.5, 1.0, outline[:, 0])
            for patch in patches:
                axes.add_patch(patch)
                patch.set_clip_path(Path(outline), axes.transAxes)
            end = Line2D([0, 0], [low - 4 / height, low + tall + 4 / height], linewidth=3.5,
                         color=style.LOG_LIK if sign == "−" else style.ELBO)
            axes.add_line(end)
            self._rows.append((patches, end, numbers, note))
            artists += [*patches, end, *numbers, note]
        self._guide = Line2D([0, 0], [bars, bars + tall + 30 / height], color=style.ELBO, linewidth=3.5)
        axes.add_line(self._guide)
        return [*artists, self._guide]

    def update(self, state):
        b = state.bound
        self._row(0, b.elbo, b.log_lik, (b.elbo, b.log_lik, zero(b.kl, b.log_lik)))
        self._row(1, b.expected_log_joint, b.elbo, (b.elbo, b.expected_log_joint, b.entropy))
        lo, hi = self.limits
        self._guide.set_visible(lo <= b.elbo <= hi)
        self._guide.set_xdata([b.elbo, b.elbo])

    def _row(self, i, split, end, numbers):
        """A bar filled from the torn edge to `split`, and hatched from there to `end`."""
        (solid, rest), line, texts, note = self._rows[i]
        lo, hi = self.limits
        middle, right = min(max(split, lo), hi), min(max(end, lo), hi)
        solid.set_x(lo)
        solid.set_width(middle - lo)
        rest.set_x(middle)
        rest.set_width(max(right - middle, 0))
        line.set_visible(lo <= end <= hi)
        line.set_xdata([right, right])
        for text, value in zip(texts, numbers, strict=True):
            text.set_text(nats(value))
        note.set_text(words.of("two_arguments").FURTHER_LEFT if split < lo else "")


class TwoArguments(Together):
    """The landscape of L(q, θ) with log p(x|θ) above it and the two decompositions beside it.

    States are `Pair`s. 900 by 560 pixels; axes 0 is the landscape, axes 1 the curves over θ.

    Parameters
    ----------
    model : model
        Any θ: it gives everything else of the model.
    x : array (1, 2)
    """

    def __init__(self, model, x):
        landscape = Landscape(model, x)
        maximum = landscape.log_lik.max()
        super().__init__([(landscape, (0.085, 0.115, 0.475, 0.46)), (OverTheta(landscape), (0.085, 0.63, 0.475, 0.245)),
                          (TwoSplits((maximum - 5.0, maximum + 0.35)), (0.61, 0.115, 0.375, 0.76))],
                         size=(9.0, 5.6), title=(0.085, 0.945))

    def title(self, state):
        titles = words.of("two_arguments").TITLES
        return titles[state.kind] if state.kind in titles else super().title(state)

    def sentence(self, state):
        b = state.bound
        return words.of("two_arguments").SENTENCE.format(
            title=self.title(state), theta=f"{state.prob:.3f}", s=f"{state.s:.3f}", elbo=nats(b.elbo),
            log_lik=nats(b.log_lik), kl=nats(zero(b.kl, b.log_lik)), expected_log_joint=nats(b.expected_log_joint),
            entropy=nats(b.entropy))


def zero(kl, log_lik):
    """A KL that is rounding is called 0."""
    return 0.0 if abs(kl) <= TIGHT * max(1.0, abs(log_lik)) else kl
