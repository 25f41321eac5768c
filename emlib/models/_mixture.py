"""What every mixture with K labels has in common: what follows from ``log_joint`` alone, and how to make another."""

import inspect
from dataclasses import fields
from functools import cached_property, lru_cache

import numpy as np

from emlib import _validate as validate
from emlib.bound import bayes, evaluate


class Mixture:
    """Posterior, log-likelihood and information criteria of any model with ``log_joint`` and ``n_parameters``."""

    # responsibilities, array (N, K); the loop knows this function by its name and need not call log_joint again for it
    posterior = bayes
    _arrays = ()                # names of the arrays of parameters that `_keep` locked, and a copy locks again

    def log_liks(self, x):
        """log p(x_n|θ) in nats of each point, array (N,): a score for each (W15); −inf for an impossible one."""
        return np.logaddexp.reduce(self.log_joint(x), axis=1)

    def log_lik(self, x, sample_weight=None):
        """log p(x|θ) in nats, the sum of `log_liks` over the points, each as often as it counts (W15)."""
        log_liks = evaluate(self, x).log_liks
        return float(np.sum(log_liks * validate.sample_weight(sample_weight, len(log_liks))))

    def bic(self, x, sample_weight=None):
        """Bayesian information criterion −2 log p(x|θ) + n_parameters · log N, N = Σ weights; smaller is better."""
        log_lik, n = self.log_lik(x, sample_weight), validate.sample_weight(sample_weight, len(x)).sum()
        return -2 * log_lik + self.n_parameters * float(np.log(n))

    def aic(self, x, sample_weight=None):
        """Akaike information criterion −2 log p(x|θ) + 2 n_parameters; smaller is better."""
        return -2 * self.log_lik(x, sample_weight) + 2 * self.n_parameters

    def _keep(self, **arrays):
        """Keep arrays of parameters as the model's own, which nobody changes: what follows from them stays true."""
        for name, value in arrays.items():
            value.setflags(write=False)
            object.__setattr__(self, name, value)

    def __setstate__(self, state):
        """From pickle and copy: arrays come writable from there, and are locked again; what follows from them waits."""
        state, slots = state if isinstance(state, tuple) else (state, None)
        for name, value in {**state, **(slots or {})}.items():
            if not isinstance(getattr(type(self), name, None), cached_property):
                object.__setattr__(self, name, value)
        self._keep(**{name: np.array(getattr(self, name)) for name in self._arrays})

    def _started(self, *arguments):
        """A start of this class; where its constructor asks for more, of the class that `start` was written for."""
        owner, kind = next(c for c in type(self).__mro__ if "start" in vars(c)), type(self)
        known = {f.name for f in fields(owner)}
        if any(needed and name not in known for name, needed in _arguments(kind)[0].items()):
            kind = owner
        return kind.start(*(arguments if arguments[-1] is not None else arguments[:-1]))

    def _with(self, **parameters):
        """Another model of this class, with these parameters.

        Whatever else the constructor of a subclass asks for is carried over from attributes of that name.
        """
        names = [*_arguments(type(self))[0], *(f.name for f in fields(self) if f.init)]
        return made(type(self), {name: getattr(self, name) for name in names if hasattr(self, name)} | parameters)


def made(kind, wanted):
    """A model of this class from {name: value}, or a ValueError that says why its constructor cannot make that one."""
    takes, by_place, by_name = _arguments(kind)
    if missing := [name for name, needed in takes.items() if needed and name not in wanted]:
        raise ValueError(f"{kind.__name__} is made with {missing[0]}, which no attribute keeps, so that EM cannot make "
                         f"the next one: keep it as self.{missing[0]}, or give it a default")
    lost = {} if by_name else {name: value for name, value in wanted.items() if name not in takes}
    first = [lost.pop(name) for name in list(lost)] if by_place else []
    model = kind(*first, **{name: value for name, value in wanted.items() if by_name or name in takes})
    for name, value in lost.items():
        if not np.array_equal(getattr(model, name, None), value):
            raise ValueError(f"{kind.__name__} is made without {name}, so that the next model of EM loses it: let its "
                             f"__init__ take {name}, or write a from_statistics(self, S) of its own")
    return model


@lru_cache(maxsize=32)
def _arguments(kind):
    """What a class is made with: {name: whether it must be given}, and whether it takes any by place, and by name."""
    every = inspect.signature(kind).parameters.values()
    by_place, by_name = (any(p.kind is of for p in every)
                         for of in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD))
    named = {p.name: p.default is p.empty for p in every if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    return named, by_place and not by_name, by_name
