"""One EM step of a full-covariance mixture: emlib beside scikit-learn, mclust and pomegranate, in one run.

    python benchmarks/peers.py [--rounds 5] [--cases 272,2,2 10000,2,3]

Same data, same start, same number of steps, no regularisation, no early stop. An engine's time is reported only if its
parameters after the last step are those of the others. In each round every engine makes short and long runs, one
engine after the other; the time of a step is the difference of the fastest long and the fastest short run, divided by
the difference of their steps, so that what is done once per fit is left out, for everybody. What is not installed is
skipped with a sentence.
"""

import argparse
import shutil
import subprocess
import tempfile
import time
import tracemalloc
import warnings
from pathlib import Path

import machine
import numpy as np

from emlib import GaussianMixture, datasets, fit, to_sklearn
from emlib.streaming.blocks import rows_in_cache
from emlib.streaming.gaussian import n_statistics

# (N, D, K): steps of the short run; the long one has three times as many, before anybody's rounding makes it stop
CASES = {(272, 2, 2): 4, (10_000, 2, 3): 5, (1_000_000, 2, 3): 3, (1_000_000, 2, 10): 2, (200_000, 10, 10): 2,
         (100_000, 32, 16): 2}
TOLERANCE = 1e-6            # of each parameter's size: engines differ by rounding, magnified over the steps
HERE = Path(__file__).parent


def problem(n, d, k):
    """Data and a start: Old Faithful for N = 272, else overlapping clusters, started near the truth."""
    if (n, d, k) == (272, 2, 2):
        start = GaussianMixture([0.5, 0.5], [[4.5, 50.0], [2.0, 90.0]], [np.diag([1.0, 100.0])] * 2)
        return datasets.old_faithful(), start
    rng = np.random.default_rng(0)
    a = rng.standard_normal((k, d, d)) / np.sqrt(d)
    truth = GaussianMixture(rng.dirichlet(np.full(k, 5)), rng.normal(0, 4 / np.sqrt(d), (k, d)),
                            a @ np.swapaxes(a, 1, 2) + 0.5 * np.eye(d))
    x, _ = truth.sample(n, rng)
    start = GaussianMixture(np.full(k, 1 / k), truth.means + rng.normal(0, 0.3, (k, d)), np.array([np.eye(d)] * k))
    return x, start


def repetitions(n, k):
    """How often a run is repeated where it is too short for a clock."""
    return max(1, 20_000 // (n * k))


def timed(call, times=1):
    """Seconds of the fastest of so many calls, and what the last one returned."""
    best = np.inf
    for _ in range(times):
        began = time.perf_counter()
        result = call()
        best = min(best, time.perf_counter() - began)
    return best, result


# Engines: (x, start, short, long) → seconds of both runs, and (weights, means, covariances) after the long one --------


def emlib(x, start, short, long):
    shape = len(x), len(start.weights)

    def run(steps):
        return timed(lambda: fit(start, x, max_iter=steps, tol=None, keep="last"), repetitions(*shape))

    (a, _), (b, trace) = run(short), run(long)
    return a, b, (trace.model.weights, trace.model.means, trace.model.covariances)


def scikit_learn(x, start, short, long):
    shape = len(x), len(start.weights)

    def run(steps):
        estimator = to_sklearn(start).set_params(tol=0, max_iter=steps)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")                         # it warns that it has not converged: on purpose
            return timed(lambda: estimator.fit(x), repetitions(*shape))

    (a, _), (b, fitted) = run(short), run(long)
    assert fitted.n_iter_ == long
    return a, b, (fitted.weights_, fitted.means_, fitted.covariances_)


def mclust(x, start, short, long):
    n, d = x.shape
    k = len(start.weights)
    with tempfile.TemporaryDirectory() as folder:
        for name, values in (("x", x), ("weights", start.weights), ("means", start.means),
                             ("covariances", start.covariances)):
            np.ascontiguousarray(values).tofile(Path(folder) / name)
        sizes = n, d, k, short, long, repetitions(n, k)
        done = subprocess.run(["Rscript", HERE / "mclust.R", folder, *map(str, sizes)],
                              capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        found = np.fromfile(Path(folder) / "found")
    a, b, iterations = found[:3]
    assert abs(iterations) == long, f"made {iterations:.0f} steps, not {long}"      # negative: did not converge
    weights, means, cov = np.split(found[3:], [k, k + k * d])
    return a, b, (weights, means.reshape(k, d), cov.reshape(k, d, d))


def pomegranate(x, start, short, long):
    import torch
    from pomegranate.distributions import Normal
    from pomegranate.gmm import GeneralMixtureModel

    def run(steps):
        parts = [Normal(torch.tensor(mean), torch.tensor(cov), covariance_type="full")
                 for mean, cov in zip(start.means, start.covariances, strict=True)]
        model = GeneralMixtureModel(parts, priors=torch.tensor(start.weights), max_iter=steps, tol=-float("inf"))
        return timed(lambda: model.fit(points))

    points = torch.tensor(x)
    (a, _), (b, model) = run(short), run(long)
    parts = model.distributions
    return a, b, (model.priors.numpy(), np.array([p.means.numpy() for p in parts]),
                  np.array([p.covs.numpy() for p in parts]))


def installed():
    """{engine: its version} of what can be run here; a sentence for each that cannot."""
    found = {emlib: "emlib"}
    for engine, package in ((scikit_learn, "sklearn"), (pomegranate, "pomegranate")):
        try:
            found[engine] = f"{engine.__name__.replace('_', '-')} {__import__(package).__version__}"
        except ImportError as error:
            print(f"{package} is skipped: {error}.")
    if not shutil.which("Rscript"):
        print("mclust is skipped: there is no Rscript on the path.")
        return found
    asked = subprocess.run(["Rscript", "-e", "cat(as.character(packageVersion('mclust')))"], capture_output=True,
                           text=True)
    if asked.returncode:
        print("mclust is skipped: R does not have the package (Debian, Ubuntu: apt install r-cran-mclust).")
    else:
        found[mclust] = f"mclust {asked.stdout}"
    return found


# Measuring --------------------------------------------------------------------------------------------------------


def farthest(ours, theirs):
    """The largest difference of any parameter, beside the size of its kind."""
    return max(np.abs(a - b).max() / np.abs(a).max() for a, b in zip(ours, theirs, strict=True))


def floor(x, k):
    """Seconds for what no such step can leave out: exp of N·K numbers, two matrix products, one read of x."""
    n, d = x.shape
    p = n_statistics("full", d)
    rows = min(n, rows_in_cache(k, p))
    rng = np.random.default_rng(0)
    t, eta, a = rng.standard_normal((p, rows)), rng.standard_normal((k, p)), np.empty((k, rows))
    s, e, low = np.empty((k, p)), np.empty((k, rows)), -rng.random((k, rows))

    def once():
        for i in range(0, n - rows + 1, rows):
            np.add.reduce(x[i:i + rows], axis=None)
            np.matmul(eta, t, out=a)
            np.exp(low, out=e)
            np.matmul(e, t.T, out=s)

    repeat = max(1, 200_000 // n)
    return min(timed(lambda: [once() for _ in range(repeat)])[0] for _ in range(5)) / repeat * n / (n // rows * rows)


def measure(case, short, engines, rounds):
    """{engine: seconds a step}, None where parameters differ; and the floor."""
    x, start = problem(*case)
    runs, parameters, floors = {engine: [] for engine in engines}, {}, []
    for _ in range(rounds):
        for engine in engines:
            a, b, parameters[engine] = engine(x, start, short, 3 * short)
            runs[engine].append((a, b))
        floors.append(floor(x, case[2]))
    seconds = {}
    for engine in engines:
        apart = farthest(parameters[emlib], parameters[engine])
        if apart > TOLERANCE:
            print(f"{engine.__name__} is not timed for N, D, K = {case}: its parameters differ by {apart:.2g}.")
            continue
        a, b = np.min(runs[engine], axis=0)
        seconds[engine] = (b - a) / (2 * short)
    return seconds, min(floors)


def peak_memory():
    """Bytes allocated at the peak of a fit of 10⁶ points in two dimensions, beside the bytes of the data."""
    x, start = problem(1_000_000, 2, 3)
    tracemalloc.start()
    fit(start, x, max_iter=3, tol=None, keep="last")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, x.nbytes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cases", nargs="*", help="N,D,K of the table's rows; all by default")
    options = parser.parse_args()
    cases = [tuple(map(int, case.split(","))) for case in options.cases] if options.cases else list(CASES)
    engines = installed()
    peers = [engine for engine in engines if engine is not emlib]
    print(f"\n{machine.description(*list(engines.values())[1:])}\n")
    head = ["N, D, K", "emlib", *(f"{e.__name__.replace('_', '-')}" for e in peers),
            *(f"× {e.__name__.replace('_', '-')}" for e in peers), "floor", "× floor"]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for case in cases:
        seconds, least = measure(case, CASES.get(case, 2), engines, options.rounds)
        ours, words = seconds[emlib], [f"{n:,}" for n in case]
        row = [", ".join(words), f"{1e3 * ours:.3g} ms"]
        row += [f"{1e3 * seconds[e]:.3g} ms" if e in seconds else "–" for e in peers]
        row += [f"**{seconds[e] / ours:.1f}**" if e in seconds else "–" for e in peers]
        print("| " + " | ".join([*row, f"{1e3 * least:.3g} ms", f"{ours / least:.1f}"]) + " |", flush=True)
    peak, data = peak_memory()
    print(f"\nMemory of a fit of 10⁶ points, D = 2, K = 3: {peak / 1e6:.1f} MB at most besides {data / 1e6:.0f} MB "
          f"of data: {(peak + data) / data:.2f} times the data in all.")


if __name__ == "__main__":
    main()
