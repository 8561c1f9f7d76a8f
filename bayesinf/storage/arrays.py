"""The arrays of a saved posterior: written as one file, and read back only if they make sense."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bayesinf.errors import ArtefactError
from bayesinf.model.model import Model
from bayesinf.posterior.draws import Draws
from bayesinf.posterior.program import AnyPosterior, ProgramDraws
from bayesinf.posterior.verdict import Verdict

ARRAYS = "draws.safetensors"

KINDS = {"f": np.float64, "i": np.int64, "u": np.int64, "b": np.bool_}
"""Every array is kept as doubles, 64-bit integers or booleans."""

ROUNDING = 1e-6
"""How far a correlation may lie outside of -1 and 1: factors are in single precision at worst."""


def arrays_of(
    posterior: AnyPosterior, state: Mapping[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], bytes]:
    """All arrays by name, with the part that each belongs to, and the bytes of their file."""
    from safetensors.numpy import save as serialise

    named = {
        **{f"draws/{name}": values for name, values in posterior.values.arrays().items()},
        **{f"statistics/{name}": values for name, values in posterior.statistics.items()},
        **{f"state/{name}": values for name, values in state.items()},
    }
    arrays = {name: _settled(np.asarray(values)) for name, values in named.items()}
    return arrays, serialise(arrays)


def describe(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Type and shape of each array, as the manifest lists them."""
    return {
        name: {"dtype": str(values.dtype), "shape": list(values.shape)}
        for name, values in arrays.items()
    }


def read_arrays(data: bytes, expected: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Reads the arrays, and compares names, types and shapes with the manifest's.

    Raises:
        ArtefactError: `damaged-file`, `other-arrays`.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as deserialise

    try:
        arrays = deserialise(data)
    except (SafetensorError, LookupError, TypeError, ValueError) as error:
        raise ArtefactError(f"{ARRAYS} cannot be read: {error}", code="damaged-file") from error
    found = describe(arrays)
    if found != dict(expected):
        different = sorted(
            name for name in {**found, **expected} if found.get(name) != expected.get(name)
        )
        raise ArtefactError(
            f"{ARRAYS} holds another array '{different[0]}' than the manifest says.",
            code="other-arrays",
        )
    return arrays


def part_of(arrays: Mapping[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    """The arrays of one part: `draws`, `statistics` or `state`."""
    prefix = f"{name}/"
    return {
        key.removeprefix(prefix): values for key, values in arrays.items() if key.startswith(prefix)
    }


def statistics_of(
    values: Draws | ProgramDraws, arrays: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The sampler's facts, after a check that there is one for each draw.

    Raises:
        ArtefactError: `other-arrays`.
    """
    statistics = part_of(arrays, "statistics")
    for name, array in statistics.items():
        if array.shape[:2] != values.shape:
            raise _does_not_fit(name, array)
    return statistics


def draws_of(model: Model, arrays: Mapping[str, np.ndarray]) -> Draws:
    """The draws, after a check that they are those of the model's unknowns.

    Raises:
        ArtefactError: `other-arrays`; `impossible-draws`, for values that no unknown can have.
    """
    values = Draws.from_arrays(part_of(arrays, "draws"), len(model.design.rows.groups))
    if extra := set(part_of(arrays, "draws")) - set(values.arrays()):
        raise ArtefactError(
            f"{ARRAYS} holds draws of '{min(extra)}', which is no unknown of the model.",
            code="other-arrays",
        )
    chains, draws = values.shape
    expected: dict[str, tuple[int, ...]] = {
        "coefficients": (len(model.design.names),),
        "parameters": (len(model.parameters),),
    }
    for k, group in enumerate(model.design.rows.groups):
        effects, levels = len(group.names), len(group.levels)
        expected[f"sds.{k}"] = (effects,)
        expected[f"correlations.{k}"] = (effects, effects)
        expected[f"effects.{k}"] = (levels, effects)
    for name, array in values.arrays().items():
        if array.shape != (chains, draws, *expected[name]) or array.dtype != np.float64:
            raise _does_not_fit(name, array)
    _check_ranges(model, values)
    return values


def check_finite(values: Draws | ProgramDraws, verdict: Verdict) -> None:
    """Refuses draws that are not numbers under a verdict that does not say so.

    Raises:
        ArtefactError: `impossible-draws`.
    """
    if any(finding.code == "non-finite-draws" for finding in verdict.findings):
        return
    for name, array in values.arrays().items():
        if not np.isfinite(array).all():
            raise _impossible(name, "NaN or infinite values, of which the verdict says nothing")


def _check_ranges(model: Model, values: Draws) -> None:
    """Scales are not negative, and correlations lie between -1 and 1."""
    for place, parameter in enumerate(model.parameters):
        if (values.parameters[..., place] < parameter.lower).any():
            raise _impossible(parameter.name, f"values below {parameter.lower:g}")
    for k, (sds, correlations) in enumerate(zip(values.sds, values.correlations, strict=True)):
        if (sds < 0.0).any():
            raise _impossible(f"sds.{k}", "negative values")
        if (np.abs(correlations) > 1.0 + ROUNDING).any():
            raise _impossible(f"correlations.{k}", "values beyond -1 and 1")


def _settled(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=KINDS[values.dtype.kind])


def _does_not_fit(name: str, array: np.ndarray) -> ArtefactError:
    return ArtefactError(
        f"The array '{name}' in {ARRAYS} does not fit the model: shape {array.shape}, "
        f"{array.dtype}.",
        code="other-arrays",
    )


def _impossible(name: str, what: str) -> ArtefactError:
    return ArtefactError(
        f"The draws of '{name}' in {ARRAYS} hold {what}. Nothing was loaded.",
        code="impossible-draws",
        hint="Restore the folder from a copy, or save the fit again.",
    )
