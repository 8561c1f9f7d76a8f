"""The catalogue of families: every member in `ALL`, found by name, to and from JSON.

One rule of names: a family is called as its distribution is called, and so is a prior, and the two
are told apart by where they live. At the public face a bare distribution is a prior
(`bi.StudentT(3, 0, 10)`), because priors are written by hand in every model; a family is named by
its string (`family="student_t"`), or, with another link than its own, reached through this module
(`bi.families.Bernoulli(link=bi.Probit())`). The rule holds for all, not only where names clash,
so that no name changes when Gamma, LogNormal, Exponential or Beta outcomes join the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping

from bayesinf.errors import ArtefactError, ModelError, suggest
from bayesinf.families.bernoulli import Bernoulli as Bernoulli
from bayesinf.families.binomial import Binomial as Binomial
from bayesinf.families.gaussian import Gaussian as Gaussian
from bayesinf.families.negative_binomial import NegativeBinomial as NegativeBinomial
from bayesinf.families.poisson import Poisson as Poisson
from bayesinf.families.student_t import StudentT as StudentT
from bayesinf.family import Family
from bayesinf.formula.tokens import Place
from bayesinf.links import named_link

ALL: tuple[type[Family], ...] = (
    Gaussian,
    StudentT,
    Bernoulli,
    Binomial,
    Poisson,
    NegativeBinomial,
)


OTHER_NAMES = {
    "normal": "gaussian",
    "binary": "bernoulli",
    "logistic": "bernoulli",
    "student": "student_t",
    "t": "student_t",
    "negbinomial": "negative_binomial",
    "negativebinomial": "negative_binomial",
    "nb": "negative_binomial",
    "negbin": "negative_binomial",
    "nbinom": "negative_binomial",
    "quasipoisson": "negative_binomial",
    "studentt": "student_t",
    "logit": "bernoulli",
}
"""What other packages call these families; used in errors only."""


def kind_named(name: str) -> type[Family]:
    """Finds the class of a family by its name.

    Raises:
        ModelError: No family has the name; the error suggests the nearest and lists all.
    """
    known = {kind.name: kind for kind in ALL}
    if name not in known:
        meant = OTHER_NAMES.get(str(name).lower().replace(" ", "_"))
        guess = f" Here it is called '{meant}'." if meant else suggest(name, known)
        raise ModelError(
            f"There is no family named '{name}'.{guess}\n"
            f"{Place(f'family={name!r}', len('family=')).shown()}",
            code="unknown-family",
            hint=f"Use one of {', '.join(known)}.",
        )
    return known[name]


def named(name: str) -> Family:
    """Finds a family by its name, with its usual link.

    Raises:
        ModelError: No family has the name; the error suggests the nearest and lists all.

    Example:
        >>> named("poisson")
        Poisson(link=Log())
    """
    kind = kind_named(name)
    return kind()  # pyright: ignore[reportCallIssue]


def family_to_json(family: Family) -> dict[str, str]:
    """Gives a family as plain JSON; `family_from_json` reads it back.

    Example:
        >>> family_to_json(named("bernoulli"))
        {'family': 'bernoulli', 'link': 'logit'}
    """
    return {"family": family.name, "link": family.link.name}


def family_from_json(record: Mapping[str, object]) -> Family:
    """Reads a family back from the JSON that `family_to_json` wrote.

    Raises:
        ArtefactError: The record lacks the family or the link.
        ModelError: The family or the link is unknown, or they do not go together.
    """
    missing = {"family", "link"} - set(record)
    if missing:
        raise ArtefactError(
            f"The stored family lacks its {' and '.join(sorted(missing))}.", code="family-record"
        )
    return kind_named(str(record["family"]))(link=named_link(str(record["link"])))
