"""The report on a fit: question, data, model, computation, results, doubts, reproduction."""

from __future__ import annotations

from bayesinf.posterior.program import AnyPosterior, of_formula
from bayesinf.report.coefficients import Units, outcome_words
from bayesinf.report.doubts import check_section, checked, doubts_section
from bayesinf.report.report import Report
from bayesinf.report.reproduction import reproduction_section
from bayesinf.report.results import results_section
from bayesinf.report.sections import (
    computation_section,
    data_section,
    model_section,
    question_section,
    verdict_parts,
)


def report_fit(
    posterior: AnyPosterior,
    title: str | None = None,
    units: Units | None = None,
    prob: float | None = None,
) -> Report:
    """Writes a statistical report on a fit.

    When a check of the computation failed, the report says so first and withholds its results.

    Args:
        posterior: What is believed, of a formula's model. Loaded from disk, without training rows,
            it is reported without the checks that need them.
        title: The report's title; None names the outcome.
        units: Units of columns, such as `{"Reaction": "ms", "Days": "day"}`, for the sentences.
        prob: Probability of credible intervals; None takes `bi.options.interval`.

    Returns:
        The report: `.write("report.html")`, `.to_html()`, `.to_markdown()`, `.parts`.

    Raises:
        ModelError: `program-has-no-formula`, for a model written by hand.

    Example:
        >>> import bayesinf as bi
        >>> fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
        >>> report_fit(fit.posterior).title
        'A model of Reaction'
    """
    posterior = of_formula(posterior, "A report")
    found = checked(posterior)
    outcome = outcome_words(posterior.model).replace("`", "")
    return Report(
        title or f"A model of {outcome}",
        (
            *verdict_parts(posterior, found),
            *question_section(posterior),
            *data_section(posterior),
            *model_section(posterior),
            *computation_section(posterior),
            *results_section(posterior, units, prob),
            *check_section(posterior, found),
            *doubts_section(posterior, found),
            *reproduction_section(posterior),
        ),
    )
