r"""The whiteboard's words: what the source lecture wrote, what must be taught, and where and why they differ.

The lecture is in Chinese; its one remark in words, "z 为隐变量", says that z is the latent variable. **As written**
keeps the source's slips; **as it must be taught** is the correct statement. Finding the slip is a lesson.

Texts are Markdown with LaTeX; bars are \mid and \Vert, so that a line may stand in a table.
"""

__all__ = ["NOTATION", "TEXT"]

NOTATION = (
    r"$x$ observed data, $z$ latent variable, $\theta$ parameters, $q(z)$ any distribution over $z$, $\theta^t$ the "
    r"current parameters. KL is always $\mathrm{KL}(q \,\Vert\, P(z \mid x,\theta))$: $q$ first. "
    r"Integrals over $z$ are sums when $z$ is discrete."
)

# id: (as written, as it must be taught, slip, why, where it applies)
TEXT = {
    "W1": (
        r"$\log P(x \mid \theta) = \log P(x,z \mid \theta) - \log P(z \mid \theta)$",
        r"$\log P(x \mid \theta) = \log P(x,z \mid \theta) - \log P(z \mid x,\theta)$, for every $z$ with "
        r"$P(z \mid x,\theta) > 0$",
        r"The $x$ is missing behind the bar; a later line of the same board has it right (W3).",
        r"The product rule, solved for $P(x \mid \theta)$.",
        r"every $z$ with $P(z \mid x,\theta) > 0$",
    ),
    "W2": (
        r"$P(x,z) = P(z \mid x)\,P(x) \;\Rightarrow\; \log P(x) = \log \frac{P(x,z)}{P(z \mid x)} "
        r"= \log P(x,z) - \log P(z \mid x)$",
        r"$P(x,z) = P(z \mid x)\,P(x) \;\Rightarrow\; \log P(x) = \log \frac{P(x,z)}{P(z \mid x)} "
        r"= \log P(x,z) - \log P(z \mid x)$",
        "",
        "The product rule.",
        r"every $z$ with $P(z \mid x) > 0$",
    ),
    "W3": (
        r"$\log P(x \mid \theta) = \log P(x,z \mid \theta) - \log P(z \mid x,\theta)$",
        r"$\log P(x \mid \theta) = \log P(x,z \mid \theta) - \log P(z \mid x,\theta)$",
        "",
        r"W2 with $\theta$ written in: the left side knows nothing of $z$, so the right side is the same for every "
        r"$z$.",
        r"every $z$ with $P(z \mid x,\theta) > 0$",
    ),
    "W4": (
        r"$= \log \frac{P(x,z \mid \theta)}{q(z)} - \log \frac{P(z \mid x,\theta)}{q(z)}$, $q(z) \neq 0$, "
        r"$q$ a distribution over $z$",
        r"$\log P(x \mid \theta) = \log \frac{P(x,z \mid \theta)}{q(z)} - \log \frac{P(z \mid x,\theta)}{q(z)}$, with "
        r"$q > 0$ wherever it is used as a divisor",
        "",
        r"Subtract $\log q(z)$ from both terms: the difference does not notice.",
        r"every $z$ with $q(z) > 0$ and $P(z \mid x,\theta) > 0$",
    ),
    "W5": (
        r"left: $\int q(z) \log P(x \mid \theta)\,dz = \log P(x \mid \theta) \int q(z)\,dz = \log P(x \mid \theta)$",
        r"left: $\int q(z) \log P(x \mid \theta)\,dz = \log P(x \mid \theta) \int q(z)\,dz = \log P(x \mid \theta)$",
        "",
        r"Averaging a constant changes nothing because $\int q = 1$.",
        r"every distribution $q$ over $z$",
    ),
    "W6": (
        r"right: $\int q \log \frac{P(x,z \mid \theta)}{q}\,dz$, and below it "
        r"$\int q \log \frac{P(z \mid x,\theta)}{q}\,dz$",
        r"right: $\int q \log \frac{P(x,z \mid \theta)}{q}\,dz - \int q \log \frac{P(z \mid x,\theta)}{q}\,dz$",
        "The minus between the two terms is lost in layout.",
        r"The right side of W4, averaged with $q$.",
        r"every $q$ for which both integrals exist",
    ),
    "W7": (
        r"first term = ELBO (Evidence Lower Bound), second = $\mathrm{KL}(q(z) \,\Vert\, P(z \mid x,\theta))$",
        r"$\mathrm{ELBO} = \int q \log \frac{P(x,z \mid \theta)}{q}\,dz$; "
        r"$\mathrm{KL} = -\int q \log \frac{P(z \mid x,\theta)}{q}\,dz = \int q \log \frac{q}{P(z \mid x,\theta)}\,dz$",
        "The sign is inside KL.",
        "The minus of W6 turns the fraction in the logarithm over.",
        r"every $q$ for which both integrals exist",
    ),
    "W8": (
        r"$\log P(x \mid \theta) = \mathrm{ELBO} + \mathrm{KL}(q \,\Vert\, P)$",
        r"$\log P(x \mid \theta) = \mathrm{ELBO} + \mathrm{KL}(q \,\Vert\, P)$",
        "",
        r"An identity, for every $q$ and every $\theta$.",
        r"every $q$ and every $\theta$ for which both are finite",
    ),
    "W9": (
        r"$\mathrm{KL}(q \,\Vert\, P) \ge 0 \;\Rightarrow\; \log P(x \mid \theta) \ge \mathrm{ELBO}$",
        r"$\mathrm{KL}(q \,\Vert\, P) \ge 0 \;\Rightarrow\; \log P(x \mid \theta) \ge \mathrm{ELBO}$; equality iff "
        r"$q = P(z \mid x,\theta)$",
        "",
        r"$\log t \le t - 1$, with equality only at $t = 1$; take $t = P(z \mid x,\theta)/q(z)$ and average with $q$.",
        r"every $q$ and every $\theta$",
    ),
    "W10": (
        r"$\theta = \arg\max_\theta \mathrm{ELBO} = \arg\max_\theta \int q \log \frac{P(x,z \mid \theta)}{q}\,dz$",
        r"$\theta^{t+1} = \arg\max_\theta \mathrm{ELBO} = \arg\max_\theta \int q \log \frac{P(x,z \mid "
        r"\theta)}{q}\,dz$, "
        r"for the $q$ held fixed",
        "The two argmaxes are different problems: one step of EM, not maximum likelihood.",
        r"With $q$ held, the ELBO is a bound that meets $\log P(x \mid \theta)$ at most where $q = P(z \mid "
        r"x,\theta)$: "
        "its top lies elsewhere.",
        r"one step; proved on a mixture of known densities with unknown weights, any $q$",
    ),
    "W11": (
        r"$\hat q = P(z \mid x,\theta^t)$",
        r"$\hat q = P(z \mid x,\theta^t)$: the $q$ that makes the bound tight at $\theta^t$",
        "",
        r"There KL is 0, so the bound has the height of $\log P(x \mid \theta)$ at $\theta^t$, and its slope.",
        r"every $\theta^t$",
    ),
    "W12": (
        r"$= \arg\max_\theta \int P(z \mid x,\theta^t) \log \frac{P(x,z \mid \theta)}{P(z \mid x,\theta^t)}\,dz "
        r"= \arg\max_\theta \int P(z \mid x,\theta^t) \log P(x,z \mid \theta)\,dz$",
        r"$\theta^{t+1} = \arg\max_\theta \int P(z \mid x,\theta^t) \log \frac{P(x,z \mid \theta)}{P(z \mid "
        r"x,\theta^t)}\,dz "
        r"= \arg\max_\theta \int P(z \mid x,\theta^t) \log P(x,z \mid \theta)\,dz$",
        "",
        r"The entropy of $\hat q$ does not depend on $\theta$, so it drops.",
        r"every differentiable model, $\hat q$ held at $\theta^t$",
    ),
    "W13": (
        r"E-step: $P(z \mid x,\theta^t) \;\to\; E_{z \mid x,\theta^t}[\log P(x,z \mid \theta)]$",
        r"E-step: $P(z \mid x,\theta^t) \;\to\; E_{z \mid x,\theta^t}[\log P(x,z \mid \theta)] = Q(\theta, \theta^t)$",
        "",
        r"The E-step finds a distribution, and with it a function of $\theta$: $Q(\theta,\theta^t) = L(\hat q,\theta) "
        r"- H(\hat q)$.",
        r"every model whose posterior can be computed",
    ),
    "W14": (
        r"M-step: $\theta^{t+1} = \arg\max_\theta E_{z \mid x,\theta^t}[\log P(x,z \mid \theta)]$",
        r"M-step: $\theta^{t+1} = \arg\max_\theta E_{z \mid x,\theta^t}[\log P(x,z \mid \theta)]$",
        "",
        "Slopes set to 0, with a multiplier where parameters sum to 1: weighted maximum likelihood.",
        "proved for coins, for a component of a Gaussian mixture, and for a shift with Gaussian z",
    ),
    "W15": (
        r"$\log P(x \mid \theta) = \log \int P(x,z \mid \theta)\,dz = \log \int \frac{P(x,z \mid "
        r"\theta)}{q(z)}\,q(z)\,dz$",
        r"$\log P(x \mid \theta) = \log \int P(x,z \mid \theta)\,dz = \log \int \frac{P(x,z \mid "
        r"\theta)}{q(z)}\,q(z)\,dz$",
        "",
        r"Summing $z$ out, and multiplying by $q/q = 1$.",
        r"$q > 0$ wherever $P(x,z \mid \theta) > 0$",
    ),
    "W16": (
        r"$= \log E_q\!\left[\frac{P(x,z \mid \theta)}{q(z)}\right]$",
        r"$\log P(x \mid \theta) = \log E_q\!\left[\frac{P(x,z \mid \theta)}{q(z)}\right]$",
        "",
        r"The integral of W15 is a mean under $q$.",
        r"$q > 0$ wherever $P(x,z \mid \theta) > 0$",
    ),
    "W17": (
        r"$\ge E_q\!\left[\log \frac{P(x,z \mid \theta)}{q(z)}\right] = \mathrm{ELBO}$",
        r"$\log E_q\!\left[\frac{P(x,z \mid \theta)}{q(z)}\right] \ge E_q\!\left[\log \frac{P(x,z \mid "
        r"\theta)}{q(z)}\right] "
        r"= \mathrm{ELBO}$",
        "",
        "Jensen: log is concave, so it lies below its tangent at the mean.",
        r"every $q$ and every $\theta$",
    ),
    "W18": (
        r'"$\Vert\ \mathrm{ELBO} = \mathrm{ELBO} \cdot P(z \mid x,\theta^t)$"',
        r"equality iff $P(x,z \mid \theta)/q(z) = c$ for all $z$; then $\int P(x,z \mid \theta)\,dz = c \int q\,dz = "
        r"c$, so "
        r"$c = P(x \mid \theta)$ and $q(z) = P(z \mid x,\theta)$: with $q = P(z \mid x,\theta^t)$ the bound is tight "
        r"at $\theta^t$",
        "The line is garbled in the source.",
        "Log is strictly concave: Jensen loses nothing only where there is nothing to average.",
        r"every $\theta$, $q > 0$",
    ),
    "W19": (
        r"EM algorithm: $\theta = \arg\max_\theta P(x \mid \theta) = \arg\max_\theta \log P(x \mid \theta)$",
        r"EM algorithm: $\theta = \arg\max_\theta P(x \mid \theta) = \arg\max_\theta \log P(x \mid \theta)$",
        "",
        "Log is increasing.",
        r"every $P(x \mid \theta) > 0$",
    ),
    "W20": (
        r"$\mathrm{ELBO} =: L(q, \theta)$",
        r"$\mathrm{ELBO} =: L(q, \theta)$: a function of two arguments",
        "",
        r"Two ways to write it: $L = E_q[\log P(x,z \mid \theta)] + H(q)$ explains M, "
        r"$L = \log P(x \mid \theta) - \mathrm{KL}$ explains E.",
        r"every $q$ and every $\theta$",
    ),
    "W21": (
        r"$q(z)$ may not be able to reach $P(z \mid x,\theta)$",
        r"$q$ restricted to a family $\mathcal{Q}$: if it cannot reach $P(z \mid x,\theta)$, KL cannot reach 0 and "
        r"the bound "
        "is never tight (generalised / variational EM)",
        "",
        "KL is 0 at the posterior and nowhere else; a family without it keeps a floor.",
        r"proved for hard $q$, for one $q$ shared by two points, and for a Gaussian $q$ of held variance",
    ),
    "W22": (
        r"$\theta$ fixed: $\log P(x \mid \theta)$ fixed, so ELBO $\uparrow \;\Leftrightarrow$ KL $\downarrow$: "
        r"$\arg\max_q \mathrm{KL}(q \,\Vert\, P) = \arg\max_q L(q,\theta)$",
        r"$\theta$ fixed: $\log P(x \mid \theta)$ fixed, so ELBO $\uparrow \;\Leftrightarrow$ KL $\downarrow$: "
        r"$\boldsymbol{\arg\min}_q\, \mathrm{KL}(q \,\Vert\, P) = \arg\max_q L(q,\theta)$",
        "The source says argmax of KL: the opposite.",
        "Two numbers with a fixed sum: the one is largest where the other is smallest.",
        r"every fixed $\theta$",
    ),
    "W23": (
        r"$\hat q$ fixed: $\theta = \arg\max_\theta L(\hat q, \theta)$",
        r"$\hat q$ fixed: $\theta = \arg\max_\theta L(\hat q, \theta)$; generalised EM alternates W22 and W23; any "
        r"increase is enough",
        "",
        r"$\log P(x \mid \theta)$ gains what $L(\hat q,\cdot)$ gains, and the KL that opens besides.",
        r"$\hat q = P(z \mid x,\theta^t)$",
    ),
    "W24": (
        "",
        r"Monotone ascent: $\log P(x \mid \theta^{t+1}) \ge L(\hat q,\theta^{t+1}) \ge L(\hat q,\theta^t) = \log P(x "
        r"\mid \theta^t)$. "
        r"With a restricted $q$ the last equality fails, and $\log P(x \mid \theta)$ may fall while $L$ still rises",
        "",
        "The bound lies below (W9), the M-step lifts it (W14), the E-step made it touch (W11).",
        r"exact E-step; the middle inequality is the M-step's and is proved for mixture weights",
    ),
    "W25": (
        "",
        r"What is promised: $L$ never falls; under regularity conditions limit points are stationary points of "
        r"$\log P(x \mid \theta)$ (Wu 1983). Not promised: a global, or even a local, maximum",
        'Not on the board, but often said: "EM always converges to a local maximum". Equal means are a place where '
        "EM stays "
        "and the likelihood has a saddle.",
        r"At a fixed point inside the domain the bound is flat, and it has the slope of $\log P(x \mid \theta)$ there "
        r"(W11).",
        "proved: L never falls, equal slopes at contact, the saddle. Cited: the limit (Wu 1983), which is no algebra",
    ),
}
