"""Bars of q(z) beside the posterior p(z|x,θ), for z one of two to four labels."""

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from emlib import words
from emlib.draw import style
from emlib.draw.parts.identity_bar import sentence_of
from emlib.draw.scene import Part

WIDTH = 0.36        # of a bar; a pair stands around each label


class QBars(Part):
    """Bars of q(z), filled, each beside the hatched bar of the posterior. The state has `q` and `posterior`, (K,).

    Parameters
    ----------
    labels : sequence of K strings
        What the values of z are called.
    """

    rect = (0.1, 0.14, 0.86, 0.74)

    def __init__(self, labels):
        self.labels = tuple(labels)
        if not 2 <= len(self.labels) <= 4:
            raise ValueError(f"labels has {len(self.labels)} names; this picture shows 2 to 4 values of z")

    def build_in(self, axes):
        k = np.arange(len(self.labels))
        axes.set(xlim=(-0.6, len(k) - 0.4), ylim=(0, 1.14), yticks=(0, 0.5, 1), xticks=k)
        axes.set_xticklabels(self.labels)
        axes.tick_params(axis="x", length=0)
        axes.spines["left"].set_bounds(0, 1)
        above = dict(transform=axes.transAxes, va="baseline", fontsize=style.NORMAL, weight="bold")
        axes.text(0, 1.06, "q(z)", color=style.Q_INK, ha="left", **above)
        axes.text(1, 1.06, "p(z|x,θ)", color=style.POSTERIOR, ha="right", **above)
        self._q = [Rectangle((i - WIDTH - 0.02, 0), WIDTH, 0, facecolor=style.Q, linewidth=0) for i in k]
        self._posterior = [Rectangle((i + 0.02, 0), WIDTH, 0, facecolor="#e2f3ed", edgecolor=style.POSTERIOR,
                                     hatch="..", linewidth=1.2) for i in k]
        for bar in (*self._q, *self._posterior):
            axes.add_patch(bar)
        self._grips = [Line2D([], [], color=style.Q_INK, linewidth=4) for _ in k]       # what the hand takes
        for grip in self._grips:
            axes.add_line(grip)
        value = dict(ha="center", va="bottom", fontsize=style.SMALL)
        self._values = [axes.text(bar.get_x() + WIDTH / 2, 0, "", color=style.Q_INK, **value) for bar in self._q]
        return [*self._q, *self._posterior, *self._grips, *self._values]

    def update(self, state):
        if len(state.q) != len(self.labels):
            raise ValueError(f"q has {len(state.q)} entries; this picture has {len(self.labels)} labels")
        for k, (bar, text) in enumerate(zip(self._q, self._values, strict=True)):
            bar.set_height(state.q[k])
            self._posterior[k].set_height(state.posterior[k])
            self._grips[k].set_data([bar.get_x(), bar.get_x() + WIDTH], [state.q[k]] * 2)
            text.set_y(state.q[k] + 0.02)
            text.set_text(f"{state.q[k]:.2f}")

    def sentence(self, state):
        numbers = ", ".join(f"{v:.2f}" for v in state.q)
        return words.of("kit").CHOICE_OF_Q.format(q=numbers, identity=sentence_of(state))
