"""How to compute the same numbers again: versions, seed, and a piece of code that runs."""

from __future__ import annotations

from bayesinf import engines, families
from bayesinf.family import Family
from bayesinf.posterior.posterior import Posterior
from bayesinf.prior import Prior, numbers_of
from bayesinf.report.parts import Heading, Listing, Paragraph, Part, Table


def reproduction_section(posterior: Posterior) -> tuple[Part, ...]:
    """Versions, seed, and the call that repeats the fit."""
    import pandas as pd

    provenance = posterior.provenance
    versions = pd.DataFrame(
        {"version": list(provenance.versions.values())},
        index=pd.Index(list(provenance.versions), name="package"),
    )
    parts: list[Part] = [
        Heading("How to reproduce"),
        Paragraph(
            "On the same machine and with the same versions the code below gives the same draws; "
            "elsewhere it gives the same answer within Monte Carlo error. "
            "`frame` stands for the data described above."
        ),
        Listing(fit_code(posterior)),
        Table(versions, "The versions that computed these numbers."),
    ]
    if provenance.history:
        parts.insert(
            2,
            Paragraph(
                "The posterior was changed after the fit "
                f"({'; '.join(provenance.history)}); the code repeats the fit before that.",
                "note",
            ),
        )
    return tuple(parts)


def fit_code(posterior: Posterior) -> str:
    """Writes the call of `bi.fit` that repeats a fit, given its data as `frame`.

    Example:
        >>> import bayesinf as bi
        >>> fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
        >>> print(fit_code(fit.posterior))
        import bayesinf as bi
        <BLANKLINE>
        fit = bi.fit(
            "Reaction ~ Days",
            frame,
            family="gaussian",
            engine=bi.Conjugate(),
            seed=1,
        )
        print(fit.verdict)
        print(fit.summary())
    """
    model, provenance = posterior.model, posterior.provenance
    arguments = [
        _quoted(model.formula.text),
        "frame",
        f"family={_family(model.family)}",
        *_priors(posterior),
        f"engine={_engine(posterior)}",
        f"seed={provenance.seed}",
    ]
    inner = "".join(f"    {argument},\n" for argument in arguments)
    return (
        f"import bayesinf as bi\n\nfit = bi.fit(\n{inner})\nprint(fit.verdict)\n"
        "print(fit.summary())"
    )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _family(family: Family) -> str:
    if families.named(family.name) == family:
        return f'"{family.name}"'
    link = type(family.link).__name__
    return f"bi.families.{type(family).__name__}(link=bi.{link}())"


def _priors(posterior: Posterior) -> list[str]:
    slots = posterior.model.priors.slots.values()
    chosen = [f"{_quoted(s.name)}: {_prior(s.prior)}" for s in slots if s.source == "user"]
    return [f"priors={{{', '.join(chosen)}}}"] if chosen else []


def _prior(prior: Prior) -> str:
    return f"bi.{type(prior).__name__}({', '.join(repr(value) for value in numbers_of(prior))})"


def _engine(posterior: Posterior) -> str:
    """The engine as a value, with those settings that are plain numbers, texts or truth values."""
    provenance = posterior.provenance
    settings = ", ".join(
        f"{name}={value!r}"
        for name, value in provenance.settings.items()
        if isinstance(value, int | float | str)
    )
    return f"bi.{engines.named(provenance.engine).__name__}({settings})"
