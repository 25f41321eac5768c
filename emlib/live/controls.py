"""What the controls of several panels share."""

import numpy as np


def with_entry(q, k, value):
    """The distribution nearest in shape to q, array (K,), whose entry k is `value` (held between 0 and 1).

    The other entries keep their ratios; where they were all 0 they share alike.
    """
    value = min(max(float(value), 0.0), 1.0)
    others = np.delete(np.asarray(q, dtype=float), k)
    others = others / others.sum() if others.sum() > 0 else np.full(len(others), 1 / len(others))
    return np.insert(others * (1 - value), k, value)
