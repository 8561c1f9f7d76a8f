"""What the model says against the data, and what could be wrong with the answer."""

from __future__ import annotations

from bayesinf.criticism.checks import Check, check
from bayesinf.posterior.posterior import Posterior
from bayesinf.report.parts import Heading, Paragraph, Part, Points, Table
from bayesinf.report.prior_dependence import prior_dependence, prior_findings
from bayesinf.report.sections import findings_list


def has_rows(posterior: Posterior) -> bool:
    """Whether the training rows are at hand; a posterior loaded from disk is without them."""
    return posterior.model.design.table is not None


def checked(posterior: Posterior) -> Check | None:
    """The checks against the data, where the data are at hand."""
    return check(posterior) if has_rows(posterior) else None
