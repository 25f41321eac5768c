"""Words of Jensen's gap."""

ALT = ("Left: bars of q(z) beside the posterior. Right: the ratios r = p(x,z|θ)/q(z) as points of the curve log r, "
       "and the gap between log E[r] and E[log r].")
LEVEL = "All equal"
CERTAIN = "Nearly certain"

# what may be typed into the field
NUMBERS_WANTED = "write {k} numbers, one for each z, such as {example}"
ABOVE_ZERO = "write numbers above 0; the ratios p(x,z|θ)/q(z) divide by them (W4)"
SUM_WANTED = "write numbers that sum to 1; these sum to {total}"

# the picture
RATIO = "ratio r = p(x, z|θ) / q(z)"
GAP = "gap"
DIFFER_BY = "differ by"
SENTENCE = "q = ({q}), ratios r = ({t}): log E[r] = {log_mean}, E[log r] = {mean_log}, gap {gap} = KL {kl}."
