"""Three models whose z is no label: numbers (factor analysis), the missing cells of a row, a path (a Markov chain)."""

from dataclasses import dataclass

import numpy as np

from emlib.posteriors import Cells, Chains, Gaussians

LOG_2PI = np.log(2 * np.pi)


class Latent:
    """What they share."""

    def log_lik(self, x):
        return float(np.sum(self.log_liks(x)))

    def m_step(self, x, q, sample_weight=None):
        return self.from_statistics(self.statistics(x, q, sample_weight))


def ones(sample_weight, n):
    return np.ones(n) if sample_weight is None else np.asarray(sample_weight, dtype=float)


def log_normal(r, cov):
    """log N(r; 0, Σ) of each row, array (N,)."""
    y = np.linalg.solve(np.linalg.cholesky(cov), r.T)
    return -0.5 * (r.shape[1] * LOG_2PI + np.linalg.slogdet(cov)[1] + (y * y).sum(axis=0))


@dataclass(frozen=True, eq=False)
class FactorAnalysis(Latent):
    """x = μ + Λ z + ε, z ~ N(0, I), ε ~ N(0, diag ψ); x (N, D). Bishop (2006), section 12.2.4."""

    loadings: np.ndarray
    mean: np.ndarray
    noise_variances: np.ndarray

    def log_liks(self, x):
        return log_normal(x - self.mean, self.loadings @ self.loadings.T + np.diag(self.noise_variances))

    def posterior(self, x):
        precise = self.loadings / self.noise_variances[:, None]
        cov = np.linalg.inv(np.eye(self.loadings.shape[1]) + self.loadings.T @ precise)
        return Gaussians((x - self.mean) @ precise @ cov, np.repeat((cov + cov.T)[None] / 2, len(x), axis=0))

    def expected_log_joint(self, x, q):
        zz = q.cov + q.mean[:, :, None] * q.mean[:, None, :]
        r = x - self.mean
        misfit = (r - q.mean @ self.loadings.T) ** 2 + np.einsum("dl,nlm,dm->nd", self.loadings, q.cov, self.loadings)
        prior = -0.5 * (q.mean.shape[1] * LOG_2PI + np.trace(zz, axis1=1, axis2=2))
        return prior - 0.5 * np.sum(LOG_2PI + np.log(self.noise_variances) + misfit / self.noise_variances, axis=1)

    def statistics(self, x, q, sample_weight=None):
        w = ones(sample_weight, len(x))
        z = np.column_stack([q.mean, np.ones(len(x))])                  # μ is the loading of a factor that is always 1
        zz = np.einsum("n,ni,nj->ij", w, z, z)
        zz[:-1, :-1] += np.tensordot(w, q.cov, axes=1)
        return w.sum(), zz, (w[:, None] * x).T @ z, w @ (x * x)

    def from_statistics(self, sums):
        n, zz, xz, xx = sums
        loadings = np.linalg.solve(zz, xz.T).T
        return type(self)(loadings[:, :-1], loadings[:, -1], (xx - np.sum(loadings * xz, axis=1)) / n)


@dataclass(frozen=True, eq=False)
class IncompleteNormal(Latent):
    """x ~ N(μ, Σ), of which cells are missing: NaN in x (N, D); z is what stood there. Little, Rubin (2002), 11.2."""

    mean: np.ndarray
    covariance: np.ndarray

    def log_liks(self, x):
        seen = ~np.isnan(x)
        return np.array([log_normal((row - self.mean)[None, s], self.covariance[np.ix_(s, s)])[0] if s.any() else 0.0
                         for row, s in zip(x, seen, strict=True)])

    def posterior(self, x):
        filled, cov, missing = x.copy(), np.zeros((*x.shape, x.shape[1])), np.isnan(x)
        for n, m in enumerate(missing):
            gain = np.linalg.solve(self.covariance[np.ix_(~m, ~m)], self.covariance[np.ix_(~m, m)]).T
            filled[n, m] = self.mean[m] + gain @ (x[n, ~m] - self.mean[~m])
            left = self.covariance[np.ix_(m, m)] - gain @ self.covariance[np.ix_(~m, m)]
            cov[n][np.ix_(m, m)] = (left + left.T) / 2
        return Cells(filled, cov, missing)

    def expected_log_joint(self, x, q):
        spread = np.einsum("ij,nji->n", np.linalg.inv(self.covariance), q.cov)
        return log_normal(q.filled - self.mean, self.covariance) - 0.5 * spread

    def statistics(self, x, q, sample_weight=None):
        w = ones(sample_weight, len(x))
        return w.sum(), w @ q.filled, (w * q.filled.T) @ q.filled + np.tensordot(w, q.cov, axes=1)

    def from_statistics(self, sums):
        n, first, second = sums
        return type(self)(first / n, second / n - np.outer(first, first) / n**2)


@dataclass(frozen=True, eq=False)
class HiddenMarkov(Latent):
    """z a Markov chain of K states, x_t one of C symbols; x a list of sequences (T_s,). Rabiner (1989)."""

    initial: np.ndarray
    transitions: np.ndarray
    emissions: np.ndarray           # (K, C), rows sum to 1

    def log_liks(self, x):
        return np.array([self._forward(sequence) for sequence in x])

    def _forward(self, sequence):
        a, total = self.initial * self.emissions[:, sequence[0]], 0.0
        for symbol in sequence[1:]:
            total, a = total + np.log(a.sum()), a / a.sum()
            a = a @ self.transitions * self.emissions[:, symbol]
        return total + np.log(a.sum())

    def posterior(self, x):
        first, moves = [], []
        for sequence in x:
            beta, back = np.ones(len(self.initial)), []
            for symbol in sequence[:0:-1]:
                move = self.transitions * (self.emissions[:, symbol] * beta)
                beta = move.sum(axis=1)
                back.append(move / beta[:, None])
                beta = beta / beta.max()
            start = self.initial * self.emissions[:, sequence[0]] * beta
            first.append(start / start.sum())
            moves.append(np.array(back[::-1]).reshape(-1, len(beta), len(beta)))
        return Chains(np.array(first), moves)

    def expected_log_joint(self, x, q):
        with np.errstate(divide="ignore"):
            initial, transitions, emissions = map(np.log, (self.initial, self.transitions, self.emissions))
        found = []
        for sequence, g, pairs in zip(x, q.marginals, q.pairs, strict=True):
            terms = (g[0], initial), (pairs, transitions), (g, emissions[:, sequence].T)
            found.append(sum(np.sum(np.where(p > 0, p * np.where(p > 0, logs, 0), 0)) for p, logs in terms))
        return np.array(found)

    def statistics(self, x, q, sample_weight=None):
        w, g = ones(sample_weight, len(x)), q.marginals
        seen = np.zeros_like(self.emissions)
        for weight, sequence, rows in zip(w, x, g, strict=True):
            np.add.at(seen.T, sequence, weight * rows)
        return w @ q.first, sum(weight * pairs.sum(axis=0) for weight, pairs in zip(w, q.pairs, strict=True)), seen

    def from_statistics(self, sums):
        return type(self)(*(counts / counts.sum(axis=-1, keepdims=True) for counts in sums))


def factors(rng, n=120, d=5, factors=2):
    """A factor analysis, data from it, and a start elsewhere."""
    truth = FactorAnalysis(rng.normal(size=(d, factors)), rng.normal(size=d), rng.uniform(0.3, 1, d))
    x = truth.mean + rng.normal(size=(n, factors)) @ truth.loadings.T
    x = x + rng.normal(size=(n, d)) * np.sqrt(truth.noise_variances)
    return FactorAnalysis(rng.normal(size=(d, factors)), x.mean(axis=0), np.ones(d)), x


def holes(rng, n=80, d=3):
    """A normal, rows of which cells are missing (some rows none, none of them all), and a start elsewhere."""
    a = rng.normal(size=(d, d))
    x = rng.normal(size=(n, d)) @ a.T + rng.normal(size=d)
    missing = rng.random((n, d)) < 0.3
    missing[np.arange(n), rng.integers(d, size=n)] = False
    return IncompleteNormal(np.zeros(d), np.eye(d) * 2), np.where(missing, np.nan, x)


def paths(rng, lengths=(20, 1, 33, 12, 7, 25), k=2, symbols=3):
    """A Markov chain, sequences of unlike lengths, and a start elsewhere."""
    draw = lambda *shape: rng.dirichlet(np.full(shape[-1], 1.5), size=shape[:-1])       # noqa: E731
    transitions, emissions = 0.7 * np.eye(k) + 0.3 * draw(k, k), draw(k, symbols)
    x = []
    for length in lengths:
        z = [int(rng.integers(k))]
        while len(z) < length:
            z.append(int(rng.choice(k, p=transitions[z[-1]])))
        x.append(np.array([rng.choice(symbols, p=emissions[state]) for state in z]))
    return HiddenMarkov(draw(k), 0.5 * np.eye(k) + 0.5 * draw(k, k), draw(k, symbols)), x


CASES = {"factors": factors, "holes": holes, "paths": paths}
