"""The catalogue of priors: every member in `ALL`, and the way back from JSON.

Members carry the names of their distributions. At the public face a distribution's name always
means the prior (`bi.StudentT(3, 0, 10)`); the outcome families live in `bi.families`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from bayesinf.errors import ArtefactError, suggest
from bayesinf.prior import Prior
from bayesinf.priors.correlation import LKJ as LKJ
from bayesinf.priors.location import (
    Cauchy as Cauchy,
    Flat as Flat,
    Normal as Normal,
    StudentT as StudentT,
)
from bayesinf.priors.scale import (
    Exponential as Exponential,
    FlatPositive as FlatPositive,
    Gamma as Gamma,
    HalfCauchy as HalfCauchy,
    HalfNormal as HalfNormal,
    HalfStudentT as HalfStudentT,
    InverseGamma as InverseGamma,
    LogFlat as LogFlat,
    LogNormal as LogNormal,
)

ALL: tuple[type[Prior], ...] = (
    Normal,
    StudentT,
    Cauchy,
    Flat,
    HalfNormal,
    HalfStudentT,
    HalfCauchy,
    Exponential,
    Gamma,
    InverseGamma,
    LogNormal,
    FlatPositive,
    LogFlat,
    LKJ,
)


def prior_from_json(record: Mapping[str, object]) -> Prior:
    """Reads a prior back from the JSON that `Prior.to_json` wrote.

    Args:
        record: For example `{"prior": "Normal", "mean": 0.0, "sd": 10.0}`.

    Raises:
        ArtefactError: The prior is unknown, or its numbers are not the ones it takes.
        ModelError: A number is out of range.
    """
    known = {kind.__name__: kind for kind in ALL}
    name = str(record.get("prior"))
    if name not in known:
        raise ArtefactError(
            f"There is no prior named {name!r}.{suggest(name, known)}", code="unknown-prior"
        )
    values = {key: value for key, value in record.items() if key != "prior"}
    expected = [field.name for field in fields(known[name])]
    if set(values) != set(expected):
        raise ArtefactError(
            f"The prior {name} takes {', '.join(expected) or 'no numbers'}, "
            f"but {', '.join(values) or 'nothing'} was stored.",
            code="prior-numbers",
        )
    return known[name](**values)
