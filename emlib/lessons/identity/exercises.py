"""Exercise: log p(x) from two densities at one z, for a model that knows nothing else (W3)."""

import numpy as np

from emlib.exercises.by_hand import Number, Slip, by_hand
from emlib.exercises.judge import Exercise, Mistake, checker
from emlib.lessons.identity.model import LinearGaussian

__all__ = ["by_hand_two_labels", "check_log_lik_at_z"]


class TwoDensities:
    """A model that knows log p(x, z) and log p(z|x), and nothing else; it keeps what it was asked."""

    def __init__(self, noise):
        self._model, self.asked = LinearGaussian(noise), []

    def __deepcopy__(self, memo):               # each student's copy starts with an empty list
        return TwoDensities(self._model.noise)

    def __getattr__(self, name):
        raise AttributeError(f"this model has no {name}; it knows log_joint(x, z) and log_posterior(x, z), and nothing "
                             "else")

    def log_joint(self, x, z):
        """log p(x, z|θ)."""
        self.asked.append(("log_joint", x, z))
        return self._model.log_joint(x, z)

    def log_posterior(self, x, z):
        """log p(z|x, θ)."""
        self.asked.append(("log_posterior", x, z))
        return self._model.log_posterior(x, z)


CASES = tuple((TwoDensities(noise), x) for noise, x in ((0.8, 1.2), (2.0, -0.7), (0.3, 0.25), (1.0, 3.0)))
SAME = dict(rtol=1e-6, atol=1e-9)


def difference(model, x):
    return model.log_joint(x, 0.5) - model.log_posterior(x, 0.5)


def asked_both_at_one_z(value, right, given):
    """A rule: what the model was asked for, and what became of its answers."""
    model, x = given
    if not model.asked:
        return ("Your function never asks the model. Compute the number from model.log_joint(x, z) and "
                "model.log_posterior(x, z), at a z of your choice.")
    if np.allclose(value, right, **SAME):
        return None
    missing = {"log_joint", "log_posterior"} - {name for name, _, _ in model.asked}
    if missing:
        return (f"Your function never asks for model.{missing.pop()}(x, z). log p(x) is the difference of both (W3): "
                "one alone still has the z in it.")
    xs = [seen for _, seen, _ in model.asked]
    if not all(np.all(np.asarray(seen) == x) for seen in xs):
        return "x and z have changed places, or x was replaced: call the methods as (x, z), with the x that was given."
    (_, _, first), (_, _, second) = (next(call for call in model.asked if call[0] == name)
                                     for name in ("log_joint", "log_posterior"))
    if not np.array_equal(first, second):
        return (f"You take log_joint at z = {first!s:.20} and log_posterior at z = {second!s:.20}. The difference is "
                "log p(x) only where both have the same z (W3).")
    if np.ndim(first):
        return ("You take many z at once and add or average something over them. One z is enough: at every z the "
                "difference is log p(x) (W3).")
    joint, posterior = model._model.log_joint(x, first), model._model.log_posterior(x, first)
    for wrong, words in ((joint + posterior, "You added the two. The product rule, p(x, z) = p(z|x) p(x), makes "
                                             "log p(x) their difference."),
                         (posterior - joint, "The difference is the wrong way round: p(x) is p(x, z) divided by "
                                             "p(z|x), so log_joint comes first."),
                         (joint / posterior, "You divided two logarithms. The logarithm of a quotient is the "
                                             "*difference* of the logarithms."),
                         (joint, "That is log p(x, z) alone: subtract log p(z|x) at the same z."),
                         (posterior, "That is log p(z|x) alone: subtract it from log p(x, z) at the same z."),
                         (np.exp(joint) - np.exp(posterior), "You subtracted the densities. Subtract their logarithms: "
                                                             "the densities are divided (W2)."),
                         (np.exp(joint) / np.exp(posterior), "That is p(x) itself; its logarithm is asked.")):
        if np.allclose(value, wrong, **SAME):
            return words
    return None


def one_number(value, right, given):
    """What is wrong with a shape, or None: an array over z shows that the difference is flat, and is no number."""
    if value.size == 1:
        return "You return one number in brackets; take it out of them, and return the number."
    if value.size and np.allclose(value, right, **SAME):
        return (f"You return {value.size} numbers, one for each z, and all of them are equal: that is W3. "
                "One z is enough; return one number.")
    return f"You return an array of shape {value.shape}; choose one z, a number, and return one number."


check_log_lik_at_z = checker(Exercise(
    "log_lik_at_z", ("model", "x"), "one number, log p(x), in nats", difference, CASES,
    ("The product rule has no sum in it: p(x, z) = p(z|x) p(x). Solve it for p(x), and take logarithms.",
     "Choose any z, z = 0 will do, and set it inside the function. Ask the model for both logarithms at that z."),
    "One z is enough, and any z will do: the difference has no z left in it (W3).",
    (Mistake("That is p(x) itself; its logarithm is asked.", lambda model, x: np.exp(difference(model, x))),
     Mistake("The sign is the wrong way round: log_joint comes first, log_posterior is subtracted.",
             lambda model, x: -difference(model, x)),
     Mistake("Your logarithm has base 2: the model's are in nats.",
             lambda model, x: difference(model, x) / np.log(2)),
     Mistake("Your logarithm has base 10: the model's are in nats.",
             lambda model, x: difference(model, x) / np.log(10))),
    (asked_both_at_one_z,), shapes=one_number, alone=True,
    misfit="Choose one z, a number: then there is nothing that has to fit."))


# p(x=1, z=1) = 0.1, p(x=1, z=2) = 0.3; p(x=2, z=1) = 0.4, p(x=2, z=2) = 0.2; x = 1 was seen
SEEN, OTHER = (0.1, 0.3), (0.4, 0.2)
LOG_LIK = np.log(sum(SEEN))


def slips_at(z):
    joint, prior = SEEN[z], SEEN[z] + OTHER[z]
    return (Slip(np.log(joint / prior), "you subtracted log p(z). It has to be log p(z|x): the x behind the bar "
                                        "matters (that is the slip W1)."),
            Slip(np.log(joint), "that is log p(x, z); subtract log p(z|x) from it."),
            Slip(np.log(joint / sum(SEEN)), "that is log p(z|x) alone."),
            Slip(np.log(joint) + np.log(joint / sum(SEEN)), "you added the logarithms; they are subtracted."),
            Slip(LOG_LIK / np.log(2), "your logarithm has base 2; nats need the natural logarithm, ln."),
            Slip(LOG_LIK / np.log(10), "your logarithm has base 10; nats need the natural logarithm, ln."),
            Slip(sum(SEEN), "that is p(x); its logarithm is asked."))


by_hand_two_labels = by_hand("two_labels", (Number("at_1", LOG_LIK, 3, slips_at(0)),
                                            Number("at_2", LOG_LIK, 3, slips_at(1))),
    ("p(x = 1) is the sum of its row of the table; p(z|x) is an entry of that row, divided by the sum.",
     "For each z: ln p(x, z) − ln p(z|x)."),
    "The same number at both z: log p(x), and no z is left in it (W3).")
