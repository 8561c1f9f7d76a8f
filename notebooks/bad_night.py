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
# # How much does a bad night cost?
#
# Eighteen people had their reaction time measured on ten days; from day 2 on they spent three hours
# a night in bed (Belenky et al. 2003; days 0 and 1 were for getting used to the test). How much
# slower does each further night make people, how much do they differ in that, and what should
# somebody expect who was not there?

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import bayesinf as bi

frame = bi.examples.sleepstudy()
frame.head()

# %% [markdown]
# ## The model, before anything is computed
#
# Each person has a level and a slope of their own, drawn from a population of people. The last
# column says where each prior comes from: wide, on the scale of the data.

# %%
model = bi.model("Reaction ~ Days + (Days | Subject)", frame)
model

# %% [markdown]
# A slope of 100 ms per night would be absurd, and its prior allows it, if barely. That is what
# "weakly informative" means: the data decide.
#
# ## The fit, and whether to believe it

# %%
fit = bi.fit(model, seed=1)
fit

# %%
assert fit.verdict.ok
fit.verdict

# %% [markdown]
# Nothing was simulated step by step: for this structure the coefficients and the people's own
# effects integrate out, and only three spreads and one correlation are sampled.

# %%
fit.explain()

# %% [markdown]
# ## What a night costs, on average

# %%
cost = fit.summary().loc["Days"]
# lme4's REML estimate for this model is 10.47; ours is a posterior mean under wide priors.
assert abs(cost["mean"] - 10.47) < 0.3
print(f"{cost['mean']:.1f} ms per night, 89% CrI [{cost['lower']:.1f}, {cost['upper']:.1f}]")

# %% [markdown]
# ## People differ more than the average is uncertain

# %%
spread = fit.summary().loc["sd:Subject:Days"]
print(f"sd between people: {spread['mean']:.1f} ms per night")
assert float(fit.hypothesis("sd:Subject:Days > 3")) > 0.95
fit.hypothesis("sd:Subject:Days > 5")

# %%
effects = fit.summary(group_effects=True)
own = effects[effects.index.str.startswith("Subject[") & effects.index.str.endswith("Days")]
per_person = (cost["mean"] + own["mean"]).sort_values().round(1)
per_person.iloc[[0, 1, 2, -3, -2, -1]]

# %%
fit.plot("groups")

# %% [markdown]
# One person hardly slows down at all, or even speeds up; others lose about 20 ms a night. A report
# that gave only the average would miss what matters most to any one of them.

# %%
assert per_person.min() < 2 < 18 < per_person.max()

# %% [markdown]
# ## Somebody who was not there
#
# The prediction for a new person is uncertain for three reasons, and holds all of them: what the
# average is, where the person stands in the population, and the scatter from day to day.

# %%
days = list(range(10))
new = fit.predict({"Days": days, "Subject": ["somebody new"] * 10})
new.index = pd.Index(days, name="Days")
new.round(0)

# %%
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for _, person in frame.groupby("Subject"):
    axes.plot(person["Days"], person["Reaction"], color="grey", linewidth=0.7, alpha=0.6)
axes.plot(new.index, new["mean"])
axes.fill_between(new.index, new["lower"], new["upper"], alpha=0.2)
axes.set(xlabel="Days", ylabel="Reaction time (ms)", title="People measured, and 89% of new ones")
figure

# %% [markdown]
# If that interval means what it says, about 89% of measurements of such people lie inside. The
# people we have are not new, but as a rough check:

# %%
each = fit.predict(frame.assign(Subject="new " + frame["Subject"]))
inside = frame["Reaction"].between(each["lower"], each["upper"]).mean()
assert 0.80 < inside < 0.97
print(f"{inside:.0%} of the measurements lie inside")

# %% [markdown]
# ## What could be wrong

# %%
check = fit.check()
check

# %% [markdown]
# Data sets simulated from the model look like the data. But a few rows pull it: the k-hat of
# leave-one-out is above 0.7 there. Whose are they, and does the answer hang on them?

# %%
rows = [place for place, k_hat in check.loo.worst(5) if k_hat > 0.7]
assert 1 <= len(rows) <= 6
frame.loc[rows]

# %%
without = bi.fit(model, frame.drop(index=rows), seed=1)
moved = without.summary()["mean"] - fit.summary()["mean"]
in_sds = (moved / fit.summary()["sd"]).round(1)
assert abs(in_sds["Days"]) < 0.5
pd.DataFrame({"all rows": fit.summary()["mean"], "without": without.summary()["mean"]}).round(2)

# %% [markdown]
# The cost of a night does not hang on them; the day-to-day scatter `sigma` does.
#
# The line runs through all ten days, as it does in most analyses of these data, although the first
# two came before the short nights. Without them:

# %%
short_nights = bi.fit(model, frame[frame["Days"] >= 2], seed=1)
later = short_nights.summary().loc["Days"]
assert abs(later["mean"] - cost["mean"]) < cost["sd"]
print(f"{later['mean']:.1f} ms per night, 89% CrI [{later['lower']:.1f}, {later['upper']:.1f}]")

# %% [markdown]
# About one millisecond more. Is a straight line enough? A bend makes no difference that predictions
# would notice:

# %%
bent = bi.fit("Reaction ~ poly(Days, 2) + (Days | Subject)", frame, seed=1)
comparison = bi.compare(fit, bent)
assert np.ptp(comparison["elpd"]) < 4
comparison[["elpd", "elpd_diff", "diff_se"]].round(1)

# %% [markdown]
# ## The answer
#
# A night of three hours in bed costs about 10 ms of reaction time, on top of the nights before,
# give or take 3 for the average person. People differ: the sd between them is 6 to 7 ms per night,
# so that for some a week of such nights hardly shows, and for others it costs more than 100 ms.
# Eighteen people were measured, over ten days: what happens in week three is not in these data.
