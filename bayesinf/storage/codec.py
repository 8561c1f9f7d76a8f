"""A posterior without its draws as plain values, and back; nothing here touches a file.

The formula is kept as text and parsed again by `formula.split.parse`, guard included. No name of a
class or a function is ever looked up by what a file says, except in the closed catalogues.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import numpy as np

from bayesinf import terms
from bayesinf.data.missing import Missing
from bayesinf.data.schema import Schema
from bayesinf.design import Design, Recipe, Rows
from bayesinf.errors import ArtefactError
from bayesinf.families import family_from_json, family_to_json
from bayesinf.family import Known
from bayesinf.formula.formula import Formula
from bayesinf.formula.split import parse
from bayesinf.model.model import Model
from bayesinf.model.slots import Priors, Slot
from bayesinf.posterior.provenance import Choice, Explanation, Provenance
from bayesinf.posterior.states import DrawsOnly, GaussianStatistics, State
from bayesinf.posterior.verdict import Finding, Verdict
from bayesinf.priors import prior_from_json
from bayesinf.term import Effects

Plain = Mapping[str, Any]
"""Mappings with text keys, lists, text, numbers, booleans and None."""


def model_to_plain(model: Model) -> Plain:
    """A model without its rows: formula, what each term remembers, family and priors."""
    design, recipe = model.design, model.design.recipe
    return {
        "formula": str(recipe.formula),
        "typed": recipe.formula.text,
        "family": family_to_json(model.family),
        "priors": [
            {
                "slot": slot.name,
                "prior": slot.prior.to_json(),
                "source": slot.source,
                "why": slot.why,
            }
            for slot in model.priors.slots.values()
        ],
        "names": list(design.names),
        "centre": design.centre.tolist(),
        "groups": [
            {
                "factor": group.factor,
                "levels": list(group.levels),
                "effects": list(group.names),
                "correlated": group.correlated,
            }
            for group in design.rows.groups
        ],
        "outcome_levels": None if recipe.outcome_levels is None else list(recipe.outcome_levels),
        "missing": {
            "n_before": design.missing.n_before,
            "n_after": design.missing.n_after,
            "by_column": dict(design.missing.by_column),
        },
        "schema": recipe.schema.to_json(),
        "states": list(recipe.states),
    }


def model_from_plain(kept: Plain) -> Model:
    """The model that `model_to_plain` wrote, with zero rows and no table."""
    formula = _formula(kept)
    levels = kept["outcome_levels"]
    recipe = Recipe(
        formula=formula,
        schema=Schema.from_json(kept["schema"]),
        states=tuple(kept["states"]),
        outcome_levels=None if levels is None else (levels[0], levels[1]),
    )
    names = tuple(kept["names"])
    centre = np.array(kept["centre"], dtype=np.float64)
    if len(recipe.states) != len(formula.terms) or centre.shape != (len(names),):
        raise ArtefactError("The stored model does not fit its formula.", code="bad-model")
    design = Design(
        recipe=recipe,
        rows=_no_rows(formula, names, tuple(_group(group) for group in kept["groups"])),
        names=names,
        centre=centre,
        response=np.zeros(0),
        weights=None if formula.response.weights is None else np.zeros(0),
        missing=Missing(**kept["missing"]),
        table=None,
    )
    slots = {slot["slot"]: _slot(slot) for slot in kept["priors"]}
    model = Model(design, family_from_json(kept["family"]), Priors(MappingProxyType(slots)))
    _ = model.scalar_priors, model.correlation_priors  # a slot without prior fails here
    return model


def _formula(kept: Plain) -> Formula:
    formula = parse(kept["typed"], tuple(term.name for term in terms.ALL))
    if str(formula) != kept["formula"]:
        raise ArtefactError(
            f"The stored formula '{kept['typed']}' reads as '{formula}' here, and read as "
            f"'{kept['formula']}' when it was saved.",
            code="other-formula",
        )
    return formula


def _no_rows(formula: Formula, names: tuple[str, ...], groups: tuple[Effects, ...]) -> Rows:
    """Rows of length zero that still say which facts of rows the model knows."""
    response = formula.response
    return Rows(
        np.zeros((0, len(names))),
        groups,
        np.zeros(0),
        Known(
            None if response.trials is None else np.zeros(0),
            None if response.standard_error is None else np.zeros(0),
        ),
    )


def _group(kept: Plain) -> Effects:
    names = tuple(kept["effects"])
    return Effects(
        factor=kept["factor"],
        levels=tuple(kept["levels"]),
        codes=np.zeros(0, dtype=np.int64),
        matrix=np.zeros((0, len(names))),
        names=names,
        correlated=kept["correlated"],
    )


def _slot(kept: Plain) -> Slot:
    prior = prior_from_json(kept["prior"])
    return Slot(kept["slot"], prior, kept["source"], kept["why"], prior.support)


def verdict_to_plain(verdict: Verdict) -> list[Plain]:
    """The findings of a verdict, in their order."""
    return [asdict(finding) for finding in verdict.findings]


def verdict_from_plain(kept: list[Plain]) -> Verdict:
    """The verdict that `verdict_to_plain` wrote."""
    findings = tuple(Finding(**finding) for finding in kept)
    strange = {f.severity for f in findings} - {"good", "note", "warning", "bad"}
    if strange:
        raise ArtefactError(f"There is no severity {strange.pop()!r}.", code="bad-verdict")
    return Verdict(findings)


def provenance_to_plain(provenance: Provenance) -> Plain:
    """Where a posterior comes from."""
    return asdict(provenance)


def provenance_from_plain(kept: Plain) -> Provenance:
    """The provenance that `provenance_to_plain` wrote."""
    choices = tuple(Choice(**choice) for choice in kept["explanation"]["choices"])
    return Provenance(
        **{**kept, "explanation": Explanation(choices), "history": tuple(kept["history"])}
    )


def state_to_plain(state: State) -> tuple[Plain, Mapping[str, np.ndarray]]:
    """A state as plain values, and its arrays by name."""
    match state:
        case GaussianStatistics(gram, moment, square, weight, level, rows):
            numbers = {"square": square, "weight": weight, "level": level, "rows": rows}
            return {"kind": "gaussian", **numbers}, {"gram": gram, "moment": moment}
        case DrawsOnly():
            return {"kind": "draws"}, {}


def state_from_plain(kept: Plain, arrays: Mapping[str, np.ndarray]) -> State:
    """The state that `state_to_plain` wrote."""
    numbers = {name: value for name, value in kept.items() if name != "kind"}
    if kept["kind"] == "gaussian":
        size = arrays["moment"].size
        if arrays["gram"].shape != (size, size) or arrays["moment"].shape != (size,):
            raise ArtefactError("The stored statistics do not fit together.", code="bad-state")
        return GaussianStatistics(gram=arrays["gram"], moment=arrays["moment"], **numbers)
    if kept["kind"] == "draws":
        return DrawsOnly()
    raise ArtefactError(f"There is no state {kept['kind']!r}.", code="bad-state")
