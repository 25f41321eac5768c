#!/usr/bin/env python3
"""Draw the README's moving picture from a real fit: python tools/draw_readme.py"""

from pathlib import Path

import numpy as np

from emlib import GaussianMixture, datasets, fit
from emlib.draw.film import animate
from emlib.lessons.gaussian_mixture.scene import FitScene

x = datasets.old_faithful()
bad = GaussianMixture([0.5, 0.5], [[2.0, 85.0], [4.8, 50.0]], [np.diag([1.0, 100.0])] * 2)
steps = fit(bad, x).steps[:34]
scene = FitScene(x, steps, ["eruption [min]", "waiting [min]"])
animate(scene, [*steps, *[steps[-1]] * 6], Path(__file__).parents[1] / "docs" / "identity.gif", fps=2.5)
