"""Every line of the whiteboard is proved; every slip, and every statement bent out of shape, is refused."""

import doctest
import math

import pytest
from sympy import Add, Integral, Rational, Symbol, diff, exp, latex, oo, pi

import emlib.whiteboard
from emlib.whiteboard import (
    LINES,
    THETA,
    THETA_NEXT,
    THETA_T,
    AtLeast,
    Coins,
    Component,
    Continuous,
    Depends,
    Discrete,
    Identity,
    Maximiser,
    Refused,
    Saddle,
    SameMaximiser,
    Solution,
    TwoMeans,
    Weights,
    algebra,
    bound_lines,
    counterexamples,
    em_lines,
    inequalities,
    log,
    tangent_lemma,
)
from emlib.whiteboard.lines import breakable
from emlib.whiteboard.maximisers import T

TWO, THREE, REAL = Discrete(2), Discrete(3), Continuous()
SLIPS = {"W1", "W6", "W7", "W10", "W18", "W22", "W25"}
IMPLIED = {"W24", "W25"}


def balanced(text):
    """Whether dollars and braces of Markdown with LaTeX pair up."""
    return text.count("$") % 2 == 0 and text.count("{") == text.count("}") and r"\operatorname{Dummy" not in text


# Every line --------------------------------------------------------------------------------------------------


def test_the_board_has_all_lines_in_order():
    assert list(LINES) == [f"W{n}" for n in range(1, 26)]
    assert all(name == line.id for name, line in LINES.items())


@pytest.mark.parametrize("name", LINES)
def test_every_line_is_proved(name):
    line, proof = LINES[name], LINES[name].prove()
    assert (proof.verdict, proof.scope, proof.statement) == (line.verdict, line.scope, line.proves)
    assert len(proof.parts) == len(line.claims()) > 0
    assert all(part.steps and part.scope and part.statement and part.verdict == "proved" for part in proof.parts)
    shown = proof._repr_markdown_()
    assert balanced(shown) and shown.startswith(proof.statement) and "None" not in shown
    assert f"**{proof.verdict}.** {proof.scope}" in shown
    assert str(proof) == repr(proof) and " ".join(str(proof).split()) == f"{proof.verdict} {proof.scope}"
    assert shown.count("<details>") == shown.count("</details>") == len(proof.parts) - 1


@pytest.mark.parametrize("name", LINES)
def test_every_line_says_what_where_and_why(name):
    line = LINES[name]
    assert line.as_taught and line.why and line.applies
    assert bool(line.as_written) == (name not in IMPLIED)
    assert bool(line.slip) == (line.slip_claims is not None) == (name in SLIPS)
    if name in SLIPS - IMPLIED:
        assert line.as_written != line.as_taught


KINDS = {"identity": Identity, "inequality": AtLeast, "differentiation": Maximiser, "equality": Solution}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_line_is_proved_with_real_integrals_too(kind):
    found = [claim for line in LINES.values() for claim in line.claims() if isinstance(claim.on, Continuous)]
    assert any(isinstance(claim, KINDS[kind]) for claim in found)


@pytest.mark.parametrize("name", [f"W{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 15, 16, 17, 18, 20, 22, 23, 24)])
def test_lines_about_any_model_are_proved_for_two_labels_three_labels_and_a_real_z(name):
    assert {TWO, THREE, REAL} <= {claim.on for claim in LINES[name].claims()}


# Every slip --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(SLIPS))
def test_every_slip_is_refused_with_a_counterexample(name):
    for claim in LINES[name].slip_claims():
        with pytest.raises(Refused) as refused:
            claim.prove()
        assert refused.value.counterexample is not None
    assert LINES[name].refute().verdict == "refused"
    with pytest.raises(Refused):
        LINES[name].prove(LINES[name].slip_claims())


def number(expr, values):
    """The expression in floating point, each log, sum and product by Python's own."""
    if expr in values:
        return float(values[expr])
    if expr.is_number:
        return float(expr)
    parts = [number(part, values) for part in expr.args]
    if expr.is_Add:
        return math.fsum(parts)
    if expr.is_Mul:
        return math.prod(parts)
    return parts[0] ** parts[1] if expr.is_Pow else math.log(*parts)


@pytest.mark.parametrize("name", ["W1", "W6", "W7", "W18"])
def test_counterexamples_to_slips_hold_in_plain_arithmetic(name):
    for claim in LINES[name].slip_claims():
        with pytest.raises(Refused) as refused:
            claim.prove()
        values = refused.value.counterexample.values
        assert abs(number(claim.left, values) - number(claim.right, values)) > 1e-3
        for group in claim.on.sums:
            if set(group) <= set(values):
                assert sum(values[part] for part in group) == 1


def test_the_largest_kl_is_no_maximum_of_the_bound():
    values = LINES["W22"].refute().values
    q, joint = [values[TWO.q(z)] for z in TWO.each], [values[TWO.joint(z)] for z in TWO.each]
    posterior = [p / sum(joint) for p in joint]
    assert q == posterior and sum(a * math.log(a / p) for a, p in zip(q, posterior, strict=True)) == 0
    other = (Rational(1, 2), Rational(1, 2))
    assert sum(a * math.log(a / p) for a, p in zip(other, posterior, strict=True)) > 0


# Statements bent out of shape: at least one for each line ----------------------------------------------------


def wrong_means(b):
    """A weighted variance about the plain mean."""
    plain = Add(*b.x) / b.N
    return b.m_step() | {b.v: b.average([(x - plain) ** 2 for x in b.x])}


COINS, COMPONENT, MIXTURE, MEANS = Coins(), Component(), Weights(), TwoMeans()
Q = TWO.sums[0]
(Z,) = REAL.each
J1, J2 = TWO.joint(1), TWO.joint(2)
FIRST_TOSSES = COINS.h(1) + COINS.t(1)
UNIFORM = {q: Rational(1, 2) for q in Q}
BENT = {
    "W1 with the bar's sides swapped": Identity(log(TWO.evidence()), log(TWO.posterior(1)) - log(J1), TWO),
    "W1 with an integral, x missing": Identity(log(REAL.evidence()), log(REAL.joint(Z)) - log(REAL.prior(Z)), REAL),
    "W2 with the wrong factor": Identity(J1, TWO.posterior(1) * J2, TWO),
    "W2 with the prior for the posterior": Identity(REAL.joint(Z), REAL.prior(Z) * REAL.evidence(), REAL),
    "W3 with another z in the two terms": Identity(
        log(THREE.evidence()), log(THREE.joint(1)) - log(THREE.posterior(2)), THREE
    ),
    "W3 with two parameters": Identity(log(TWO.evidence()), log(J1) - log(TWO.posterior(1, THETA_T)), TWO),
    "W4 with q in one term": Identity(log(TWO.evidence()), log(J1 / TWO.q(1)) - log(TWO.posterior(1)), TWO),
    "W5 with a q that is no distribution": Identity(
        Add(*(2 * TWO.q(z) * log(TWO.evidence()) for z in TWO.each)), log(TWO.evidence()), TWO
    ),
    "W5 with something that is no constant": Identity(
        REAL.mean(lambda z: log(REAL.joint(z))), log(REAL.evidence()), REAL
    ),
    "W6 with an integral, the minus lost": Identity(log(REAL.evidence()), Add(*bound_lines.terms(REAL)), REAL),
    "W7 with an integral, the sign lost": Identity(REAL.kl(), bound_lines.terms(REAL)[1], REAL),
    "W7 with p first": Identity(TWO.kl(), TWO.mean(lambda z: log(TWO.posterior(z) / TWO.q(z)), TWO.posterior), TWO),
    "W8 with a minus": Identity(log(THREE.evidence()), THREE.elbo() - THREE.kl(), THREE),
    "W8 with the entropy forgotten": Identity(log(REAL.evidence()), REAL.expected_log_joint() + REAL.kl(), REAL),
    "W9 turned round": AtLeast(TWO.elbo(), log(TWO.evidence()), TWO),
    "W9 with an integral, turned round": AtLeast(0, REAL.kl(), REAL),
    "W9 with room to spare": AtLeast(TWO.kl(), Rational(1, 100), TWO),
    "W9 with equality at the uniform q": AtLeast(TWO.kl(), 0, TWO, equality=UNIFORM),
    "W9 with equality at the prior": AtLeast(REAL.kl(), 0, REAL, equality={REAL.m: 0, REAL.v: 1}),
    "W9 with equality never": AtLeast(log(REAL.v) / 2 + 1 / REAL.v / 2, Rational(1, 2), REAL, strict=True),
    "W10 with one point's q alone": Maximiser(
        MIXTURE.elbo(), {pi: MIXTURE.q(1, k) for k, pi in enumerate(MIXTURE.pi, 1)}, MIXTURE
    ),
    "W10 without dividing by N": Maximiser(
        MIXTURE.elbo(), {pi: 2 * new for pi, new in zip(MIXTURE.pi, MIXTURE.m_step(), strict=True)}, MIXTURE
    ),
    "W11 with the uniform q": Identity(TWO.elbo(lambda z: Rational(1, 2), THETA_T), log(TWO.evidence(THETA_T)), TWO),
    "W11 with the same derivative for any q": Identity(diff(TWO.elbo(), THETA), diff(log(TWO.evidence()), THETA), TWO),
    "W11 with the posterior's mean and the prior's spread": Identity(
        REAL.elbo(lambda z: algebra.Normal(z, REAL.posterior_mean(THETA_T), 1), THETA_T),
        log(REAL.evidence(THETA_T)),
        REAL,
    ),
    "W12 with q moving along": SameMaximiser(
        TWO.elbo(TWO.posterior),
        TWO.expected_log_joint(TWO.posterior),
        (THETA,),
        TWO,
        {J1: Rational(1, 10) + T / 2, J2: (1 - T**2) / 2},
    ),
    "W13 with the entropy added": Identity(
        TWO.expected_log_joint(TWO.q_hat), TWO.elbo(TWO.q_hat) + TWO.entropy(TWO.q_hat), TWO
    ),
    "W13 with z's mean filled in": Identity(
        REAL.expected_log_joint(REAL.q_hat), em_lines.completed(REAL, spread=False), REAL
    ),
    "W14 with the first set's heads alone": Maximiser(
        COINS.coin_part(1), {COINS.a(1): COINS.h(1) / FIRST_TOSSES, COINS.b(1): COINS.t(1) / FIRST_TOSSES}, COINS
    ),
    "W14 with weights that stay": Maximiser(
        COINS.weights_part(), {COINS.pi(k): Rational(1, 2) for k in COINS.ks}, COINS
    ),
    "W14 with the variance about another mean": Maximiser(
        COMPONENT.expected_log_joint(), wrong_means(COMPONENT), COMPONENT
    ),
    "W14 with an integral, z forgotten": Maximiser(REAL.expected_log_joint(REAL.q_hat), {THETA: REAL.x}, REAL),
    "W15 with the division forgotten": Identity(
        log(TWO.evidence()), log(TWO.total(lambda z: TWO.joint(z) * TWO.q(z))), TWO
    ),
    "W16 with the mean under P(z|θ)": Identity(log(TWO.evidence()), log(bound_lines.mean_ratio(TWO, TWO.prior)), TWO),
    "W16 with an integral, the mean under P(z|x,θ)": Identity(
        log(REAL.evidence()), log(REAL.mean(lambda z: REAL.joint(z), REAL.posterior)), REAL
    ),
    "W17 turned round": AtLeast(
        THREE.mean(lambda z: log(THREE.joint(z) / THREE.q(z))), log(bound_lines.mean_ratio(THREE)), THREE
    ),
    "W17 for a convex function": AtLeast(
        TWO.mean(lambda z: TWO.joint(z) / TWO.q(z)) ** 2, TWO.mean(lambda z: (TWO.joint(z) / TWO.q(z)) ** 2), TWO
    ),
    "W18 with another constant": Solution(
        (J1 - Symbol("c") * Q[0], J2 - Symbol("c") * Q[1], Q[0] + Q[1] - 1),
        {Q[0]: TWO.posterior(1), Q[1]: TWO.posterior(2), Symbol("c"): J1},
        TWO,
    ),
    "W18 with equality at any q": Identity(TWO.elbo(), log(TWO.evidence()), TWO),
    "W19 with a decreasing function": SameMaximiser(
        TWO.evidence(), -log(TWO.evidence()), (THETA,), TWO, {J1: T * (1 - T), J2: Rational(1, 10)}
    ),
    "W20 with the entropy's sign lost": Identity(TWO.elbo(), TWO.expected_log_joint() - TWO.entropy(), TWO),
    "W20 for the evidence, which knows no q": Depends(log(TWO.evidence()) + Q[0] - Q[0], Q, TWO),
    "W20 for a sum of the two parts": Depends(TWO.elbo() + TWO.kl(), Q, TWO),
    "W21 with a least value too high": AtLeast(em_lines.shared(TWO)[0], 2 * em_lines.shared(TWO)[1], TWO),
    "W21 with hard labels that cost nothing": AtLeast(0, log(1 / TWO.posterior(1)), TWO),
    "W21 with a least value elsewhere": AtLeast(
        em_lines.shared(TWO)[0], em_lines.shared(TWO)[1], TWO, equality=UNIFORM
    ),
    "W22 with half the entropy": SameMaximiser(
        TWO.kl(), TWO.expected_log_joint() + TWO.entropy() / 2, Q, TWO, em_lines.shares_held(TWO), lowest=True
    ),
    "W22 with the maximum at the uniform q": Maximiser(TWO.elbo(), UNIFORM, TWO),
    "W23 for a q whose bound is not tight": AtLeast(
        log(TWO.evidence(THETA_NEXT)) - log(TWO.evidence(THETA_T)),
        TWO.elbo(None, THETA_NEXT) - TWO.elbo(None, THETA_T),
        TWO,
    ),
    "W24 turned round": AtLeast(TWO.elbo(TWO.q_hat, THETA_NEXT), log(TWO.evidence(THETA_NEXT)), TWO),
    "W24 with any step for the M-step": AtLeast(
        MIXTURE.elbo(None, MIXTURE.pi), MIXTURE.elbo(None, MIXTURE.pi_t), MIXTURE
    ),
    "W24 with a q that is not the posterior": Identity(TWO.elbo(None, THETA_T), log(TWO.evidence(THETA_T)), TWO),
    "W24 with numbers that are no ascent": AtLeast(log(Rational(1, 2)), log(Rational(2, 3)), TWO),
    "W25 where it is not stationary": Saddle(MEANS.log_lik(), {MEANS.means[0]: 1, MEANS.means[1]: 1}, MEANS),
    "W25 with a maximum for a saddle": Saddle(
        -(MEANS.means[0] ** 2) - MEANS.means[1] ** 2, dict.fromkeys(MEANS.means, 0), MEANS
    ),
}


@pytest.mark.parametrize("name", BENT)
def test_every_bent_statement_is_refused_with_a_counterexample(name):
    line = LINES[name.split()[0]]
    with pytest.raises(Refused) as refused:
        line.prove(BENT[name])
    assert refused.value.counterexample is not None, "refused, but not shown to be false"
    assert str(refused.value) == str(refused.value.counterexample)


def test_every_line_has_a_bent_statement():
    assert {name.split()[0] for name in BENT} == set(LINES)


# The machine that proves -------------------------------------------------------------------------------------


def test_a_true_statement_with_a_hint_that_does_not_help_is_not_waved_through():
    true = AtLeast(log(TWO.evidence()), TWO.elbo(), TWO, tangent_at=1)
    with pytest.raises(Refused, match="neither a proof nor a counterexample") as refused:
        true.prove()
    assert refused.value.counterexample is None
    with pytest.raises(Refused, match="neither a proof nor a counterexample"):
        LINES["W9"].refute(true)


def test_one_false_claim_among_true_ones_is_refused():
    with pytest.raises(Refused):
        LINES["W8"].prove([*LINES["W8"].claims(), BENT["W8 with a minus"]])


def test_the_lemma_is_proved_each_time(monkeypatch):
    assert [step.words for step in tangent_lemma()]
    monkeypatch.setattr(inequalities, "log", lambda t: t**2 / 2)
    with pytest.raises(Refused):
        tangent_lemma()


@pytest.mark.parametrize("factor", [Q[0], -Q[0]])
def test_tangents_bound_from_below(factor):
    t, m = Symbol("t", positive=True), Symbol("m", positive=True)
    below = AtLeast(0, 0, TWO, tangent_at=m)._tangent(factor, t).below
    for here, there in [(0.1, 1), (0.5, 2), (3, 0.2), (2, 2), (7, 1)]:
        gap = (factor * (log(t) - below)).subs({t: here, m: there, Q[0]: 0.3})
        assert gap > 0 if here != there else abs(gap) < 1e-15


def test_a_factor_of_unknown_sign_gives_no_tangent():
    t = Symbol("t", positive=True)
    assert AtLeast(0, 0, TWO)._tangent(Q[0] - Q[1], t) is None
    assert AtLeast(0, 0, TWO, tangent_at=-1)._tangent(Q[0], t) is None
    assert AtLeast(0, 0, TWO)._tangent(Q[0], -t) is None


@pytest.mark.parametrize("power", range(5))
def test_integrals_are_those_of_sympy(power):
    z = REAL.each[0]
    integrand = z**power * algebra.Normal(z, 1, 2) * algebra.Normal(3, z, 1)
    ours = algebra.work_out(Integral(integrand, (z, -oo, oo)))
    theirs = Integral(algebra.work_out(integrand), (z, -oo, oo)).evalf(20)
    assert abs(ours.evalf(20) - theirs) < 1e-15


def test_an_integral_that_is_no_gaussian_is_refused_in_words():
    z = REAL.each[0]
    with pytest.raises(ValueError, match="not a polynomial times a Gaussian"):
        algebra.work_out(Integral(exp(z), (z, -oo, oo)))


def test_the_normal_form_knows_that_probabilities_sum_to_one():
    q, group = Add(*Q), (Q,)
    assert algebra.normal_form(q - 1, group) == 0 != algebra.normal_form(q - 1)
    assert algebra.normal_form(log(q), group) == 0
    assert algebra.normal_form(Q[0] - Q[1], group) != 0
    assert algebra.normal_form(log(pi * 6) - log(pi) - log(2) - log(3)) == 0


def test_a_search_gives_the_same_numbers_each_time_and_keeps_the_sums():
    found = [counterexamples.search(THREE.kl(), lambda value: value > 0, THREE.sums) for _ in range(2)]
    assert found[0] == found[1]
    assert sum(found[0][q] for q in THREE.sums[0]) == 1
    assert counterexamples.search(TWO.kl(), lambda value: value < 0, TWO.sums) is None


# The face that notebooks see ---------------------------------------------------------------------------------


def test_the_docstring_of_the_package_is_true():
    assert doctest.testmod(emlib.whiteboard).failed == 0 < doctest.testmod(emlib.whiteboard).attempted


def test_an_unknown_line_is_named_together_with_the_known_ones():
    with pytest.raises(KeyError, match="no line 'W26': the whiteboard has W1 to W25"):
        LINES["W26"]
    assert "W26" not in LINES


@pytest.mark.parametrize(
    ("claims", "found"), [(3, "a int"), ([], "nothing"), ([BENT["W3 with two parameters"], "x"], "a str")]
)
@pytest.mark.parametrize("ask", ["prove", "refute"])
def test_what_is_no_claim_is_refused_in_words(ask, claims, found):
    with pytest.raises(ValueError, match=f"claims: found {found}; give an Identity"):
        getattr(LINES["W1"], ask)(claims)


def test_there_is_nothing_to_refute_in_a_true_line():
    with pytest.raises(ValueError, match="W8 has no slip to refute"):
        LINES["W8"].refute()
    with pytest.raises(ValueError, match="all 1 are true"):
        LINES["W8"].refute(Identity(TWO.elbo(), TWO.expected_log_joint() + TWO.entropy(), TWO))


def cells(row):
    """Cells of a row of a Markdown table: bars inside LaTeX would add to them."""
    return row.strip().strip("|").split("|")


def test_a_line_shows_both_columns_and_the_slip():
    text = LINES["W22"]._repr_markdown_()
    line = LINES["W22"]
    assert all(part in text for part in (breakable(line.as_written), breakable(line.as_taught), line.slip))
    assert breakable("a $b = c^{d = e}$ f").replace("$ ${}", " ") == "a $b = c^{d = e}$ f" != breakable("$b = c$")
    assert "Slip" not in LINES["W8"]._repr_markdown_()
    assert LINES["W22"]._repr_latex_() == LINES["W22"].as_taught


@pytest.mark.parametrize("name", LINES)
def test_no_bar_breaks_a_table(name):
    table = LINES[name]._repr_markdown_().split("\n\n")[0].splitlines()
    assert [len(cells(row)) for row in table] == [3, 3, 3]


def test_the_whole_board_is_a_table_of_25_rows_and_4_columns():
    rows = [row for row in LINES._repr_markdown_().splitlines() if row.startswith("|")]
    assert len(rows) == 27 and {len(cells(row)) for row in rows} == {4}


@pytest.mark.parametrize("name", LINES)
def test_words_are_well_formed_markdown(name):
    assert balanced(LINES[name]._repr_markdown_())


def test_a_counterexample_shows_its_numbers():
    found = LINES["W7"].refute()
    shown = found._repr_markdown_()
    assert balanced(shown) and all(latex(value) in shown for value in found.values.values())
    assert str(found).startswith("refused: at P_1(theta) = ")
