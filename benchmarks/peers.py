"""One EM step of a full-covariance mixture: emlib beside scikit-learn, mclust and pomegranate, in one run.

    python benchmarks/peers.py [--rounds 5] [--cases 272,2,2 200000,10,10,correlated]

Same data, same start, same number of steps, no regularisation, no early stop. An engine's time is reported only if its
parameters after the last step are those of the others. In each round every engine makes short and long runs, one
engine after the other; the time of a step is the difference of the fastest long and the fastest short run, divided by
the difference of their steps, so that what is done once per fit is left out, for everybody. What is not installed is
skipped with a sentence.
"""

import argparse
import itertools
import shutil
import subprocess
import tempfile
import time
import tracemalloc
import warnings
from pathlib import Path

import machine
import numpy as np

from emlib import GaussianMixture, datasets, fit, streaming, to_sklearn
from emlib.models.covariance import kind_named
from emlib.streaming.blocks import rows_in_cache
from emlib.streaming.forms import n_statistics

# (N, D, K), and whether clusters are correlated: steps of the short run; the long one has three times as many, before
# anybody's rounding makes it stop
ROUND, CORRELATED = False, True
CASES = {(272, 2, 2, ROUND): 4, (10_000, 2, 3, ROUND): 5, (1_000_000, 2, 3, ROUND): 3, (1_000_000, 2, 10, ROUND): 2,
         (200_000, 10, 10, ROUND): 2, (100_000, 32, 16, ROUND): 2,
         (200_000, 4, 5, CORRELATED): 2, (200_000, 10, 10, CORRELATED): 2, (50_000, 32, 16, CORRELATED): 2}
TOLERANCE = 1e-6            # of each parameter's size: engines differ by rounding, magnified over the steps
HERE = Path(__file__).parent


def problem(n, d, k, correlated=ROUND):
    """Data and a start near the truth: Old Faithful for N = 272, else overlapping clusters, or correlated ones.

    Correlated: covariances A Aᵀ with A = I + 0.4 · normal, means 4 · normal: some clusters are hundreds of times as
    long as thin, the ordinary case in many dimensions.
    """
    if (n, d, k) == (272, 2, 2):
        start = GaussianMixture([0.5, 0.5], [[4.5, 50.0], [2.0, 90.0]], [np.diag([1.0, 100.0])] * 2)
        return datasets.old_faithful(), start
    rng = np.random.default_rng(0)
    a = rng.standard_normal((k, d, d))
    if correlated:
        a = np.eye(d) + 0.4 * a
        truth = GaussianMixture(rng.dirichlet(np.full(k, 5)), 4 * rng.standard_normal((k, d)), symmetric(a))
        x, _ = truth.sample(n, rng)
        off = 0.1 * np.einsum("kij,kj->ki", a, rng.standard_normal((k, d)))     # a tenth of a spread, whichever way
        return x, GaussianMixture(np.full(k, 1 / k), truth.means + off, 1.2 * truth.covariances)
    truth = GaussianMixture(rng.dirichlet(np.full(k, 5)), rng.normal(0, 4 / np.sqrt(d), (k, d)),
                            symmetric(a / np.sqrt(d)) + 0.5 * np.eye(d))
    x, _ = truth.sample(n, rng)
    start = GaussianMixture(np.full(k, 1 / k), truth.means + rng.normal(0, 0.3, (k, d)), np.array([np.eye(d)] * k))
    return x, start


def symmetric(a):
    """A Aᵀ for each matrix of a stack."""
    return a @ np.swapaxes(a, 1, 2)


def form(x, start, steps):
    """In which form emlib's components were, in the last of so many steps: see emlib/streaming/gaussian.py."""
    state = next(itertools.islice(streaming.states(start, start.blocks(x)), steps, None))
    linear, k = int(state.at.linear.sum()), len(start.weights)
    return {k: "linear", 0: "recentred"}.get(linear, f"{linear} linear, {k - linear} recentred")


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
    p = n_statistics(kind_named("full"), d)
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
    """{engine: seconds a step}, without those whose parameters differ; the floor; and emlib's form."""
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
    return seconds, min(floors), form(x, start, 3 * short)


def peak_memory():
    """Bytes allocated at the peak of a fit of 10⁶ points in two dimensions, beside the bytes of the data."""
    x, start = problem(1_000_000, 2, 3)
    tracemalloc.start()
    fit(start, x, max_iter=3, tol=None, keep="last")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, x.nbytes


def case_of(n, d, k, correlated=""):
    """A case from its words."""
    if correlated not in ("", "correlated"):
        raise SystemExit(f"{correlated!r} is no case; give N,D,K or N,D,K,correlated")
    return int(n), int(d), int(k), bool(correlated)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cases", nargs="*", help="N,D,K or N,D,K,correlated; all by default")
    options = parser.parse_args()
    cases = [case_of(*case.split(",")) for case in options.cases] if options.cases else list(CASES)
    engines = installed()
    peers = [engine for engine in engines if engine is not emlib]
    print(f"\n{machine.description(*list(engines.values())[1:])}\n")
    head = ["N, D, K", "emlib", *(f"{e.__name__.replace('_', '-')}" for e in peers),
            *(f"× {e.__name__.replace('_', '-')}" for e in peers), "floor", "× floor", "form"]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for case in cases:
        seconds, least, words = measure(case, CASES.get(case, 2), engines, options.rounds)
        ours, size = seconds[emlib], ", ".join(f"{n:,}" for n in case[:3])
        row = [size + ", correlated" * case[3], f"{1e3 * ours:.3g} ms"]
        row += [f"{1e3 * seconds[e]:.3g} ms" if e in seconds else "–" for e in peers]
        row += [f"**{seconds[e] / ours:.1f}**" if e in seconds else "–" for e in peers]
        print("| " + " | ".join([*row, f"{1e3 * least:.3g} ms", f"{ours / least:.1f}", words]) + " |", flush=True)
    peak, data = peak_memory()
    print(f"\nMemory of a fit of 10⁶ points, D = 2, K = 3: {peak / 1e6:.1f} MB at most besides {data / 1e6:.0f} MB "
          f"of data: {(peak + data) / data:.2f} times the data in all.")


if __name__ == "__main__":
    main()
