"""q where z is no label: normals, the missing cells of a row, Markov chains over a path.

Each object holds one distribution over z for each of N independent pieces of x, is built positionally from its parts,
and knows in closed form what the identity and the checks ask of q: ``entropy()`` and ``kl(other)``, arrays (N,) in nats
(a ValueError if `other` is of another kind), ``near(rng)``, another member of the family, ``q[rows]`` and ``len(q)``.
"""

import itertools
from dataclasses import dataclass, fields

import numpy as np

from emlib._validate import real
from emlib.bound import expect

__all__ = ["Cells", "Chains", "Gaussians"]


class _Pieces:
    """Rows of a q, whose fields are arrays and lists with one entry for each piece of x."""

    def __getitem__(self, rows):
        chosen, parts = np.arange(len(self))[rows], [getattr(self, part.name) for part in fields(self)]
        return type(self)(*([part[n] for n in chosen] if isinstance(part, list) else part[chosen] for part in parts))

    def __len__(self):
        return len(getattr(self, fields(self)[0].name))

    def _same_kind(self, other):
        if type(other) is not type(self) or len(other) != len(self):
            raise ValueError(f"KL is defined between two {type(self).__name__} of {len(self)} pieces; the other is a "
                             f"{type(other).__name__}" + (f" of {len(other)}" if hasattr(other, "__len__") else ""))
        if other._z != self._z:
            raise ValueError("KL is defined between two q over the same z: as many dimensions, chains of the same "
                             "lengths and states, rows where the same cells are missing; here they differ")


@dataclass(frozen=True, eq=False)
class Gaussians(_Pieces):
    """q_n(z) = N(z; mean_n, cov_n), z in L dimensions: factor analysis and its relatives.

    Parameters
    ----------
    mean : array (N, L)
    cov : array (N, L, L)
        Symmetric and positive definite, else a ValueError.
    """

    mean: np.ndarray
    cov: np.ndarray

    def __post_init__(self):
        mean, cov = real(self.mean, "mean"), real(self.cov, "cov")
        if mean.ndim != 2 or cov.shape != (*mean.shape, mean.shape[1]):
            raise ValueError(f"mean has shape {mean.shape} and cov {cov.shape}; expected (N, L) and (N, L, L)")
        if not np.isfinite(mean).all() or not np.allclose(cov, np.swapaxes(cov, 1, 2), rtol=1e-9, atol=0):
            raise ValueError("mean must be finite, and every cov finite and symmetric")
        try:
            root = np.linalg.cholesky(cov)
        except np.linalg.LinAlgError:
            raise ValueError("a cov is not positive definite; a normal needs variances above 0") from None
        log_det = 2 * np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
        vars(self).update(mean=mean, cov=cov, _root=root, _log_det=log_det, _z=mean.shape)

    def entropy(self):
        """½ log |2πe Σ|, array (N,) in nats."""
        return 0.5 * (self.mean.shape[1] * np.log(2 * np.pi * np.e) + self._log_det)

    def kl(self, other):
        """½ [tr(Σ'⁻¹Σ) + (μ' − μ)ᵀ Σ'⁻¹ (μ' − μ) − L + log |Σ'| − log |Σ|], array (N,) in nats."""
        self._same_kind(other)
        whitened = np.linalg.solve(other._root, np.concatenate(
            [self._root, (other.mean - self.mean)[:, :, None]], axis=2))        # squares: no term can come out below 0
        return 0.5 * ((whitened**2).sum(axis=(1, 2)) - self.mean.shape[1] + other._log_det - self._log_det)

    def near(self, rng):
        """Means moved by about a spread, covariances stretched and turned."""
        n, d = self.mean.shape
        root = self._root @ (np.eye(d) + 0.3 * rng.standard_normal((n, d, d)))
        mean = self.mean + (self._root @ rng.standard_normal((n, d, 1)))[:, :, 0]
        return type(self)(mean, root @ np.swapaxes(root, 1, 2))


@dataclass(frozen=True, eq=False)
class Cells(_Pieces):
    """q over the missing cells of each row: jointly normal, the observed cells as they are.

    Parameters
    ----------
    filled : array (N, D)
        x with the means of q where a cell is missing.
    cov : array (N, D, D)
        Positive definite over the missing cells, else a ValueError; rows and columns of observed ones are not read.
    missing : bool array (N, D)
    """

    filled: np.ndarray
    cov: np.ndarray
    missing: np.ndarray

    def __post_init__(self):
        filled, cov, missing = real(self.filled, "filled"), real(self.cov, "cov"), np.asarray(self.missing, dtype=bool)
        if filled.ndim != 2 or missing.shape != filled.shape or cov.shape != (*filled.shape, filled.shape[1]):
            raise ValueError(f"filled has shape {filled.shape}, cov {cov.shape} and missing {missing.shape}; expected "
                             "(N, D), (N, D, D) and (N, D)")
        both = missing[:, :, None] & missing[:, None, :]
        # a standard normal stands in where a cell is observed: it adds nothing to log |Σ| and nothing to KL
        padded = Gaussians(np.where(missing, filled, 0), np.where(both, cov, np.eye(filled.shape[1])))
        vars(self).update(filled=filled, cov=cov, missing=missing, _both=both, _padded=padded, _z=missing.tobytes())

    def entropy(self):
        """Entropy of each row's missing cells, array (N,) in nats; 0 where none is missing."""
        return 0.5 * (self.missing.sum(axis=1) * np.log(2 * np.pi * np.e) + self._padded._log_det)

    def kl(self, other):
        """KL between the two normals over each row's missing cells, array (N,) in nats."""
        self._same_kind(other)
        return self._padded.kl(other._padded)

    def near(self, rng):
        """Another normal over each row's missing cells."""
        moved = self._padded.near(rng)
        return type(self)(np.where(self.missing, moved.mean, self.filled), np.where(self._both, moved.cov, self.cov),
                          self.missing)


@dataclass(frozen=True, eq=False)
class Chains(_Pieces):
    """q(z) = q(z_1) Π_t q(z_t | z_{t−1}) over the path of each of S sequences; z_t is one of K states.

    Parameters
    ----------
    first : array (S, K)
        q(z_1), rows summing to 1.
    moves : list of S arrays (T_s − 1, K, K)
        q(z_t = k | z_{t−1} = j) in row j, rows summing to 1, else a ValueError.
    log_first, log_moves : the same in nats, optional
        KL reads them: a probability that underflows to 0 is not impossible.
    """

    first: np.ndarray
    moves: list
    log_first: np.ndarray | None = None
    log_moves: list | None = None

    def __post_init__(self):
        first, moves = real(self.first, "first"), [real(m, "moves") for m in self.moves]
        s, k = first.shape if first.ndim == 2 else (0, 0)
        if not s or len(moves) != s or any(m.ndim != 3 or m.shape[1:] != (k, k) for m in moves):
            raise ValueError(f"first has shape {first.shape}, and there are {len(moves)} moves; expected (S, K), and S "
                             "arrays (T − 1, K, K)")
        for rows in (first, *moves):
            if not (rows >= 0).all() or not np.allclose(rows.sum(axis=-1), 1, rtol=0, atol=1e-6):
                raise ValueError("rows of first and of moves must be distributions: non-negative, summing to 1")
        with np.errstate(divide="ignore"):                      # log 0 = −∞
            log_first = np.log(first) if self.log_first is None else np.asarray(self.log_first, dtype=float)
            log_moves = [np.log(m) for m in moves] if self.log_moves is None else list(self.log_moves)
        vars(self).update(first=first, moves=moves, log_first=log_first, log_moves=log_moves,
                          _z=[m.shape for m in moves])

    @property
    def marginals(self):
        """q(z_t = k), a list of S arrays (T_s, K)."""
        return [np.array(list(itertools.accumulate(moves, np.matmul, initial=first)))
                for first, moves in zip(self.first, self.moves, strict=True)]

    @property
    def pairs(self):
        """q(z_{t−1} = j, z_t = k), a list of S arrays (T_s − 1, K, K)."""
        return [g[:-1, :, None] * m for g, m in zip(self.marginals, self.moves, strict=True)]

    def entropy(self):
        """−E_q[log q(z)], array (S,) in nats."""
        return -self._expect(self.log_first, self.log_moves)

    def kl(self, other):
        """E_q[log q(z) − log other(z)], array (S,) in nats; inf where q goes and the other cannot."""
        self._same_kind(other)
        with np.errstate(invalid="ignore"):                     # −∞ − −∞ stands where q is 0, and is not read
            return self._expect(self.log_first - other.log_first,
                                [a - b for a, b in zip(self.log_moves, other.log_moves, strict=True)])

    def _expect(self, first, moves):
        """E_q[first(z_1) + Σ_t moves_t(z_{t−1}, z_t)] of tables of logarithms, array (S,)."""
        return np.array([expect(a, b, axis=None) + expect(c, d, axis=None)
                         for a, b, c, d in zip(self.first, first, self.pairs, moves, strict=True)])

    def near(self, rng):
        """Another chain with the same impossible moves."""
        def tilted(rows):
            rows = rows * np.exp(rng.normal(size=rows.shape))
            return rows / rows.sum(axis=-1, keepdims=True)
        return type(self)(tilted(self.first), [tilted(m) for m in self.moves])
