"""A posterior without its draws as plain values, and back; nothing here touches a file.

The formula is kept as text and parsed again by `formula.split.parse`, guard included. No name of a
class or a function is ever looked up by what a file says, except in the closed catalogues.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from types import MappingProxyType

import numpy as np

from bayesinf import terms
from bayesinf.data.missing import Missing
from bayesinf.design import Design, Recipe, Rows
from bayesinf.errors import ArtefactError, FormulaError
from bayesinf.families import family_from_json, family_to_json
from bayesinf.family import Known
from bayesinf.formula import registry
from bayesinf.formula.formula import Formula
from bayesinf.formula.split import parse
from bayesinf.model.model import Model
from bayesinf.model.slots import Priors, Slot
from bayesinf.posterior.provenance import Choice, Explanation, Provenance
from bayesinf.posterior.states import DrawsOnly, GaussianStatistics, State
from bayesinf.posterior.verdict import Finding, Verdict
from bayesinf.priors import prior_from_json
from bayesinf.storage.fields import (
    Plain,
    distinct,
    items,
    mapping,
    mappings,
    number,
    only,
    text,
    texts,
    truth,
    whole,
)
from bayesinf.storage.recipes import check_recipe, schema_from_plain
from bayesinf.term import Effects

MODEL_FIELDS = (
    *("formula", "typed", "functions", "family", "priors", "names", "centre", "groups"),
    *("outcome_levels", "missing", "schema", "states"),
)


def model_to_plain(model: Model) -> Plain:
    """A model without its rows: formula, what each term remembers, family and priors."""
    design, recipe = model.design, model.design.recipe
    return {
        "formula": str(recipe.formula),
        "typed": recipe.formula.text,
        "functions": dict(recipe.functions),
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
        "missing": _missing_to_plain(design.missing),
        "schema": recipe.schema.to_json(),
        "states": list(recipe.states),
    }


def model_from_plain(kept: Plain) -> Model:
    """The model that `model_to_plain` wrote, with zero rows and no table."""
    only(kept, MODEL_FIELDS)
    functions = _functions(kept)
    formula = _formula(kept)
    recipe = Recipe(
        formula=formula,
        schema=schema_from_plain(mapping(kept, "schema")),
        states=tuple(mappings(kept, "states")),
        outcome_levels=_outcome_levels(kept),
        functions=functions,
    )
    if set(registry.versions(formula.functions)) != set(functions):
        raise ArtefactError(
            "The stored formula calls other registered functions than the manifest lists.",
            code="bad-model",
        )
    names = distinct(kept, "names")
    groups = tuple(_group(group) for group in mappings(kept, "groups"))
    centre = np.array([number({"centre": value}, "centre") for value in items(kept, "centre")])
    if len(recipe.states) != len(formula.terms) or centre.shape != (len(names),):
        raise ArtefactError("The stored model does not fit its formula.", code="bad-model")
    check_recipe(recipe, names, groups)
    design = Design(
        recipe=recipe,
        rows=_no_rows(formula, names, groups),
        names=names,
        centre=centre.astype(np.float64),
        response=np.zeros(0),
        weights=None if formula.response.weights is None else np.zeros(0),
        missing=_missing_from_plain(mapping(kept, "missing")),
        table=None,
    )
    slots = {slot["slot"]: _slot(slot) for slot in mappings(kept, "priors")}
    model = Model(design, family_from_json(kept["family"]), Priors(MappingProxyType(slots)))
    _ = model.scalar_priors, model.correlation_priors  # a slot without prior fails here
    return model


def _formula(kept: Plain) -> Formula:
    formula = parse(text(kept, "typed"), tuple(term.name for term in terms.ALL))
    if str(formula) != kept["formula"]:
        raise ArtefactError(
            f"The stored formula '{kept['typed']}' reads as '{formula}' here, and read as "
            f"'{kept['formula']}' when it was saved.",
            code="other-formula",
        )
    return formula


def _functions(kept: Plain) -> dict[str, str]:
    """The registered functions that the formula calls; fits of before had none.

    They are only named: a file can ask for a function, and never bring one.
    """
    listed = mapping(kept, "functions") if "functions" in kept else {}
    functions = {name: text(listed, name) for name in listed}
    for name, version in functions.items():
        if not (registry.NAME.fullmatch(name) and registry.VERSION.fullmatch(version)):
            raise ArtefactError(
                f"The manifest lists a function {name!r:.60} of version {version!r:.60}, which no "
                "registered function can have.",
                code="bad-manifest",
            )
    try:
        registry.check_registered(functions)
    except FormulaError as error:
        raise ArtefactError(
            str(error).removesuffix(f"\n  {error.hint}"), code=error.code, hint=error.hint
        ) from error
    return functions


def _outcome_levels(kept: Plain) -> tuple[str, str] | None:
    if kept["outcome_levels"] is None:
        return None
    low, high = distinct(kept, "outcome_levels")
    return low, high


def _missing_to_plain(missing: Missing) -> Plain:
    counts = {name: getattr(missing, name) for name in _missing_counts()}
    return {**counts, "by_column": dict(missing.by_column)}


def _missing_from_plain(kept: Plain) -> Missing:
    """Counts that were not written yet when the fit was saved have their defaults."""
    counts = _missing_counts()
    only(kept, (*counts, "by_column"))
    written = [name for name, optional in counts.items() if name in kept or not optional]
    by_column = mapping(kept, "by_column")
    return Missing(
        **{name: whole(kept, name) for name in written},
        by_column={name: whole(by_column, name) for name in by_column},
    )


def _missing_counts() -> dict[str, bool]:
    """The names of the counts, and whether each has a default."""
    named = (field for field in fields(Missing) if field.name != "by_column")
    return {field.name: field.default is not MISSING for field in named}


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
    only(kept, ("factor", "levels", "effects", "correlated"))
    names = distinct(kept, "effects")
    return Effects(
        factor=text(kept, "factor"),
        levels=distinct(kept, "levels"),
        codes=np.zeros(0, dtype=np.int64),
        matrix=np.zeros((0, len(names))),
        names=names,
        correlated=truth(kept, "correlated"),
    )


def _slot(kept: Plain) -> Slot:
    only(kept, ("slot", "prior", "source", "why"))
    prior = prior_from_json(mapping(kept, "prior"))
    source = text(kept, "source")
    if source not in ("default", "user"):
        raise ArtefactError(f"There is no source {source!r} of a prior.", code="bad-model")
    return Slot(text(kept, "slot"), prior, source, text(kept, "why"), prior.support)


def verdict_to_plain(verdict: Verdict) -> list[Plain]:
    """The findings of a verdict, in their order."""
    return [asdict(finding) for finding in verdict.findings]


def verdict_from_plain(kept: list[Plain]) -> Verdict:
    """The verdict that `verdict_to_plain` wrote."""
    findings = tuple(_finding(finding) for finding in kept)
    strange = {f.severity for f in findings} - {"good", "note", "warning", "bad"}
    if strange:
        raise ArtefactError(f"There is no severity {strange.pop()!r}.", code="bad-verdict")
    return Verdict(findings)


def _finding(kept: Plain) -> Finding:
    only(kept, [field.name for field in fields(Finding)])
    evidence = mapping(kept, "evidence")
    return Finding(
        sentence=text(kept, "sentence"),
        severity=text(kept, "severity"),  # pyright: ignore[reportArgumentType]
        code=text(kept, "code"),
        evidence={name: number(evidence, name) for name in evidence},
        remedy=text(kept, "remedy"),
    )


def provenance_to_plain(provenance: Provenance) -> Plain:
    """Where a posterior comes from."""
    return asdict(provenance)


def provenance_from_plain(kept: Plain) -> Provenance:
    """The provenance that `provenance_to_plain` wrote."""
    only(kept, [field.name for field in fields(Provenance)])
    versions = mapping(kept, "versions")
    return Provenance(
        engine=text(kept, "engine"),
        settings=dict(mapping(kept, "settings")),
        seed=whole(kept, "seed"),
        seconds=number(kept, "seconds"),
        explanation=_explanation(mapping(kept, "explanation")),
        rows=whole(kept, "rows"),
        fingerprint=text(kept, "fingerprint"),
        versions={name: text(versions, name) for name in versions},
        history=texts(kept, "history"),
    )


def _explanation(kept: Plain) -> Explanation:
    """Facts that were not written yet when the fit was saved are none."""
    choices = tuple(
        Choice(text(choice, "engine"), truth(choice, "chosen"), text(choice, "reason"))
        for choice in mappings(kept, "choices")
    )
    return Explanation(choices, texts(kept, "facts") if "facts" in kept else ())


def state_to_plain(state: State) -> tuple[Plain, Mapping[str, np.ndarray]]:
    """A state as plain values, and its arrays by name."""
    match state:
        case GaussianStatistics(gram, moment, square, weight, level, rows, basis, origin):
            numbers = {"square": square, "weight": weight, "level": level, "rows": rows}
            arrays = {"gram": gram, "moment": moment, "basis": basis, "origin": origin}
            given = {name: values for name, values in arrays.items() if values is not None}
            return {"kind": "gaussian", **numbers}, given
        case DrawsOnly():
            return {"kind": "draws"}, {}


def state_from_plain(kept: Plain, arrays: Mapping[str, np.ndarray]) -> State:
    """The state that `state_to_plain` wrote."""
    if kept["kind"] == "gaussian":
        size = arrays["moment"].size
        shapes = {"gram": (size, size), "moment": (size,)}
        if "basis" in arrays or "origin" in arrays:
            shapes = {**shapes, "basis": (size, size), "origin": (size,)}
        if {name: values.shape for name, values in arrays.items()} != shapes:
            raise ArtefactError("The stored statistics do not fit together.", code="bad-state")
        return GaussianStatistics(
            gram=arrays["gram"],
            moment=arrays["moment"],
            square=number(kept, "square"),
            weight=number(kept, "weight"),
            level=number(kept, "level"),
            rows=whole(kept, "rows"),
            basis=arrays.get("basis"),
            origin=arrays.get("origin"),
        )
    if kept["kind"] == "draws":
        return DrawsOnly()
    raise ArtefactError(f"There is no state {kept['kind']!r}.", code="bad-state")
