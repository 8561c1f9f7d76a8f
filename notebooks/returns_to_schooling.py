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
# # What is a year of school worth?
#
# Men with more schooling earn more. But those who stayed at school may have earned more anyway:
# ability, parents, ambition. David Card (1995) looked for something that moves schooling and has
# nothing else to do with wages: growing up near a college. 3,010 men, wages in 1976.

# %%
import matplotlib.pyplot as plt
import numpy as np

import bayesinf as bi
import causal
from causal import examples
from causal.instruments import plausibly_exogenous
from causal.studies import Instrument

frame = examples.schooling()
near = frame.groupby("nearc4")[["educ", "lwage"]].mean()
assert len(frame) == 3010
near.round(3)

# %% [markdown]
# Men from near a college had 0.8 more years of school and 16 % higher wages. If the college worked
# by schooling alone, the second divided by the first is the return to a year. But colleges are in
# cities, so we hold equal where the men lived, and what else is known.

# %%
held = ("exper", "black", "south", "married", "smsa")
study = Instrument("lwage", "educ", instruments=("nearc4",), covariates=held)
effect = causal.estimate(frame, study, seed=1)
effect

# %%
line = effect.summary(prob=0.95).loc["LATE"]
assert effect.verdict.ok
assert 0.10 < line["mean"] < 0.15
assert 0 < line["lower"] < line["upper"] < 0.3
print(effect.sentence(prob=0.95))

# %% [markdown]
# About 12 % per year, with a wide interval. Beside it: least squares, which takes schooling for as
# good as random, and two-stage least squares, at which the posterior is centred.

# %%
table = effect.tables["estimates"]
assert abs(table.loc["least squares", "estimate"] - 0.07117) < 1e-5
assert abs(table.loc["two-stage least squares", "estimate"] - 0.12416) < 1e-5
assert abs(np.median(effect.draws) - table.loc["two-stage least squares", "estimate"]) < 0.01
table

# %% [markdown]
# ## Is the instrument strong enough?
#
# The first stage has F = 16: enough to learn something. The grey line is what the same model
# believes when the instrument is silent; the bar is the Anderson-Rubin set, which needs no prior.

# %%
strength = next(found for found in effect.findings if found.code == "weak-instrument")
assert abs(strength.evidence["f"] - 15.77) < 0.01
figure, axes = plt.subplots(figsize=(6.4, 3.2))
effect.answer.pictures[0].draw(axes)
plt.show()

# %% [markdown]
# A weak instrument gets no headline. Suppose we had only 150 of these men:

# %%
few = causal.estimate(frame.sample(150, random_state=1), study, seed=1)
assert not few.verdict.ok
assert "withheld" in few.sentence()
print(few.sentence())

# %% [markdown]
# ## What if the college touches wages directly?
#
# That is what no check can see: near a college there may be better jobs. Say how large such an
# effect could be, and push the doubt through every draw. Here it has sd 0.01: in two of three
# worlds, living near a college changes wages by less than 1 % other than by schooling.

# %%
rng = bi.Streams(1).generator("exclusion")
first = effect.effects("first stage").draws
direct = 0.01 * rng.normal(size=first.shape)
doubted = plausibly_exogenous(effect.draws, first, direct)
wider = doubted.std() / effect.draws.std()
assert 1.05 < wider < 1.6
print(f"{wider:.2f} times as wide; above zero with probability {(doubted > 0).mean():.2f}")

# %%
tipping = next(found for found in effect.findings if found.code == "exclusion")
assert tipping.evidence["limit"] < 0.02
print(tipping.sentence)

# %% [markdown]
# ## The answer
#
# A year of school raised the wages of those men whose schooling hung on a college nearby by about
# 12 %, with a 95% credible interval of about 3 to 25 %. It is their return, not everybody's; and a
# direct effect of the college on wages of just 1 % would bring the interval to zero.
