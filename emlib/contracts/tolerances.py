"""What each check takes for rounding, in one place, each with what it is relative to and why it is so large."""

NOTHING = 0             # for what is counted, or must not change by a single bit

DOUBLE = 2.220446049250313e-16      # the rounding of double precision
# a q is moved by so much of its value, to see what rounding does: far above the last digit of a sum, far below anything
# that the maximum of L(q, ·), which is level, could show
JITTER = 1e-12
SPREAD = 30             # times the spread that rounding was seen to have: what it may reach elsewhere
OF_ROUNDING = 100       # times the rounding of the numbers in use, where that is more than a tolerance: sums of many
# of 1: quadrature is good to eight digits, log p of large counts to six; a constant forgotten is off by more than this
DENSITY = 1e-4
ALONE = 1e-9            # of each entry of log_joint, plus as much: one row alone or among others adds in another order
ROW_SUM = 1e-6          # of 1: what single precision leaves of a sum of probabilities
PROBABILITY = 1e-8      # of 1: a probability found in two ways (exp of a difference of large logarithms loses digits)
IDENTITY = 1e-10        # of the sizes added up, at least Σ_n |log p(x_n|θ)|: the same terms in another order
ASCENT = 1e-9           # of Σ_n |log p(x_n|θ)| (`Trial.size`): evaluations at two θ; a floor, too, has nine digits
WEIGHTS = 1e-9          # nats a point: a mean of q, found in two ways
DERIVATIVE = 1e-4       # of the derivatives compared: what finite differences leave
RELABELLED = 1e-7       # of each entry of log_joint: an M-step from the same numbers in another order
STATIONARY = 1e-8       # of Σ_n |log p(x_n|θ)|: EM converges linearly, so a small gradient remains
FLAT = 1e-10            # of the largest singular value of the scores: a direction this much flatter changes nothing
# of Σ_n |log p(x_n|θ)|: the last gain of an EM that stands still. Anything well below STATIONARY will do: it decides
# only how many runs are long enough to be looked at.
CONVERGED = 1e-11
STILL = 1e-12           # of the value: a parameter that is the same but for a division by its own sum
