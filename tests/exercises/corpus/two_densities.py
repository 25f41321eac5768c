"""Answers to log_lik_at_z (notebook 02)."""

import numpy as np
from student_answers import right, wrong

CHECK = "check_log_lik_at_z"
z = 0.3                                         # what a notebook leaves behind


@right(CHECK, "any z will do")
def at_zero(model, x):
    z = 0.0
    return model.log_joint(x, z) - model.log_posterior(x, z)


@right(CHECK)
def at_x(model, x):
    return -(model.log_posterior(x, z=x) - model.log_joint(x, z=x))


@right(CHECK)
def average_over_z(model, x):
    grid = np.linspace(-1, 1, 11)
    return float(np.mean(model.log_joint(x, grid) - model.log_posterior(x, grid)))


@wrong(CHECK, "`z`", "not its own", "inside the function", kind="outside")
def z_of_the_notebook(model, x):
    return model.log_joint(x, z) - model.log_posterior(x, z)


@wrong(CHECK, "NameError", "neither in the function nor above it", kind="raised")
def z_of_nobody(model, x):
    return model.log_joint(x, where) - model.log_posterior(x, where)       # noqa: F821


@wrong(CHECK, "returned nothing (None)", kind="nothing")
def printed(model, x):
    str(model.log_joint(x, 0.0) - model.log_posterior(x, 0.0))


@wrong(CHECK, "all of them are equal", "One z is enough", kind="shape")
def over_a_grid(model, x):
    grid = np.linspace(-2, 2, 41)
    return model.log_joint(x, grid) - model.log_posterior(x, grid)


@wrong(CHECK, "choose one z, a number", kind="shape")
def joint_over_a_grid(model, x):
    return model.log_joint(x, np.linspace(-2, 2, 41))


@wrong(CHECK, "You added the two", kind="wrong")
def added(model, x):
    return model.log_joint(x, 0.5) + model.log_posterior(x, 0.5)


@wrong(CHECK, "sign is the wrong way round", kind="mistake")
def turned_round(model, x):
    return model.log_posterior(x, 0) - model.log_joint(x, 0)


@wrong(CHECK, "never asks for model.log_posterior", kind="wrong")
def joint_alone(model, x):
    return model.log_joint(x, 0.0)


@wrong(CHECK, "never asks for model.log_joint", kind="wrong")
def posterior_alone(model, x):
    return model.log_posterior(x, 0.0)


@wrong(CHECK, "x and z have changed places", kind="wrong")
def arguments_exchanged(model, x):
    return model.log_joint(0.5, x) - model.log_posterior(0.5, x)


@wrong(CHECK, "both have the same z", kind="wrong")
def two_different_z(model, x):
    return model.log_joint(x, 0.0) - model.log_posterior(x, 1.0)


@wrong(CHECK, "has no log_prior", "nothing else", kind="raised")
def slip_w1(model, x):
    return model.log_joint(x, 0.0) - model.log_prior(0.0)


@wrong(CHECK, "has no log_lik", "nothing else", kind="raised")
def the_models_own(model, x):
    return model.log_lik(x)


@wrong(CHECK, "has no noise", kind="raised")
def closed_form(model, x):
    return -0.5 * x**2 / (1 + model.noise**2)


@wrong(CHECK, "p(x) itself", kind="mistake")
def no_logarithm(model, x):
    return np.exp(model.log_joint(x, 0.0) - model.log_posterior(x, 0.0))


@wrong(CHECK, "never asks the model", kind="wrong")
def a_guess(model, x):
    return -1.5


@wrong(CHECK, "You divided two logarithms", kind="wrong")
def divided(model, x):
    return model.log_joint(x, 0.1) / model.log_posterior(x, 0.1)


@wrong(CHECK, "subtracted the densities", kind="wrong")
def densities_subtracted(model, x):
    return np.exp(model.log_joint(x, 0.1)) - np.exp(model.log_posterior(x, 0.1))
