"""The page of a validation."""

from __future__ import annotations

from bayesinf.report.parts import Heading, Listing, Paragraph, Part, Points, Table
from bayesinf.report.report import Report
from bayesinf.validation.certified import MOST_DIGITS, REFERENCE
from bayesinf.validation.check import priors_in_words
from bayesinf.validation.limits import KNOWN_LIMITS
from bayesinf.validation.ranks import AGAIN, LEVEL
from bayesinf.validation.validation import Validation

WORDS = {
    "Installation": "What is installed, and whether it computes and keeps numbers as it should.",
    "Certified regressions": (
        f"Under the reference prior ({priors_in_words(REFERENCE)}, the density 1 / sigma) "
        "posterior means are least squares. Digits are -log10 of the relative error of the worst "
        f"coefficient; double precision shows {MOST_DIGITS:g} at most. NIST calls a set difficult "
        "when rounding alone can spoil it, and the limits follow from that: when the last bit of "
        "every number of a set changes, as rounding may change it, a QR decomposition still keeps "
        "the digits 'that the data hold'; asked for are up to one and a half fewer. The normal "
        "equations in double precision miss six of the seven limits of the higher difficulty."
    ),
    "Exact posteriors": (
        "Each engine's draws beside sums over a dense grid of a density that was written a second "
        "time with SciPy. The largest of all differences is given, in Monte Carlo standard errors "
        "of means and of sds; the error of an sd follows from the kurtosis of the draws. Priors "
        "and seeds stand in the last column."
    ),
    "Calibration": (
        "Truths are drawn from the priors and data from the truths; the rank of a truth among the "
        "draws of its posterior is uniform if the engine is right. A p-value is that of the "
        f"quantity that fits worst, times the number of quantities; below {LEVEL:g} a second stage "
        f"of {AGAIN} times as many data sets decides. What so short a run finds, and what it "
        "misses, stands in the column 'asked': smaller faults than those pass as a rule. The long "
        "runs are in docs/trust.md of the sources."
    ),
}


def report_validation(validation: Validation) -> Report:
    """The outcome first, then what ran where, then every check, then what is not covered."""
    parts: list[Part] = [
        Paragraph(validation.sentence, "good" if validation.passed else "bad"),
        *_failures(validation),
        Heading("Machine"),
        Paragraph(
            f"Finished at {validation.when} (UTC). `source` is the SHA-256 of the package's Python "
            "files, so that this page can be matched with what was installed."
        ),
        _machine_table(validation),
    ]
    for subject in dict.fromkeys(check.subject for check in validation.checks):
        parts += [Heading(subject), Paragraph(WORDS.get(subject, "")), _table(validation, subject)]
    parts += [
        Heading("Known limits"),
        Points(tuple(Paragraph(limit) for limit in KNOWN_LIMITS)),
        Heading("Repeat it"),
        Listing("bayesinf validate --out validation.html", "sh"),
    ]
    return Report("Validation of bayesinf", tuple(parts))


def _failures(validation: Validation) -> list[Part]:
    failed = [check for check in validation.checks if not check.passed]
    if not failed:
        return []
    return [
        Points(
            tuple(
                Paragraph(f"{c.subject}: {c.name}. Asked: {c.asked}. Found: {c.found}.", "bad")
                for c in failed
            )
        )
    ]


def _machine_table(validation: Validation) -> Table:
    import pandas as pd

    frame = pd.DataFrame(
        {"value": list(validation.machine.values())},
        index=pd.Index(list(validation.machine), name="what"),
    )
    return Table(frame, "Versions, system, processor and devices.")


def _table(validation: Validation, subject: str) -> Table:
    import pandas as pd

    checks = [check for check in validation.checks if check.subject == subject]
    frame = pd.DataFrame(
        {
            "result": ["passed" if check.passed else "FAILED" for check in checks],
            "found": [check.found for check in checks],
            "asked": [check.asked for check in checks],
            "truth from": [check.source for check in checks],
        },
        index=pd.Index([check.name for check in checks], name="check"),
    )
    passed = sum(check.passed for check in checks)
    return Table(frame, f"{subject}: {passed} of {len(checks)} passed.")
