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
# # What does job training do to earnings?
#
# In the 1970s the National Supported Work programme gave people with poor prospects a year of
# work, and chance decided who got it. The same effect can be looked for without the experiment, by
# comparing those trained with men of a survey who never took part. LaLonde (1986) did both, and the
# two did not agree. Here both are run, and the second is asked to prove itself.

# %%
import causal

frame = causal.examples.job_training()
frame.groupby("sample")[
    ["treat", "age", "education", "black", "re74", "re75", "re78"]
].mean().round(1)

# %% [markdown]
# ## The experiment
#
# `re78` are the earnings in dollars of 1978, after the training. Earnings before it (`re75`) make
# the answer more precise, and are no part of the question.

# %%
experiment = frame[frame["sample"] == "experiment"]
trial = causal.estimate(experiment, causal.Experiment("re78", "treat", before="re75"), seed=1)
assert trial.verdict.ok
assert abs(trial.draws.mean() - 1794) < 300
trial

# %% [markdown]
# The plain difference of means is 1,794 dollars. How large must an experiment be to see such an
# effect with a probability of 80 %? About as large as this one was; half the effect would take four
# times the people.

# %%
sd = float(experiment["re78"].std())
planned = causal.power(causal.Plan(sd=sd), 1794.0, [400, 600, 800, 1000, 1200], trials=500, seed=1)
print(planned.sentence())
assert planned.smallest() <= 600

# %% [markdown]
# ## The survey
#
# Now the trained men are compared with men of the Panel Study of Income Dynamics, adjusting for
# everything that was measured.

# %%
trained = experiment[experiment["treat"] == 1]
survey = frame[frame["sample"] == "survey"]
mixed = frame.loc[[*trained.index, *survey.index]]
measured = ["age", "education", "black", "hispanic", "married", "nodegree", "re74", "re75"]
observed = causal.estimate(mixed, "re78", "treat", adjust=measured, estimand="ATT", seed=1)
observed

# %% [markdown]
# Before anything else the library compares the arms, and finds that they hardly overlap: the men of
# the survey earned more, were married more often, and are another kind of people. That alone would
# be reason enough to leave it.

# %%
observed.tables["balance"].round(2)

# %%
doubts = {finding.code: finding for finding in observed.findings}
assert doubts["overlap"].severity in ("warning", "bad")
print(doubts["overlap"])

# %% [markdown]
# ## The placebo
#
# Earnings of 1975 came before the training, so the training cannot have changed them. An analysis
# that finds an effect on them finds something else.

# %%
refuted = observed.refute([causal.PlaceboOutcome("re75")], seed=1)
refuted

# %%
assert refuted.findings[0].severity in ("warning", "bad")

# %% [markdown]
# The experiment passes the same test.

# %%
adjusted = causal.estimate(
    experiment,
    "re78",
    "treat",
    adjust=["age", "education", "black", "married", "re74", "re75"],
    seed=1,
)
passed = adjusted.refute([causal.PlaceboOutcome("re75")], seed=1)
assert passed.findings[0].severity in ("good", "note")
print(passed.findings[0])
