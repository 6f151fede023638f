"""Statistics of voc: shares that hold up, agreement, planning of reviews, weighting. Pure functions on numpy arrays.

intervals   Wilson, exact and difference intervals, effective sample size
strata      predicted group × band of confidence
frame       all replies of a segment with their strata, and the reviews among them
estimate    corrected shares from predictions of all and reviews of some (docs/statistics.md)
variance    how much the machine's error varies within strata, from few reviews
results     what a page shows: shares, differences, what may be claimed and what is missing
outlook     what is known, or to be expected, of each stratum before more is drawn
planner     how many more reviews, of which replies, with which probability
waves       with which chance a reply was drawn and reviewed, over several draws
agreement   Cohen's kappa, Krippendorff's alpha, pairs of reasons that are confused
acceptance  which predictions may stand without a person
weighting   raking to all who were asked
change      whether a share that is watched month by month has moved
missed      how many alerts lie among the replies that were not flagged
"""
