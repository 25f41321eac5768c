"""One style for every picture: the same colour for the same quantity, and never colour alone."""
import math

import matplotlib

from emlib import words

# Okabe & Ito (2008), safe under all common colour-vision deficiencies. One quantity, one colour, everywhere.
INK = "#1a1a1a"
LOG_LIK = INK               # log p(x|θ): a line
ELBO = "#0072B2"            # filled
KL = "#D55E00"              # hatched
Q = "#CC79A7"
Q_INK = "#9E4C7B"           # the same for text, which needs more contrast than a bar
POSTERIOR = "#009E73"
DATA = "#767676"
FAINT = "#d9d9d9"           # guides that must not compete with the data

KL_HATCH = "////"
GAP = {"facecolor": "#fbe3d3", "edgecolor": KL, "hatch": KL_HATCH}      # the KL as an area

# Components 1..8: hue, marker and line style together, so that none of them is needed alone.
COMPONENTS = ("#E69F00", "#56B4E9", "#882255", "#117733", "#CC6677", "#332288", "#B8AD4F", "#44AA99")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINESTYLES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 3)), (0, (3, 1, 1, 1)))

SMALL, NORMAL, LARGE = 13, 14, 17       # points; at 100 dpi on a picture 900 px wide

RC = {
    "font.family": ["DejaVu Sans"],     # ships with matplotlib, so the same everywhere; digits of one width
    "font.size": NORMAL,
    "axes.labelsize": NORMAL,
    "axes.titlesize": NORMAL,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.pad": 6.0,             # clear of the lowest label of the y axis
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.labelcolor": "#333333",
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "text.color": INK,
    "axes.linewidth": 1.0,
    "lines.solid_capstyle": "butt",
    "hatch.linewidth": 1.6,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": True,
    "axes.formatter.limits": (-2, 4),   # short ticks; the rest goes into the label (label_axis)
}


# The reader's own settings (a dark theme, a style sheet) must not leak in: pictures start from matplotlib's
# defaults; families that choose a backend or a tool, not an appearance, are left alone.
LOOKS = {"axes", "xaxis", "yaxis", "xtick", "ytick", "lines", "patch", "hatch", "text", "font", "mathtext",
         "figure", "savefig", "image", "markers", "scatter", "grid"}
DEFAULTS = {key: value for key, value in matplotlib.rcParamsDefault.items() if key.split(".")[0] in LOOKS}


def context():
    """matplotlib's defaults with this style, for the length of a `with` block: never set globally."""
    return matplotlib.rc_context({**DEFAULTS, **RC})


def fix_ticks(figure):
    """Write the style into the ticks of `figure`: matplotlib makes them late, from the settings of that moment."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            looks = {key: RC[f"{axis.axis_name}tick.{key}"] for key in ("labelsize", "color")}
            looks["labelcolor"] = looks["color"]
            given = axis.get_tick_params()
            axis.set_tick_params(**{key: look for key, look in looks.items() if key not in given})


def label_axis(axis, label):
    """Label an axis whose limits are set; what matplotlib would factor out of its ticks goes into the label."""
    formatter = axis.get_major_formatter()
    lo, hi = axis.get_view_interval()
    formatter.format_ticks([t for t in axis.get_majorticklocs() if lo <= t <= hi])
    factor = formatter.get_offset()
    axis.offsetText.set_visible(False)
    axis.set_label_text(f"{label} ({'' if factor[0] in '+−-' else '×'}{factor})" if factor else label)


def component(k):
    """Colour of component k (counted from 0)."""
    return COMPONENTS[_index(k)]


def marker(k):
    """Marker of component k (counted from 0)."""
    return MARKERS[_index(k)]


def linestyle(k):
    """Line style of component k (counted from 0)."""
    return LINESTYLES[_index(k)]


def _index(k):
    if not 0 <= k < len(COMPONENTS):
        raise ValueError(f"k: {k} is outside 0 to {len(COMPONENTS) - 1}; a picture tells at most "
                         f"{len(COMPONENTS)} components apart")
    return k


def nats(x, digits=2):
    """A number of nats for the eye: at most nine characters, true minus sign, never "-0.00".

    >>> nats(-1130.26396018), nats(-0.0001), nats(float("-inf"))
    ('−1130.26', '0.00', '−∞')
    """
    if math.isnan(x):
        return words.of("kit").UNDEFINED
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    if abs(x) >= 999_999.5:
        mantissa, exponent = f"{x:.3e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    else:
        text = f"{x:.{digits if abs(x) < 99_999 else min(digits, 1)}f}"
        if float(text) == 0:
            text = text.lstrip("-")
    return text.replace("-", "−")


def tiny(x):
    """A residual for the eye: its order of magnitude, as in "2e−13"; exact zero is "0".

    >>> tiny(-2.3e-13), tiny(0.0)
    ('−2e−13', '0')
    """
    if not math.isfinite(x):
        return nats(x)
    if x == 0:
        return "0"
    mantissa, exponent = f"{x:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}".replace("-", "−")
