"""Whether the text of a picture can be read: no two words overlap, none leaves the picture."""

import itertools

from matplotlib.text import Text


def words(figure):
    """(text, extent) of every piece of text that a reader sees."""
    figure.canvas.draw()
    seen, off = [], set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            lo, hi = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not lo <= tick.get_loc() <= hi:
                    off |= {tick.label1, tick.label2}
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text() and text not in off:
            seen.append((text.get_text(), text.get_window_extent()))
    return seen


def assert_legible(figure):
    seen = words(figure)
    assert len(seen) >= 5
    for text, box in seen:
        inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.width and box.y1 <= figure.bbox.height
        assert inside, f"{text!r} leaves the picture: {box}"
    for (a, box_a), (b, box_b) in itertools.combinations(seen, 2):
        apart = (box_a.x1 <= box_b.x0 or box_b.x1 <= box_a.x0 or box_a.y1 <= box_b.y0 or box_b.y1 <= box_a.y0)
        assert apart, f"{a!r} overlaps {b!r}: {box_a} {box_b}"
