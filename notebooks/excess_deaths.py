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
# # How many more people died from March 2020 on?
#
# Deaths registered in England and Wales, month by month. There was one country and one epidemic, so
# there is nobody to compare with: what would have been without it has to be forecast from the years
# before. How sure can such a forecast be?

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import causal
from causal import examples
from causal.report import path_figure
from causal.studies.interrupted_series import InterruptedSeries

frame = examples.deaths()
assert len(frame) == 197
frame.tail(3)

# %% [markdown]
# ## A first forecast, and what it overlooks
#
# A level that wanders, twelve seasons, and the temperature, which the epidemic left alone.

# %%
study = InterruptedSeries(
    outcome="deaths",
    time="month",
    begins="2020-03-01",
    controls=("temperature",),
    seasons=12,
)
first = causal.estimate(frame, study, seed=1)
doubts = {finding.code: finding for finding in first.findings}
assert doubts["residuals"].severity == "warning"
print(first.sentence(prob=0.95))
print(doubts["residuals"])

# %% [markdown]
# The check has found something: errors three months apart are alike. Deaths are counted in the
# month in which they are *registered*, and offices register on working days. So the number of
# working days of a month should be in the model; it is known in advance, and no epidemic changes
# it.

# %%
starts = pd.to_datetime(frame["month"])
ends = starts + pd.offsets.MonthBegin(1)
workdays = np.busday_count(starts.to_numpy("datetime64[D]"), ends.to_numpy("datetime64[D]"))
better = frame.assign(workdays=workdays)
study = InterruptedSeries(
    outcome="deaths",
    time="month",
    begins="2020-03-01",
    controls=("temperature", "workdays"),
    seasons=12,
)
effect = causal.estimate(better, study, seed=1)
effect

# %%
line = effect.summary(prob=0.95).loc["ATT"]
assert effect.verdict.ok
doubts = {finding.code: finding for finding in effect.findings}
assert doubts["residuals"].severity == "good"
assert 1_000 < line["lower"] < line["mean"] < line["upper"] < 9_500
print(effect.sentence(prob=0.95))

# %% [markdown]
# The pattern is gone. Single months are much surer now; their average over 27 months is *less* sure
# than before, because with less noise in the way the model sees that the level does wander.

# %%
spread = pd.DataFrame(
    {
        name: [found.effects("month").draws[..., 0].std(), found.draws.std()]
        for name, found in (("without working days", first), ("with them", effect))
    },
    index=["sd of the effect in March 2020", "sd of the average effect"],
)
assert spread.loc["sd of the effect in March 2020", "with them"] < 2_300
assert (spread["with them"] / spread["without working days"]).iloc[1] > 1.1
spread.round(0)

# %% [markdown]
# What the controls do, in deaths per degree and per working day:

# %%
controls = effect.tables["controls"]
assert controls.loc["workdays", "lower"] > 500 and controls.loc["temperature", "upper"] < 0
controls.round(0)

# %% [markdown]
# ## What was, and what would have been
#
# The band is what months without the epidemic would have looked like, their noise included.

# %%
figure = path_figure(effect.prediction)
figure.set_size_inches(9, 3.6)
figure.axes[0].set_xticks(range(0, len(frame), 24))
figure

# %% [markdown]
# ## Month by month, and in all

# %%
months = effect.effects("month").summary(prob=0.95)[["mean", "lower", "upper"]]
assert months["mean"].idxmax() == "2020-04-01"
assert months.loc["2020-04-01", "lower"] > 30_000
months.head(6).round(0)

# %%
total = effect.summary(prob=0.95).loc["cumulative"]
assert 20_000 < total["lower"] < total["mean"] < total["upper"] < 260_000
sums = effect.effects("cumulative").draws.reshape(-1, len(months))
lower, upper = np.quantile(sums, [0.025, 0.975], axis=0)
figure, axes = plt.subplots(figsize=(8, 3))
axes.fill_between(range(len(months)), lower, upper, alpha=0.3)
axes.plot(sums.mean(axis=0))
axes.set(xlabel="months since March 2020", ylabel="excess deaths so far")
between = f"between {lower[-1]:,.0f} and {upper[-1]:,.0f}"
print(f"{total['mean']:,.0f} excess deaths by May 2022, {between}.")

# %% [markdown]
# The total becomes less certain as the forecast grows older: nobody knows where the level would
# have wandered to.
#
# ## The doubts
#
# **Would an epidemic have been found where there was none?** The same model, made to believe that
# it began a third of the way earlier, finds nothing that it should not:

# %%
assert doubts["placebo-in-time"].severity == "good"
print(doubts["placebo-in-time"].sentence)

# %% [markdown]
# **What has to be believed?** No computation can show that nothing else changed deaths at the same
# time. What the lockdowns themselves did, for better or worse, is part of this effect.

# %%
effect.ledger()[["assumption", "status"]]

# %% [markdown]
# ## The answer
#
# From March 2020 to May 2022 about 5,000 more people died each month in England and Wales than the
# years before had led to expect. The waves stand out far beyond any doubt; the average is known to
# within some 3,500, because a forecast of more than two years cannot be surer.
