"""Fits, verdicts and tables as plain values for JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bayesinf.fit import Fit
from bayesinf.options import options
from bayesinf.posterior.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd


def fit_record(fit: Fit, prob: float | None = None) -> dict[str, Any]:
    """A fit as plain values for JSON: what was asked, the verdict, the table."""
    provenance, missing = fit.posterior.provenance, fit.model.design.missing
    kind, probability = options.interval_with(prob)
    return {
        "formula": fit.model.formula.text,
        "family": fit.model.family.name,
        "outcome": outcome_record(fit),
        "rows": provenance.rows,
        "missing": {"before": missing.n_before, "by_column": dict(missing.by_column)},
        "engine": provenance.engine,
        "seed": provenance.seed,
        "seconds": provenance.seconds,
        "draws": fit.posterior.values.count,
        "fingerprint": provenance.fingerprint,
        "interval": {"kind": kind, "prob": probability},
        "verdict": verdict_record(fit.verdict),
        "parameters": records(fit.summary(prob=prob)),
    }


def outcome_record(fit: Fit) -> dict[str, Any]:
    """The outcome as plain values for JSON; what counts as 1 and as 0 where it is text."""
    response, levels = fit.model.formula.response, fit.model.design.recipe.outcome_levels
    coding = {} if levels is None else {"counts_as_1": levels[1], "counts_as_0": levels[0]}
    return {"expression": response.expression, **coding}


def verdict_record(verdict: Verdict) -> dict[str, Any]:
    """A verdict as plain values for JSON."""
    findings = [
        {"severity": f.severity, "code": f.code, "sentence": f.sentence, "remedy": f.remedy}
        for f in verdict.sorted
    ]
    return {"ok": verdict.ok, "headline": verdict.headline, "findings": findings}


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The lines of a frame as plain values for JSON, the index under its name."""
    flat = frame.reset_index()
    return [dict(zip(flat.columns, row, strict=True)) for row in flat.to_numpy(object).tolist()]


def as_json(value: Mapping[str, Any]) -> str:
    """Plain values as JSON text; numbers that JSON cannot hold become null."""
    return json.dumps(_finite(value), indent=2, ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
