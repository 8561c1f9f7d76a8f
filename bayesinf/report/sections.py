"""The sections that every report on a fit shares: data, model, priors, computation.

Each function takes a posterior and returns parts, its heading first; another report takes those it
needs.
"""

from __future__ import annotations

from bayesinf.criticism.checks import Check
from bayesinf.formula.guard import names_in
from bayesinf.model.model import Model
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.verdict import Finding
from bayesinf.report.coefficients import listed
from bayesinf.report.mathematics import model_mathematics
from bayesinf.report.parts import Heading, Paragraph, Part, Points, Table, code
from bayesinf.report.rounding import number, seconds

NOT_CHECKED = "not checked, because a saved fit does not keep the rows that it was fitted to."


def verdict_parts(posterior: Posterior, found: Check | None = None) -> tuple[Part, ...]:
    """The gate at the top of a report: whether its numbers may be read at all.

    A bad finding comes first, with its remedy; warnings follow. Computation and fit to the data are
    spoken of apart, because one can pass while the other does not.

    Args:
        posterior: What is believed.
        found: Its check against the data; None where there was none.
    """
    verdict = posterior.verdict
    serious = verdict.of("bad") or verdict.of("warning")
    about_data = () if found is None else found.verdict.of("bad", "warning")
    tone = "bad" if not verdict.ok else "warning" if serious or about_data else "good"
    if not verdict.ok:
        return (Paragraph(verdict.headline, tone), findings_list(serious))
    told = NOT_CHECKED if found is None else found.headline
    head = Paragraph(f"Computation: {verdict.headline} Fit to the data: {told}", tone)
    return (head, findings_list((*serious, *about_data))) if serious or about_data else (head,)


def findings_list(findings: tuple[Finding, ...]) -> Points:
    """Findings as a list, each with what to do about it."""
    return Points(
        tuple(
            Paragraph(f"{finding.sentence} {finding.remedy}".strip(), finding.severity)
            for finding in findings
        )
    )


def question_section(posterior: Posterior) -> tuple[Part, ...]:
    """What was asked, as a sentence and as the formula."""
    model = posterior.model
    predictors = list(
        dict.fromkeys(
            name
            for call in model.formula.terms
            if call.term == "population"
            for name in call.variables
        )
    )
    outcome = code(model.formula.response.expression)
    factors = list(dict.fromkeys(group.factor for group in model.design.rows.groups))
    asked = (
        f"How does {outcome} go with {listed(predictors)}"
        if predictors
        else (f"What is the level of {outcome}")
    )
    more = f", and how much do the levels of {listed(factors)} differ" if factors else ""
    return (
        Heading("Question"),
        Paragraph(f"{asked}{more}?"),
        Paragraph(f"As a formula: {code(model.formula.text)}."),
    )


def data_section(posterior: Posterior) -> tuple[Part, ...]:
    """Rows before and after, missing values by column, the columns used, the fingerprint."""
    design, provenance = posterior.model.design, posterior.provenance
    parts: list[Part] = [Heading("Data and missing rows"), Paragraph(design.missing.sentence())]
    if design.missing.by_column:
        parts.append(_missing_table(posterior))
    parts.append(Table(column_frame(posterior.model), "The columns that the model uses."))
    if provenance.history:
        parts.append(Paragraph(f"Since the fit: {'; '.join(provenance.history)}."))
    parts.append(
        Paragraph(
            f"The {provenance.rows} rows used have the fingerprint `{provenance.fingerprint}` "
            "(SHA-256 of the numbers that entered the likelihood): other data give another."
        )
    )
    return tuple(parts)


def _missing_table(posterior: Posterior) -> Table:
    import pandas as pd

    missing = posterior.model.design.missing
    counts = pd.Series(dict(missing.by_column), dtype="int64")
    frame = pd.DataFrame({"missing": counts, "share": (counts / missing.n_before)})
    frame["share"] = [f"{share:.1%}" for share in frame["share"]]
    frame.index.name = "column"
    return Table(frame, "Missing values; a row that misses two columns counts in both.")


def column_frame(model: Model):
    """The columns that a model uses: role, kind, and range or levels at the fit.

    Returns:
        A pandas frame indexed by column.
    """
    import pandas as pd

    response = model.formula.response
    roles = dict.fromkeys(names_in(response.expression), "outcome")
    for text, role in (
        (response.trials, "trials"),
        (response.weights, "weight"),
        (response.standard_error, "standard error"),
    ):
        roles.update(dict.fromkeys(names_in(text) if text else (), role))
    schema = model.design.recipe.schema.columns
    rows = {}
    for name in model.formula.variables:
        role = roles.get(name) or _role(model, name)
        column = schema.get(name)
        rows[name] = (role, *(_outcome_span(model) if column is None else _span(column)))
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["role", "kind", "values"])
    frame.index.name = "column"
    return frame


def _role(model: Model, name: str) -> str:
    kinds = {call.term for call in model.formula.terms if name in call.variables}
    words = {"population": "predictor", "varying": "group", "offset": "offset"}
    return (
        ", ".join(
            words.get(kind, kind) for kind in ("population", "varying", "offset") if kind in kinds
        )
        or "predictor"
    )


def _span(column) -> tuple[str, str]:
    if column.kind == "number":
        if column.low is None or column.high is None:
            return "number", ""
        return "number", f"{number(column.low)} to {number(column.high)}"
    if column.kind == "boolean":
        return "boolean", "false, true"
    shown = ", ".join(str(level) for level in column.levels[:6])
    count = len(column.levels)
    return "factor", shown if count <= 6 else f"{count} levels: {shown}, …"


def _outcome_span(model: Model) -> tuple[str, str]:
    if levels := model.design.recipe.outcome_levels:
        return "factor", f"{levels[0]}, {levels[1]}"
    response = model.design.response
    if not len(response):
        return "number", "not kept with a saved fit"
    return "number", f"{number(float(response.min()))} to {number(float(response.max()))}"


def model_section(posterior: Posterior) -> tuple[Part, ...]:
    """The model as mathematics, and every prior with its source and reason."""
    model = posterior.model
    family = model.family.name.replace("_", " ")
    return (
        Heading("Model"),
        Paragraph(
            f"The outcome is described by the {family} family with the {model.family.link.name} "
            "link. Each coefficient β stands beside the column that it multiplies."
        ),
        model_mathematics(model),
        Heading("Priors", 3),
        Paragraph(_priors_sentence(model)),
        Table(
            model.priors.frame(),
            "Every prior, whether it is the library's default or the user's choice, and why.",
        ),
    )


def _priors_sentence(model: Model) -> str:
    chosen = [slot.name for slot in model.priors.slots.values() if slot.source == "user"]
    centred = (
        " The intercept's prior speaks of a row whose columns are all at their means."
        if model.design.has_intercept and len(model.design.names) > 1
        else ""
    )
    if not chosen:
        return f"All priors are the weakly informative defaults, fixed before the fit.{centred}"
    verb = "was" if len(chosen) == 1 else "were"
    rest = "the others are" if len(chosen) < len(model.priors) else "none is a"
    weak = "weakly informative defaults" if rest == "the others are" else "default"
    return f"{listed(chosen)} {verb} set by the user; {rest} {weak}, fixed before the fit.{centred}"


def computation_section(posterior: Posterior) -> tuple[Part, ...]:
    """Which engine ran and why, how many draws, and what its checks found."""
    import pandas as pd

    provenance, values = posterior.provenance, posterior.values
    chains, draws = values.shape
    choices = provenance.explanation.choices
    frame = pd.DataFrame(
        {
            "used": ["yes" if choice.chosen else "no" for choice in choices],
            "why": [choice.reason for choice in choices],
        },
        index=pd.Index([choice.engine for choice in choices], name="engine"),
    )
    independent = " The draws are independent of each other." if posterior.independent else ""
    return (
        Heading("Computation and diagnostics"),
        Paragraph(
            f"The `{provenance.engine}` engine computed the posterior in "
            f"{seconds(provenance.seconds)} and left {values.count} draws ({chains} chains of "
            f"{draws}); the seed was {provenance.seed}.{independent}"
        ),
        Table(frame, "The engines that were asked, in their order, and their answers."),
        findings_list(posterior.verdict.sorted),
    )
