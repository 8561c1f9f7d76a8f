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
# # Does a college next door raise wages only through schooling?
#
# Card (1995) used growing up near a four-year college as an instrument for schooling: it makes
# people stay in school longer, and is supposed to change wages in no other way. Mediation analysis
# asks about that other way: which part of the effect of nearness on wages passes through years of
# schooling, and which does not?

# %%
import causal

frame = causal.examples.schooling().dropna()
background = ("black", "south", "smsa", "exper")
frame[["nearc4", "educ", "lwage", *background]].describe().round(2).T

# %% [markdown]
# ## The whole effect

# %%
whole = causal.estimate(frame, "lwage", "nearc4", adjust=list(background), seed=1)
assert 0 < whole.draws.mean() < 0.15
print(whole.sentence())

# %% [markdown]
# ## In two parts
#
# The natural indirect effect passes through `educ`, the natural direct effect does not. Both need
# more than the whole effect does: nothing unmeasured may drive schooling and wages, and ability
# surely drives both.

# %%
split = causal.estimate(
    frame, causal.Mediation("lwage", "nearc4", "educ", adjust=background), seed=1
)
split

# %%
parts = split.summary()["mean"]
assert parts["NIE"] > 0.01
assert abs(parts["NIE"] + parts["NDE"] - parts["TE"]) < 1e-6
parts

# %% [markdown]
# ## How much would an unmeasured cause of both change?
#
# If what is left of schooling and what is left of wages were correlated, the indirect effect would
# be another one. For linear models there is a formula (Imai, Keele and Yamamoto 2010).

# %%
correlated = split.effects("error correlation").summary()["mean"]
assert correlated.loc[0.5] < 0 < correlated.loc[0.2]
correlated.round(3)

# %% [markdown]
# The wage at a given number of years in school, near a college and far from one:

# %%
split.effects("mediator value").summary().round(3)

# %% [markdown]
# The direct effect is also a question to the instrument: if nearness raises wages directly, by
# whatever little, the instrument's answer has to give way (see
# [the return to schooling](returns_to_schooling.ipynb)).

# %%
split.ledger()[["assumption", "status"]]

# %%
assert split.verdict.ok
for assumption in split.assumptions:
    print("-", assumption)
