"""Data larger than memory: mapped files and readers give what the array gives, and nothing is copied whole."""

import tracemalloc
import warnings

import numpy as np
import pytest
from strategies import KINDS, parameters, random_gaussian

from emlib import GaussianMixture, em, fit, frozen
from emlib.models import _inputs as inputs
from emlib.streaming import blocks

RNG = np.random.default_rng(5)
MODEL = random_gaussian(RNG, "full", 3, 2)
X = MODEL.sample(40_000, RNG)[0]
START = GaussianMixture.start(X[:500], 3, rng=0)
OPTIONS = {"keep": "last", "max_iter": 4, "tol": None}


class Reader:
    """Reads a file of numbers anew each time it is iterated, in blocks of uneven size."""

    def __init__(self, path, sizes=(1, 7000, 313, 20_000, 12_686)):
        self.path, self.sizes, self.passes = path, sizes, 0

    def __iter__(self):
        self.passes += 1
        with open(self.path, "rb") as file:
            for size in self.sizes:
                yield np.frombuffer(file.read(16 * size)).reshape(-1, 2)


@pytest.fixture
def path(tmp_path):
    X.tofile(tmp_path / "x.bin")
    return tmp_path / "x.bin"


def assert_same_fit(a, b):
    assert a.log_liks == pytest.approx(b.log_liks, rel=1e-12)
    assert parameters(a.model) == pytest.approx(parameters(b.model), rel=1e-11)
    assert a.stop == b.stop


@pytest.mark.parametrize("kind", KINDS)
def test_a_mapped_file_and_a_reader_give_what_the_array_gives(path, kind):
    start = GaussianMixture.start(X[:500], 3, rng=0, covariance_type=kind)
    expected = fit(start, X, **OPTIONS)
    mapped = np.memmap(path, dtype=float, mode="r", shape=X.shape)
    for x in (mapped, Reader(path), [X[:3], X[3:30_000], X[30_000:]], tuple(np.array_split(X, 97))):
        assert_same_fit(fit(start, x, **OPTIONS), expected)
    every = fit(start, X, max_iter=4, tol=None)
    assert_same_fit(expected, every)


def test_weights_go_along_with_a_reader(path):
    w = np.random.default_rng(0).integers(0, 3, size=len(X))
    expected = fit(START, X.repeat(w, axis=0), **OPTIONS)
    for x in (X, Reader(path), np.memmap(path, dtype=float, mode="r", shape=X.shape)):
        assert_same_fit(fit(START, x, sample_weight=w, **OPTIONS), expected)


def test_a_block_of_which_no_row_counts_is_left_out():
    w = np.r_[np.zeros(35_000), np.ones(5000)]
    expected = fit(START, X[35_000:], **OPTIONS)
    for x in (X, np.array_split(X, 8)):
        assert_same_fit(fit(START, x, sample_weight=w, **OPTIONS), expected)


def test_other_number_types_and_orders_are_read_block_by_block(tmp_path):
    x = np.round(X * 4).astype(np.int16)
    expected = fit(START, x.astype(float), **OPTIONS)
    small = np.lib.format.open_memmap(tmp_path / "x.npy", mode="w+", dtype=np.int16, shape=x.shape)
    small[:] = x
    for same in (x, x.astype(np.float32), small, np.asfortranarray(x), x.tolist(), x[::-1][::-1]):
        assert_same_fit(fit(START, same, **OPTIONS), expected)


def test_a_reader_is_read_once_to_check_it_and_once_per_state(path):
    reader = Reader(path)
    fit(START, reader, **OPTIONS)
    assert reader.passes == 1 + (OPTIONS["max_iter"] + 1)


def test_far_less_memory_than_the_data_is_used():
    """The peak of a fit beyond the data themselves: blocks, and no more for ten times the points."""
    def peak(n):
        x = np.random.default_rng(0).standard_normal((n, 2))
        tracemalloc.start()
        fit(START, x, **OPTIONS)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    small, large = peak(100_000), peak(1_000_000)
    assert large <= 16 * 1_000_000 / 4 and large <= 1.1 * small + 1e5


def test_the_first_pass_learns_what_is_needed_about_the_whole():
    w = np.random.default_rng(0).integers(0, 3, size=len(X)).astype(float)
    for data in (X, np.array_split(X, 13)):
        found = blocks.Blocks(data, w, inputs.x, 1000)
        repeated = X.repeat(w.astype(int), axis=0)
        assert found.n == np.count_nonzero(w) and found.total == w.sum()
        assert found.centre == pytest.approx(repeated.mean(axis=0), rel=1e-12)
        assert found.spread == pytest.approx(repeated.std(axis=0), rel=1e-12)
        assert np.array_equal(found.magnitude, np.abs(X[w > 0]).max(axis=0))
        sizes = [len(rows) for rows, _ in found]
        assert sum(sizes) == found.n and max(sizes) == found.widest <= 1000


def test_rows_that_a_start_is_chosen_from_are_drawn_with_their_weights():
    w = np.r_[np.zeros(20_000), np.ones(19_000), np.full(1000, 19.0)]
    for data in (X, np.array_split(X, 9)):
        found = blocks.Blocks(data, w, inputs.x, 4000).sample(500, np.random.default_rng(0))
        assert found.shape == (500, 2) and len(np.unique(found, axis=0)) == 500
        where = np.array([np.flatnonzero((X == row).all(axis=1))[0] for row in found])
        assert where.min() >= 20_000 and 150 <= (where >= 39_000).sum() <= 350
    everything = blocks.Blocks(X, w, inputs.x, 4000).sample(30_000, np.random.default_rng(0))
    assert np.array_equal(everything, X[20_000:])


# Refused ---------------------------------------------------------------------------------------------------------


def test_a_one_shot_iterator_is_refused_with_what_to_do():
    with pytest.raises(ValueError, match=r"x is a one-shot iterator.*give a list of arrays, or an object"):
        fit(START, (block for block in np.array_split(X, 3)), **OPTIONS)
    with pytest.raises(ValueError, match="one-shot"):
        fit(START, iter([X]), **OPTIONS)


def test_a_reader_needs_streaming():
    for options in ({}, {"keep": "last", "e_step": frozen(np.full((len(X), 3), 1 / 3))}):
        with pytest.raises(ValueError, match="x is a reader of blocks; that needs keep='last' and an exact E-step"):
            fit(START, np.array_split(X, 3), **options)


def poked(value, at=35_000):
    x = X.copy()
    x[at, 1] = value
    return x


REFUSED = {
    "NaN in a late block": (lambda: poked(np.nan), "x contains NaN"),
    "infinity in a late block": (lambda: poked(np.inf), "x contains infinity"),
    "too large": (lambda: poked(1e200), "x holds 1e\\+200, so large"),
    "NaN in a reader": (lambda: np.array_split(poked(np.nan), 5), "x contains NaN"),
    "another D in a late block": (lambda: [X, X[:, :1]], "x has D = 1 columns; this model has D = 2"),
    "1-D": (lambda: X[:, 0], r"x has shape \(40000,\); expected 2-D"),
    "3-D": (lambda: X[None], r"x has shape \(1, 40000, 2\)"),
    "no rows": (lambda: X[:0], r"x has shape \(0, 2\): no points"),
    "a reader of nothing": (lambda: Empty(), "x gives no blocks"),
    "complex": (lambda: X + 1j, "x must be an array of real numbers: complex"),
    "words": (lambda: [["a", "b"]], "x must be an array of real numbers"),
    "one word": (lambda: "abc", "x must be an array of real numbers"),
    "None": (lambda: None, "x "),
    "too few": (lambda: X[:2], "x has N = 2 points for K = 3"),
}


class Empty:
    def __iter__(self):
        return iter([])


@pytest.mark.parametrize("name", REFUSED)
def test_bad_data_is_refused_in_the_first_pass(name):
    make, message = REFUSED[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=message):
            fit(START, make(), **OPTIONS)


def test_weights_that_do_not_fit_are_refused_with_both_numbers(path):
    for x in (X, Reader(path)):
        for w in (np.ones(39_999), np.ones(40_001)):
            with pytest.raises(ValueError, match=rf"sample_weight has shape \({len(w)},\); expected \(40000,\)"):
                fit(START, x, sample_weight=w, **OPTIONS)
        with pytest.raises(ValueError, match="sample_weight must be finite and non-negative"):
            fit(START, x, sample_weight=-np.ones(40_000), **OPTIONS)


def test_a_reader_that_changes_between_passes_is_found_out(path):
    class Shrinking(Reader):
        def __iter__(self):
            for i, block in enumerate(super().__iter__()):
                if self.passes < 3 or i < 2:
                    yield block

    class Swelling(Reader):
        def __iter__(self):
            self.sizes = (10,) * 4000 if self.passes < 1 else (40_000,)
            return super().__iter__()

    with pytest.raises(ValueError, match="x gave 7001 points in this pass and 40000 in the first"):
        fit(START, Shrinking(path), **OPTIONS)
    with pytest.raises(ValueError, match=r"x gave a block of .* in this pass and none larger than 10 in the first"):
        fit(START, Swelling(path), **OPTIONS)


def test_em_takes_a_mapped_file_as_the_array_it_is(path):
    mapped = np.memmap(path, dtype=float, mode="r", shape=X.shape)
    assert next(em(START, mapped)).bound.log_lik == next(em(START, X)).bound.log_lik


class Dtype:
    """torch.float32 is such an object: numpy.dtype() does not know it."""


class Tensor:
    """As much of a tensor of another library as reaches emlib."""

    dtype = Dtype()

    def __init__(self, values):
        self.values = np.asarray(values, dtype=np.float32)

    shape = property(lambda self: self.values.shape)
    ndim = property(lambda self: self.values.ndim)

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return (Tensor(v) for v in self.values)

    def __getitem__(self, i):
        return Tensor(self.values[i])

    def __array__(self, dtype=None, copy=None):
        return self.values.astype(dtype or np.float32)


def test_tensors_of_other_libraries_are_read_as_arrays():
    x = X.astype(np.float32)
    expected = fit(START, x, **OPTIONS)
    for same in (Tensor(x), [Tensor(x[:9000]), Tensor(x[9000:])]):
        assert_same_fit(fit(START, same, **OPTIONS), expected)
    assert_same_fit(fit(START, x, sample_weight=Tensor(np.ones(len(x))), **OPTIONS), expected)


class Variable:
    """A variable of a file with gaps: its numbers are read, and its marks seen, when rows are asked for."""

    dtype, ndim = np.dtype(float), 2

    def __init__(self, values, gaps=()):
        self.values, self.shape, self.largest = np.ma.masked_array(values, mask=False), values.shape, 0
        for n in gaps:
            self.values[n, 0] = np.ma.masked

    def __len__(self):
        return len(self.values)

    def __getitem__(self, rows):
        self.largest = max(self.largest, len(self.values[rows]))
        return self.values[rows]

    def __array__(self, dtype=None, copy=None):
        raise MemoryError("all of it at once")


def test_a_variable_of_a_file_is_read_by_rows_and_its_marks_are_seen():
    file = Variable(X)
    assert_same_fit(fit(START, file, **OPTIONS), fit(START, X, **OPTIONS))
    assert 0 < file.largest < len(X)
    for data in (Variable(X, [39_000, 39_001]), [Variable(X[:9000]), Variable(X[9000:], [30_000, 30_001])]):
        with pytest.raises(ValueError, match=r"^x is a masked array with 2 masked entries; drop those rows"):
            fit(START, data, **OPTIONS)


def test_all_masked_entries_are_counted_where_x_is_in_memory():
    x = np.ma.masked_array(X, mask=False)
    x[::4000, 1] = np.ma.masked
    for data in (x, [x[:9000], x[9000:]], (X, x)):
        with pytest.raises(ValueError, match=r"^x is a masked array with 10 masked entries"):
            fit(START, data, **OPTIONS)


class Table:
    """A table with labels for rows: table[a:b] are the rows labelled a to b, as of a float index; no dtype."""

    ndim = 2

    def __init__(self, values, labels):
        self.values, self.labels, self.shape = values, labels, values.shape

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return iter(["duration", "duration"])                        # names of columns, one of them twice

    def __getitem__(self, rows):
        return Table(self.values[(self.labels >= rows.start) & (self.labels < rows.stop)], self.labels)

    def __array__(self, dtype=None, copy=None):
        return self.values


def test_rows_of_a_table_are_taken_by_place():
    expected = fit(START, X, **OPTIONS)
    labels = np.random.default_rng(0).permutation(len(X)) * 2.0
    assert_same_fit(fit(START, Table(X, labels), **OPTIONS), expected)
    chunks = [Table(X[:9000], labels[:9000]), Table(X[9000:], labels[9000:])]
    assert_same_fit(fit(START, chunks, **OPTIONS), expected)


@pytest.mark.parametrize(("later", "message"), [
    (np.ma.masked_array(X, mask=X > X.max() - 1e-9), "x is a masked array with 1 masked entries"),
    (X.astype("M8[s]"), "x must be an array of real numbers: dates"), (X + 1j, "x must be .* complex numbers"),
    (X.astype(str), "x must be .* text")])
def test_a_reader_that_gives_something_else_in_a_later_pass_is_found_out(later, message):
    class Turns:
        passes = 0

        def __iter__(self):
            self.passes += 1
            return iter([X if self.passes < 3 else later])

    with pytest.raises(ValueError, match=message):
        fit(START, Turns(), **OPTIONS)


def test_blocks_that_are_single_numbers_or_no_tables_are_refused_by_shape():
    for block, shape in ((3.0, r"\(1,\)"), (np.float64(3), r"\(1,\)"), (X[:, 0], r"\(\d+,\)")):
        with pytest.raises(ValueError, match=f"x has shape {shape}; expected 2-D"):
            fit(START, AsTheyAre([X, block]), **OPTIONS)


class AsTheyAre:
    """A reader of these blocks."""

    def __init__(self, blocks):
        self.blocks = blocks

    def __iter__(self):
        return iter(self.blocks)
