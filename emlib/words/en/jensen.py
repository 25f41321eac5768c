"""Words of Jensen's gap."""

ALT = ("Left: bars of q(z) beside the posterior. Right: the ratios t = p(x,z|θ)/q(z) as points of the curve log t, "
       "and the gap between log E[t] and E[log t].")
LEVEL = "All equal"
CERTAIN = "Nearly certain"

# what may be typed into the field
NUMBERS_WANTED = "write {k} numbers, one for each z, such as {example}"
ABOVE_ZERO = "write numbers above 0; the ratios p(x,z|θ)/q(z) divide by them (W4)"
SUM_WANTED = "write numbers that sum to 1; these sum to {total}"

# the picture
RATIO = "ratio t = p(x, z|θ) / q(z)"
GAP = "gap"
DIFFER_BY = "differ by"
SENTENCE = "q = ({q}), ratios t = ({t}): log E[t] = {log_mean}, E[log t] = {mean_log}, gap {gap} = KL {kl}."
