"""How the cost of an EM step and the memory of a fit grow with N, D and K.

    python benchmarks/scaling.py [--largest 10000000]

Full covariances, `fit(keep="last")`. The time of a step is taken as in peers.py; "× floor" is that time beside the time
of nothing but exp, two matrix products and a read. Memory is what NumPy reports to tracemalloc at the peak of a fit,
besides the data.
"""

import argparse
import tracemalloc

import machine
import numpy as np
import peers

from emlib import fit

SWEEPS = {
    "N": [(n, 2, 3) for n in (272, 1000, 10_000, 100_000, 1_000_000, 10_000_000)],
    "D": [(20_000, d, 4) for d in (1, 2, 4, 8, 16, 32, 64)],
    "K": [(20_000, 2, k) for k in (1, 2, 4, 8, 16, 32, 64)],
}


def memory(x, start):
    """Bytes at the peak of a fit, besides the data."""
    tracemalloc.start()
    fit(start, x, max_iter=1, tol=None, keep="last")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", type=int, default=10_000_000, help="leave out larger N")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{machine.description()}\n\n| | N | D | K | a step | for a point | × floor | memory | beside the data |")
    print("|" + "---|" * 9)
    for letter, cases in SWEEPS.items():
        for n, d, k in cases:
            if n > options.largest:
                continue
            x, start = peers.problem(n, d, k)
            short = 1 if n * d * k > 1e7 else 3
            runs = [peers.emlib(x, start, short, 3 * short)[:2] for _ in range(options.rounds)]
            a, b = np.min(runs, axis=0)
            step, used = (b - a) / (2 * short), memory(x, start)
            row = [letter, f"{n:,}", str(d), str(k), f"{1e3 * step:.3g} ms", f"{1e9 * step / n:.3g} ns",
                   f"{step / peers.floor(x, k):.1f}", f"{used / 1e6:.2f} MB", f"{used / x.nbytes:.2g}"]
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
