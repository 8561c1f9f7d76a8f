"""What a posterior says about rows: expected outcomes, outcomes to come, and their intervals.

`predict.predict` turns rows into a `Prediction`; `predict.stretches` hands out its draws piece by
piece; `quantiles` finds intervals of outcomes from the mixture over draws; `newcomers` draws the
effects of groups that the fit has not seen; `grid` makes counterfactual copies of rows.
"""
