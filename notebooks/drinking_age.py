# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Do more people die as soon as they may drink?
#
# In the United States alcohol is legal from the 21st birthday on. Nobody chooses the age at which
# they are counted, and nothing else changes on that day: those just above 21 are those just below,
# plus the right to drink. Deaths per 100,000 person-years, by age in cells of 30 days (Carpenter
# and Dobkin 2009).

# %%
import matplotlib.pyplot as plt
import numpy as np

import causal
from causal import examples
from causal.discontinuity import Curve
from causal.studies import RegressionDiscontinuity

frame = examples.drinking_age()
assert len(frame) == 48
frame.head()

# %% [markdown]
# ## The jump
#
# On each side of 21 the deaths follow a parabola that may bend, the more the farther away; the
# effect is the gap between the two curves at 21.

# %%
study = RegressionDiscontinuity("deaths", "age", cutoff=21.0)
effect = causal.estimate(frame, study, seed=1)
effect

# %%
line = effect.summary(prob=0.95).iloc[0]
assert effect.verdict.ok
assert 5 < line["mean"] < 13  # the paper: 8 to 10, by the polynomial and the covariates
assert line["lower"] > 0
print(effect.sentence(prob=0.95))

# %%
figure, axes = plt.subplots(figsize=(6.4, 3.4))
effect.answer.pictures[0].draw(axes)
plt.show()

# %% [markdown]
# ## How much hangs on the window?
#
# The rows within a window decide. The default is chosen from the data; here are narrower and wider
# ones, from draws of the same posterior.

# %%
windows = effect.effects("bandwidth").summary(prob=0.95)
assert (windows["mean"].between(7, 13)).all()
windows[["mean", "sd", "lower", "upper"]].round(2)

# %% [markdown]
# Beside it stands what the frequentist literature reports: local lines, corrected for bias, with an
# interval that knows about the correction.

# %%
robust = effect.tables["frequentist"].iloc[0]
assert robust["lower"] < line["mean"] < robust["upper"]
robust.round(2)

# %% [markdown]
# And what older papers do: one polynomial on all rows of a side. With a line on each side and flat
# priors the posterior is centred at least squares:

# %%
plain = RegressionDiscontinuity("deaths", "age", 21.0, bandwidth=np.inf, curve=Curve.polynomial(1))
straight = causal.estimate(frame, plain, seed=1)
assert abs(straight.tables["bandwidths"]["jump"].iloc[0] - 7.663) < 0.001
print(straight.sentence(prob=0.95))

# %% [markdown]
# ## The doubts
#
# Where nothing changes there should be no jump. Halfway on each side there is none:

# %%
placebo = effect.tables["placebo cutoffs"]
assert (placebo["tail"] > 0.05).all()
placebo.round(2)

# %% [markdown]
# What has to be believed, and how each stands after the checks:

# %%
ledger = effect.ledger()
assert set(ledger["status"]) <= {"supported", "untestable"}
ledger[["assumption", "status"]]

# %% [markdown]
# **By what way?** If it is drinking, deaths in traffic should jump, too:

# %%
traffic = causal.estimate(frame, RegressionDiscontinuity("traffic_deaths", "age", 21.0), seed=1)
share = traffic.draws.mean() / effect.draws.mean()
assert traffic.summary(prob=0.95)["lower"].iloc[0] > 0
print(f"{traffic.sentence(prob=0.95)} That is about {share:.0%} of all.")

# %% [markdown]
# ## The answer
#
# At 21 about 9 more people per 100,000 and year die, with a 95% credible interval of about 4 to 16,
# and about half of them in traffic. It is the effect for those who have just turned 21, not for
# drinking in general: the curves say nothing about people at 19 or at 25.
