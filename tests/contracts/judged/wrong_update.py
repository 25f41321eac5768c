"""Parameters that are never updated, or that are updated and never used; wherever they live."""

import latent_models
import numpy as np
import right_counts
import right_data
import right_homes
import right_reals
from right_homes import Component, Shape, update
from right_reals import Normals, normals
from specimen import normal, of_kind, spread, two_normals, wrong

MOVE = ["parameters move"]


class RatesStay(right_counts.PoissonMixture):
    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), self.rates)


class RatesStay32(right_counts.Poisson32):
    def m_step(self, x, q):
        return type(self)(super().m_step(x, q).weights, self.rates)


wrong("rates never updated", of_kind(right_counts.counts_near_1e3, RatesStay), MOVE, "rates", proof="maximum",
      terms=1e4)
wrong("rates never updated near 1e7", of_kind(right_counts.counts_near_1e7, RatesStay), MOVE, "rates",
      proof="maximum", terms=2e8)
wrong("rates never updated in float32", of_kind(right_counts.counts_in_float32, RatesStay32), MOVE, "rates",
      proof="maximum", eps=2.0**-23)


class VariancesStay(Normals):
    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), q.T @ x / q.sum(axis=0), self.variances)


class MeansStay(Normals):
    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), self.means, spread(x, q, self.means))


class SecondMeanStays(Normals):
    def m_step(self, x, q):
        means = np.array([q[:, 0] @ x / q[:, 0].sum(), self.means[1]])
        return type(self)(q.mean(axis=0), means, spread(x, q, means))


class DeclaresTheOther(SecondMeanStays):
    """Another entry than the one that stays is declared as held."""

    held = ("means[0]",)


class Stays(Normals):
    """A new model with the old numbers."""

    def m_step(self, x, q):
        return type(self)(self.weights.copy(), self.means.copy(), self.variances.copy())


class StaysWithoutWeights(Stays):
    learn_weights = False


class WeightsStay(Normals):
    def m_step(self, x, q):
        return type(self)(self.weights, *update(x, q)[1:])


class VariancesUnused(Normals):
    """They are learned, and log_joint takes them all as 1."""

    def log_joint(self, x):
        return np.log(self.weights) + normal(x, self.means, np.ones(2))


class WholeVarianceStays(right_homes.Spike):
    """From a start in whole numbers, of which one stays."""

    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.share, new.mean, self.variance)


wrong("whole-number variance never updated", of_kind(right_homes.whole_number_starts, WholeVarianceStays), MOVE,
      "variance", proof="maximum")
wrong("variances never updated", normals(VariancesStay), MOVE, "variances", proof="maximum")
wrong("means never updated", normals(MeansStay), MOVE, "means", proof="maximum")
wrong("second mean never updated", normals(SecondMeanStays), MOVE, r"means\[1\]", proof="maximum")
wrong("another entry declared as held", normals(DeclaresTheOther), MOVE, r"means\[1\]", proof="maximum")
wrong("an M-step that does nothing", normals(Stays), [*MOVE, "weights move"], "means|weights", proof="maximum")
wrong("nothing, with the weights held", normals(StaysWithoutWeights), MOVE, "means|variances", proof="maximum")
wrong("weights never updated", normals(WeightsStay), [*MOVE, "weights move"], "weights", proof="maximum")
wrong("variances learned and never used", normals(VariancesUnused), MOVE, "variances", "log_joint", proof="unused")


# In dicts, in nested objects, in components ---------------------------------------------------------------------------


class MuStays(right_homes.InDict):
    def m_step(self, x, q):
        mu = self.theta["mu"]
        return type(self)({"pi": q.mean(axis=0), "mu": mu, "var": spread(x, q, mu)})


class VarianceStaysInDict(right_homes.InDict):
    def m_step(self, x, q):
        return type(self)({**super().m_step(x, q).theta, "var": self.theta["var"]})


wrong("mu in a dict never updated", of_kind(right_homes.parameters_in_a_dict, MuStays), MOVE, r"\bmu\b",
      proof="maximum")
wrong("var in a dict never updated", of_kind(right_homes.parameters_in_a_dict, VarianceStaysInDict), MOVE,
      r"\bvar\b", proof="maximum")


class VarianceStaysInTuple(right_homes.InTuple):
    def m_step(self, x, q):
        return type(self)((*update(x, q)[:2], self.theta[2]))


class VarianceStaysInSlots(right_homes.InSlots):
    __slots__ = ()

    def m_step(self, x, q):
        return type(self)(*update(x, q)[:2], self.var)


class MuStaysInNamedTuple(right_homes.InNamedTuple):
    __slots__ = ()

    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), self.mu, spread(x, q, self.mu))


def flat(kind):
    """This kind, from weights, means and variances."""
    return lambda rng: (kind(np.array([0.5, 0.5]), np.array([-1.0, 2]), np.ones(2)), two_normals(rng))


wrong("variances in a tuple never updated", of_kind(right_homes.parameters_in_a_tuple, VarianceStaysInTuple), MOVE,
      r"theta.*2", proof="maximum")
wrong("var in slots never updated", flat(VarianceStaysInSlots), MOVE, r"\bvar\b", proof="maximum")
wrong("mu in a named tuple never updated", flat(MuStaysInNamedTuple), MOVE, r"\bmu\b", proof="maximum")


class ShapeStays(right_homes.Nested):
    def m_step(self, x, q):
        weights, means, _ = update(x, q)
        return type(self)(weights, Shape(means, self.shape.variances))


class SecondComponentStays(right_homes.Components):
    """Only the share of the second component is learned."""

    def m_step(self, x, q):
        first, second = super().m_step(x, q).components
        old = self.components[1]
        return type(self)([first, Component(second.share, old.mean, old.variance)])


class VarianceOfComponentsStays(right_homes.Components):
    def m_step(self, x, q):
        new = super().m_step(x, q).components
        return type(self)([Component(a.share, a.mean, b.variance) for a, b in zip(new, self.components, strict=True)])


wrong("nested variances never updated", of_kind(right_homes.parameters_in_nested_dataclasses, ShapeStays), MOVE,
      "variances", proof="maximum")
wrong("second component never updated", of_kind(right_homes.components_in_a_list, SecondComponentStays), MOVE,
      "mean|variance", proof="maximum")
wrong("variance of components never updated", of_kind(right_homes.components_in_a_list, VarianceOfComponentsStays),
      MOVE, "variance", proof="maximum")


# Of other data -------------------------------------------------------------------------------------------------------


class TableStays(right_data.Letters):
    def m_step(self, x, q):
        return type(self)(q.mean(axis=0), self.table)


class MovesStay(right_data.Walks):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.weights, new.first, self.moves)


class RateStays(right_counts.ZeroInflated):
    def m_step(self, x, q):
        return type(self)(q[:, 0].mean(), self.rate)


class LineVarianceStays(right_reals.LineAndBackground):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.share, new.centre, self.variance)


wrong("table of letters never updated", of_kind(right_data.letters, TableStays), MOVE, "table", proof="maximum")
wrong("moves never updated, ragged", of_kind(right_data.ragged_markov_chains, MovesStay), MOVE, "moves",
      proof="maximum")
wrong("rate never updated, with −∞", of_kind(right_counts.zero_inflated_poisson, RateStays), MOVE, "rate",
      proof="maximum")
wrong("variance of the line never updated, with −∞", of_kind(right_reals.uniform_and_normal, LineVarianceStays), MOVE,
      "variance", proof="maximum")


class NoiseStays(latent_models.FactorAnalysis):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.loadings, new.mean, self.noise_variances)


class EmissionsStay(latent_models.HiddenMarkov):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.initial, new.transitions, self.emissions)


wrong("noise never updated", of_kind(right_data.factor_analysis, NoiseStays), MOVE, "noise_variances",
      proof="maximum")
wrong("emissions never updated", of_kind(right_data.hidden_markov, EmissionsStay), MOVE, "emissions", proof="maximum")
