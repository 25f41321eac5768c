"""Right models of other data: letters, words, booleans, tables, images, pairs, sequences; and z that is no label."""

from itertools import pairwise

import latent_models
import numpy as np
from specimen import LGAMMA, right

HALF = np.array([0.5, 0.5])
LETTERS = "ACGT"


class Letters:
    """Several letters a point, x (N, M) of "ACGT"."""

    def __init__(self, weights, table):
        self.weights, self.table = weights, table           # (K,), (K, 4)

    def counted(self, x):
        return np.stack([(x == letter).sum(axis=1) for letter in LETTERS], axis=1)

    def log_joint(self, x):
        return np.log(self.weights) + self.counted(x) @ np.log(self.table).T

    def m_step(self, x, q):
        counts = q.T @ self.counted(x)
        return type(self)(q.mean(axis=0), counts / counts.sum(axis=1, keepdims=True))


TABLE = np.array([[0.3, 0.3, 0.2, 0.2], [0.2, 0.2, 0.3, 0.3]])


def reads(rng, n=40, m=12):
    rows = np.array([[0.5, 0.3, 0.1, 0.1], [0.1, 0.1, 0.3, 0.5]])
    return np.array([rng.choice(list(LETTERS), m, p=rows[z]) for z in rng.integers(2, size=n)])


@right()
def letters(rng):
    return Letters(HALF, TABLE), reads(rng)


class Words(Letters):
    """The same with words, a list of texts."""

    def counted(self, x):
        return np.array([[word.count(letter) for letter in LETTERS] for word in x])


@right()
def words_of_unlike_lengths(rng):
    x = ["".join(row[:length]) for row, length in zip(reads(rng, m=20), rng.integers(5, 21, 40), strict=True)]
    return Words(HALF, TABLE), x


class Codes(Letters):
    """The same with codes 0, 1, 2, 3."""

    def counted(self, x):
        return np.stack([(np.asarray(x) == code).sum(axis=1) for code in range(4)], axis=1)


@right()
def codes(rng):
    return Codes(HALF, TABLE), np.array([[LETTERS.index(letter) for letter in row] for row in reads(rng)])


class Answers:
    """Yes or no, x (N, D) of booleans."""

    def __init__(self, weights, probs):
        self.weights, self.probs = weights, probs

    def log_joint(self, x):
        return np.log(self.weights) + np.where(x[:, None], np.log(self.probs), np.log1p(-self.probs)).sum(axis=2)

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), q.T @ x / q.sum(axis=0)[:, None])


def answers(rng, n=60):
    return rng.random((n, 5)) < np.where(rng.random((n, 1)) < 0.5, 0.2, 0.8)


@right()
def booleans(rng):
    return Answers(HALF, np.array([[0.3] * 5, [0.6, 0.7, 0.6, 0.7, 0.6]])), answers(rng)


class Tables:
    """A table of counts a point, x (N, 2, 3): multinomial, each kind with a table of probabilities of its own."""

    def __init__(self, weights, cells):
        self.weights, self.cells = weights, cells           # (K,), (K, 2, 3), each table sums to 1

    def log_joint(self, x):
        ways = LGAMMA(x.sum(axis=(1, 2)) + 1.0) - LGAMMA(x + 1.0).sum(axis=(1, 2))
        return np.log(self.weights) + ways[:, None] + np.einsum("nij,kij->nk", x, np.log(self.cells))

    def m_step(self, x, q):
        counts = np.einsum("nk,nij->kij", q, x)
        return type(self)(q.mean(axis=0), counts / counts.sum(axis=(1, 2), keepdims=True))


@right()
def tables(rng):
    cells = np.array([[[0.3, 0.2, 0.1], [0.2, 0.1, 0.1]], [[0.1, 0.1, 0.2], [0.1, 0.2, 0.3]]])
    x = np.array([rng.multinomial(15, cells[z].ravel()).reshape(2, 3) for z in rng.integers(2, size=40)])
    return Tables(HALF, cells[:, ::-1] * 0.4 + cells * 0.6), x


class Votes:
    """Multinomial counts, x (N, 3), with their coefficient."""

    def __init__(self, weights, shares):
        self.weights, self.shares = weights, shares

    def log_joint(self, x):
        ways = LGAMMA(x.sum(axis=1) + 1.0) - LGAMMA(x + 1.0).sum(axis=1)
        return np.log(self.weights) + ways[:, None] + x @ np.log(self.shares).T

    def m_step(self, x, q):
        counts = q.T @ x
        return Votes(q.mean(axis=0), counts / counts.sum(axis=1, keepdims=True))


@right()
def multinomial_counts(rng):
    shares = np.array([[0.6, 0.3, 0.1], [0.2, 0.3, 0.5]])
    x = np.array([rng.multinomial(20, shares[z]) for z in rng.integers(2, size=40)])
    return Votes(HALF, np.array([[0.5, 0.3, 0.2], [0.3, 0.3, 0.4]])), x


class Images:
    """Black or white images, x (N, 4, 4)."""

    def __init__(self, weights, ink):
        self.weights, self.ink = weights, ink

    def log_joint(self, x):
        return np.log(self.weights) + (np.einsum("nij,kij->nk", x, np.log(self.ink))
                                       + np.einsum("nij,kij->nk", 1 - x, np.log1p(-self.ink)))

    def m_step(self, x, q):
        return Images(q.mean(axis=0), np.einsum("nk,nij->kij", q, x) / q.sum(axis=0)[:, None, None])


@right()
def images(rng):
    left = np.where(np.arange(4) < 2, 0.7, 0.3) * np.ones((4, 1))
    ink = np.where(rng.random((80, 1, 1)) < 0.5, left, left.T)
    return Images(HALF, np.stack([0.5 + 0.5 * (left - 0.5), 0.5 + 0.5 * (left.T - 0.5)])), rng.binomial(1, ink)


class Pairs:
    """A list of pairs (heads, tosses), each pair one point, as the two coins are written in most tutorials."""

    def __init__(self, weights, bias):
        self.weights, self.bias = weights, bias

    def log_joint(self, x):
        rows = [[np.log(w) + h * np.log(p) + (n - h) * np.log(1 - p) + LGAMMA(n + 1) - LGAMMA(h + 1) - LGAMMA(n - h + 1)
                 for w, p in zip(self.weights, self.bias, strict=True)] for h, n in x]
        return np.array(rows)

    def m_step(self, x, q):
        heads, tosses = np.array([h for h, _ in x]), np.array([n for _, n in x])
        return Pairs(q.mean(axis=0), q.T @ heads / (q.T @ tosses))


@right()
def pairs_in_a_list(rng):
    tosses = rng.integers(5, 30, 24)
    heads = rng.binomial(tosses, rng.choice([0.3, 0.8], 24))
    return Pairs(HALF, np.array([0.4, 0.6])), list(zip(heads.tolist(), tosses.tolist(), strict=True))


class Records:
    """An array with named columns: heads and tosses of each coin."""

    def __init__(self, weights, bias):
        self.weights, self.bias = weights, bias

    def columns(self, x):
        return x["heads"], x["tosses"]

    def log_joint(self, x):
        h, n = self.columns(x)
        ways = LGAMMA(n + 1.0) - LGAMMA(h + 1.0) - LGAMMA(n - h + 1.0)
        return (np.log(self.weights) + ways[:, None] + np.outer(h, np.log(self.bias))
                + np.outer(n - h, np.log1p(-self.bias)))

    def m_step(self, x, q):
        h, n = self.columns(x)
        return type(self)(q.mean(axis=0), q.T @ h / (q.T @ n))


@right()
def records_of_named_columns(rng):
    _, x = pairs_in_a_list(rng)
    return Records(HALF, np.array([0.4, 0.6])), np.array(x, dtype=[("heads", int), ("tosses", int)])


class Dicts(Records):
    """A list of dicts."""

    def columns(self, x):
        return np.array([row["heads"] for row in x]), np.array([row["tosses"] for row in x])


@right()
def dicts_in_a_list(rng):
    _, x = pairs_in_a_list(rng)
    return Dicts(HALF, np.array([0.4, 0.6])), [{"heads": h, "tosses": n} for h, n in x]


class Walks:
    """Visits to a site, a list of sequences of pages 0, 1, 2 of unlike lengths; each visitor is of one kind."""

    def __init__(self, weights, first, moves):
        self.weights, self.first, self.moves = weights, first, moves        # (K,), (K, 3), (K, 3, 3)

    def log_joint(self, x):
        with np.errstate(divide="ignore"):
            first, moves = np.log(self.first), np.log(self.moves)
        rows = [first[:, s[0]] + moves[:, s[:-1], s[1:]].sum(axis=1) for s in x]
        return np.log(self.weights) + np.array(rows)

    def m_step(self, x, q):
        first, moves = np.zeros_like(self.first), np.zeros_like(self.moves)
        for row, s in zip(q, x, strict=True):
            first[:, s[0]] += row
            for a, b in pairwise(s):
                moves[:, a, b] += row
        return type(self)(q.mean(axis=0), first / first.sum(axis=1, keepdims=True),
                          moves / moves.sum(axis=2, keepdims=True))


def walks(rng, n=20):
    stay, go = np.full((3, 3), 0.15) + 0.55 * np.eye(3), np.full((3, 3), 0.2) + 0.4 * np.roll(np.eye(3), 1, axis=1)
    x = []
    for length in rng.integers(4, 12, n):
        moves, path = (stay, go)[rng.integers(2)], [int(rng.integers(3))]
        while len(path) < length:
            path.append(int(rng.choice(3, p=moves[path[-1]])))
        x.append(np.array(path))
    return x


@right()
def ragged_markov_chains(rng):
    moves = np.stack([np.full((3, 3), 0.25) + 0.25 * np.eye(3), np.full((3, 3), 0.3) + 0.1 * np.roll(np.eye(3), 1, 1)])
    return Walks(HALF, np.array([[0.4, 0.3, 0.3], [0.3, 0.3, 0.4]]), moves), walks(rng)


# z that is no label ----------------------------------------------------------------------------------------------


@right()
def factor_analysis(rng):
    return latent_models.factors(rng, n=40, d=4, factors=1)


@right()
def missing_cells_filled(rng):
    return latent_models.holes(rng, n=20)


@right()
def hidden_markov(rng):
    return latent_models.paths(rng, lengths=(9, 1, 12, 6))
