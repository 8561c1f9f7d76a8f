"""The priors of a model: every slot that needs one, the one it has, and why.

A slot is named by what it governs:

    Intercept            the intercept of the centred design
    Days                 one population coefficient; `coefficients` addresses all but the intercept
    sigma                a parameter of the family
    sd:Subject:Days      the spread of a varying coefficient; `sd:Subject` addresses them all
    cor:Subject          the correlations of Subject's varying coefficients
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from bayesinf.design import Design
from bayesinf.errors import ModelError, legible, shown, suggest
from bayesinf.family import Family
from bayesinf.formula.tokens import Place
from bayesinf.links import Identity
from bayesinf.prior import Choice, Prior
from bayesinf.priors import defaults
from bayesinf.term import Effects


@dataclass(frozen=True)
class Slot:
    """One place in a model that takes a prior.

    Attributes:
        name: The name by which the prior can be replaced.
        prior: The prior in force.
        source: `"default"` or `"user"`.
        why: Where the scale comes from, in a sentence.
        support: `"real"`, `"positive"` or `"correlation"`.
    """

    name: str
    prior: Prior
    source: str
    why: str
    support: str


@dataclass(frozen=True)
class Priors(Mapping[str, Prior]):
    """All priors of a model, by slot name; printed as a table.

    It can be handed to another fit as `priors=`, which then uses exactly these.
    """

    slots: Mapping[str, Slot] = field(default_factory=lambda: MappingProxyType({}))

    def __getitem__(self, name: str) -> Prior:
        return self.slots[name].prior

    def __iter__(self) -> Iterator[str]:
        return iter(self.slots)

    def __len__(self) -> int:
        return len(self.slots)

    def __hash__(self) -> int:
        return hash(tuple(self.slots.values()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles the slots: a read-only view of them cannot be."""
        return _unpickled, (dict(self.slots),)

    def frame(self):
        """The table of priors: a pandas frame indexed by slot, with `prior source why`."""
        import pandas as pd

        rows = [(s.prior.describe(), s.source, s.why) for s in self.slots.values()]
        index = pd.Index(list(self.slots), name="parameter")
        return pd.DataFrame(rows, index=index, columns=["prior", "source", "why"])

    def __repr__(self) -> str:
        width = max((len(name) for name in self.slots), default=0)
        prior_width = max((len(s.prior.describe()) for s in self.slots.values()), default=0)
        lines = (
            f"{s.name:<{width}}  {s.prior.describe():<{prior_width}}  {s.source:<7}  {s.why}"
            for s in self.slots.values()
        )
        return legible("\n".join(lines))

    def _repr_html_(self) -> str:
        return self.frame().rename(shown).to_html()


def _unpickled(slots: dict[str, Slot]) -> Priors:
    return Priors(MappingProxyType(slots))


def choose_priors(
    design: Design, family: Family, chosen: Mapping[str, Prior] | None = None
) -> Priors:
    """Lists every slot of a model and fills it: with the user's prior, else with the default.

    Args:
        design: The numbers whose scales the defaults follow.
        family: The outcome's family.
        chosen: Priors by slot name, or by one of the collective names of the module's docstring.

    Returns:
        The priors, frozen: a refit of the model on other rows keeps them.

    Raises:
        ModelError: Where a name is unknown or a prior does not fit the slot's support.
    """
    if chosen is not None and not isinstance(chosen, Mapping):
        raise ModelError(
            f"priors is a mapping from slot names to priors, and not '{type(chosen).__name__}'.",
            code="not-priors",
            hint='Write priors={"x": bi.Normal(0, 1)}.',
        )
    slots = {slot.name: slot for slot in _default_slots(design, family)}
    for name, prior in (chosen or {}).items():
        _check_is_prior(name, prior)
        addressed = _addressed(name, slots, design)
        if not addressed:
            known = [*slots, *_collective_names(design)]
            raise ModelError(
                f"This model has no prior slot '{name}'."
                f"{suggest(name, known)}\n{_written(name, prior)}",
                code="unknown-prior-slot",
                column=str(name),
                hint=f"Name one of its slots: {', '.join(slots)}; "
                "'coefficients' names all but the intercept.",
            )
        for slot_name in addressed:
            slots[slot_name] = _replace(slots[slot_name], prior)
    exact = {name: prior for name, prior in (chosen or {}).items() if name in slots}
    for name, prior in exact.items():
        slots[name] = _replace(slots[name], prior)
    return Priors(MappingProxyType(slots))


def _check_is_prior(name: str, prior: object) -> None:
    if not isinstance(prior, Prior):
        raise ModelError(
            f"The prior of '{name}' is none.\n{_written(name, prior)}",
            code="not-a-prior",
            column=str(name),
            hint="Give a prior such as bi.Normal(0, 10).",
        )


def _written(name: object, prior: object) -> str:
    """What was given, with a caret under the name."""
    said = prior.describe() if isinstance(prior, Prior) else repr(prior)
    return Place(f"priors={{{name!r}: {said}}}", len("priors={")).shown()


def _addressed(name: str, slots: Mapping[str, Slot], design: Design) -> list[str]:
    if name in slots:
        return [name]
    if f"`{name}`" in slots:
        return [f"`{name}`"]
    if name == "coefficients":
        return [s for s in slots if slots[s].support == "real" and s != "Intercept"]
    found = []
    for group in design.rows.groups:
        if name == f"sd:{group.factor}":
            found += [f"sd:{group.factor}:{effect}" for effect in group.names]
        if name == f"cor:{group.factor}" and group.has_correlations:
            found.append(f"cor:{group.label}")
    return found


def _collective_names(design: Design) -> list[str]:
    return ["coefficients", *(f"sd:{group.factor}" for group in design.rows.groups)]


def _replace(slot: Slot, prior: Prior) -> Slot:
    if prior.support != slot.support:
        wanted = {
            "real": ("the whole line", "bi.Normal(0, 10)"),
            "positive": ("positive numbers", "bi.HalfNormal(10)"),
            "correlation": ("correlations", "bi.LKJ(2)"),
        }[slot.support]
        raise ModelError(
            f"'{slot.name}' needs a prior on {wanted[0]}; "
            f"{prior.describe()} is not one.\n{_written(slot.name, prior)}",
            code="prior-support",
            column=slot.name,
            hint=f"Give {wanted[1]}, for example.",
        )
    return Slot(slot.name, prior, "user", "set by the user", slot.support)


def group_sds(design: Design) -> Iterator[tuple[str, Effects, int]]:
    """The slot of each sd of group effects, with its group and the effect's position there."""
    for group in design.rows.groups:
        for effect, name in enumerate(group.names):
            yield f"sd:{group.factor}:{name}", group, effect


def _default_slots(design: Design, family: Family) -> Iterator[Slot]:
    outcome = _outcome_without_offset(design, family)
    scale = _predictor_scale(design, family, outcome)
    parameters = family.active_parameters(design.rows.known)
    for name, spread in zip(design.names, _population_scales(design), strict=True):
        choice = (
            defaults.intercept(_predictor_centre(design, family, outcome), scale)
            if name == "Intercept"
            else defaults.coefficient(scale, spread)
        )
        yield _slot(name, choice, "real")
    for parameter in parameters:
        yield _slot(parameter.name, parameter.prior(family.outcome_scale(outcome)), "positive")
    for group in design.rows.groups:
        for j, name in enumerate(group.names):
            spread = 1.0 if name == "Intercept" else _column_scale(group.matrix[:, j])
            yield _slot(f"sd:{group.factor}:{name}", defaults.group_sd(scale, spread), "positive")
        if group.has_correlations:
            yield _slot(f"cor:{group.label}", defaults.correlation(len(group.names)), "correlation")


def _outcome_without_offset(design: Design, family: Family) -> np.ndarray:
    """What the coefficients have to explain, where the link leaves outcomes in their units."""
    if isinstance(family.link, Identity):
        return design.response - design.rows.offset
    return design.response


def _predictor_centre(design: Design, family: Family, outcome: np.ndarray) -> float:
    """Where the intercept's prior is centred: a row of average offset has a predictor of 0.

    Source: brms subtracts the mean offset in the same way (`def_scale_prior`).
    """
    if isinstance(family.link, Identity):
        return family.predictor_centre(outcome)
    return family.predictor_centre(design.response) - float(design.rows.offset.mean())


def _predictor_scale(design: Design, family: Family, outcome: np.ndarray) -> float:
    """The scale of the linear predictor.

    Without an intercept the coefficients must carry the outcome's level too, so the root mean
    square of the outcome takes the place of its standard deviation.
    """
    scale = family.predictor_scale(outcome)
    if design.has_intercept or not isinstance(family.link, Identity):
        return scale
    return max(scale, float(np.sqrt(np.mean(outcome**2))))


def _population_scales(design: Design) -> Iterator[float]:
    """The spread of each population column, from the products of the centred columns."""
    sds = np.sqrt(np.diagonal(design.products) / max(len(design.response) - 1, 1))
    for column, sd in zip(design.rows.population.T, sds.tolist(), strict=True):
        yield _column_scale(column, sd if design.has_intercept else None)


def _column_scale(column: np.ndarray, sd: float | None = None) -> float:
    """The column's spread; 1 for a constant column, which only models without intercept allow."""
    return defaults.column_scale(column, sd) or 1.0


def _slot(name: str, choice: Choice, support: str) -> Slot:
    return Slot(name, choice.prior, "default", choice.why, support)
