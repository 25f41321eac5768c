"""A scene for tests of the stage: 500 points, a curve, and two places that can be dragged."""

from typing import NamedTuple

import numpy as np

from emlib.draw.scene import Scene
from emlib.live.stage import Handle


class State(NamedTuple):
    """Two centres; the points take the colour of the nearer one."""

    a: tuple = (-1.0, 0.0)
    b: tuple = (1.0, 0.0)
    t: int = 0


class Toy(Scene):
    """500 points coloured by the nearer of two centres, beside a curve that grows with t."""

    def __init__(self, n=500):
        self.x = np.random.default_rng(0).normal(size=(n, 2))

    def build(self, figure):
        left, right = figure.add_axes([0.06, 0.12, 0.5, 0.82]), figure.add_axes([0.64, 0.12, 0.33, 0.82])
        left.set(xlim=(-3, 3), ylim=(-3, 3))
        right.set(xlim=(0, 60), ylim=(-1.1, 1.1))
        self.points = left.scatter(*self.x.T, c=np.zeros(len(self.x)), cmap="coolwarm", vmin=0, vmax=1, s=18)
        self.centres = left.scatter([0, 0], [0, 0], c="k", marker="X", s=120)
        (self.curve,) = right.plot([], [], lw=2)
        return [self.points, self.centres, self.curve]

    def update(self, state):
        da, db = (((self.x - c) ** 2).sum(1) for c in (state.a, state.b))
        self.points.set_array(1 / (1 + np.exp(np.clip(db - da, -30, 30))))
        self.centres.set_offsets([state.a, state.b])
        t = np.linspace(0, state.t, 100)
        self.curve.set_data(t, np.sin(t / 5))

    def sentence(self, state):
        return "step {}: centres at ({:.2f}, {:.2f}) and ({:.2f}, {:.2f})".format(state.t, *state.a, *state.b)


def handles(state):
    return [Handle("a", *state.a, f"first centre, {state.a[0]:.2f}, {state.a[1]:.2f}"),
            Handle("b", *state.b, f"second centre, {state.b[0]:.2f}, {state.b[1]:.2f}")]


def states(n=61):
    """The centres walk towards each other."""
    return [State((-2 + t / 40, np.sin(t / 9)), (2 - t / 40, -np.sin(t / 7)), t) for t in range(n)]


def moved(stage, name, x, y):
    """The state on the stage with one centre elsewhere."""
    return stage.state._replace(**{name: (x, y)})
