"""The commands, each a function of the words that were given, and `main`, which runs one.

What `parser.EXIT_CODES` says of exit codes is decided here. Places to write to are looked at before
anything is computed, and a fit that cannot be saved is printed all the same.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from bayesinf.api import fit as fit_model, load
from bayesinf.cli.csv_form import CsvForm
from bayesinf.cli.files import (
    columns_of,
    frame_path,
    groups_of,
    read_rows,
    refuse_strays,
    without_signs,
    write_frame,
)
from bayesinf.cli.parser import FIT_SETTINGS, FORM_SETTINGS, build_parser
from bayesinf.cli.prior_text import read_priors
from bayesinf.cli.records import as_json, fit_record, outcome_record, records, verdict_record
from bayesinf.errors import ArtefactError, BayesinfError, ModelError, RefitNeeded
from bayesinf.fit import Fit, heading, outcome_coding
from bayesinf.options import options, percent
from bayesinf.posterior.program import of_formula
from bayesinf.prediction.newcomers import newcomer_sentence
from bayesinf.prediction.predict import predict
from bayesinf.storage.folder import refuse_occupied

DONE, WRONG, REFUSED, DAMAGED = 0, 1, 2, 3

NOT_DAMAGED = (
    "bad-path",
    "missing-file",
    "not-a-file",
    "not-an-artefact",
    "newer-format",
    "occupied",
    "not-saved",
    "not-plain",
    "too-large",
)
"""Codes of errors about saved folders by which the request was wrong, and nothing is damaged."""

REFUSALS = ("not-identified",)
"""Codes of errors by which packages above this one say that the statistics say no."""

DEMOS = "bayesinf.demos"
"""The entry points that `bayesinf demo` runs: functions of (folder, say) that return plain JSON."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: The words after `bayesinf`; None takes those of the process.

    Returns:
        The exit code.
    """
    try:
        asked = build_parser().parse_args(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warn
            return COMMANDS[asked.command](asked)
    except (BayesinfError, OSError) as error:
        _complain(_sentence(error))
        if asked.json:
            _show({"error": _error_record(error)})
        return _code_of(error)


def run_fit(asked: argparse.Namespace) -> int:
    """Fits, saves, and prints the table with its verdict."""
    if asked.out is not None:
        refuse_occupied(asked.out)
    fit = _fitted(asked.data, asked.formula, asked)
    saved, refused = _saved(fit, asked.out)
    if asked.json:
        place = None if saved is None else str(saved)
        trouble = {} if refused is None else {"error": _error_record(refused)}
        _show({**fit_record(fit, asked.prob), "saved": place, **trouble})
    else:
        _print_fit(fit, asked.prob)
        if saved is not None:
            print(f"saved in {saved}")
    if refused is not None:
        _complain(_sentence(refused))
        return WRONG
    return _code_of_verdict(fit)


def _saved(fit: Fit, out: Path | None) -> tuple[Path | None, ArtefactError | OSError | None]:
    """Where the fit was saved, or why it was not: the fit itself must not be lost by that."""
    if out is None:
        return None, None
    try:
        return fit.save(out), None
    except (ArtefactError, OSError) as error:
        return None, error


def run_predict(asked: argparse.Namespace) -> int:
    """Predicts the rows of a file."""
    if asked.out is not None:
        frame_path(asked.out)
    fit = load(asked.folder)
    rows = read_rows(asked.rows, *columns_of(fit), _form(asked), _complain)
    rows = without_signs(rows, fit)
    posterior = of_formula(fit.posterior, "A prediction of a file's rows")
    prediction = predict(posterior, rows, kind=asked.kind, new_groups=asked.new_groups)
    newcomers = prediction.predictor.rows.groups
    for sentence in filter(None, map(newcomer_sentence, newcomers)):
        _complain(sentence)
    frame = prediction.frame(asked.prob)
    frame.index.name = "row"
    if asked.out is not None:
        write_frame(frame, asked.out)
    kind, prob = options.interval_with(asked.prob)
    if asked.json:
        _show(
            {
                "kind": asked.kind,
                "outcome": outcome_record(fit),
                "interval": {"kind": kind, "prob": prob},
                "verdict": verdict_record(fit.verdict),
                "new_groups": {group.factor: list(group.unseen) for group in newcomers},
                "predictions": records(frame),
            }
        )
        return _code_of_verdict(fit)
    if coding := outcome_coding(fit.model):
        print(coding)
    if asked.out is None:
        print(frame.to_string(float_format="{:.4g}".format))
        print(
            f"lower, upper: {percent(prob)} credible interval ({kind.upper()}) of the {asked.kind}"
        )
    else:
        print(f"{len(frame)} predictions in {asked.out}")
    return _code_of_verdict(fit)


def run_report(asked: argparse.Namespace) -> int:
    """Writes a report on a saved fit, or fits first."""
    from bayesinf.report.fit_report import report_fit
    from bayesinf.report.report import report_path

    report_path(asked.out)
    if asked.source.is_dir():
        _refuse_settings(asked)
        fit = load(asked.source)
    elif asked.formula is None:
        raise ModelError(
            f"'{asked.source}' is no folder with a saved fit, and a data file needs a formula.",
            code="no-formula",
            hint=f'bayesinf report {asked.source} "y ~ x" --out {asked.out}',
        )
    else:
        fit = _fitted(asked.source, asked.formula, asked)
    path = report_fit(fit.posterior, asked.title, prob=asked.prob).write(asked.out)
    if asked.json:
        _show({"report": str(path), "verdict": verdict_record(fit.verdict)})
    else:
        print(fit.verdict.headline)
        print(f"report in {path}")
    return _code_of_verdict(fit)


def _refuse_settings(asked: argparse.Namespace) -> None:
    """Refuses words that a saved fit cannot heed any more."""
    if asked.formula is not None:
        raise ModelError(
            f"'{asked.source}' is a saved fit and has its formula already.",
            code="formula-and-folder",
            hint="Leave the formula out, or give a data file.",
        )
    words = (*FIT_SETTINGS, *FORM_SETTINGS)
    if given := [f"--{name}" for name in words if getattr(asked, name) is not None]:
        raise ModelError(
            f"'{asked.source}' is a saved fit, which {', '.join(given)} cannot change any more.",
            code="settings-and-folder",
            hint=f"Leave {'it' if len(given) == 1 else 'them'} out, or give a data file.",
        )


def run_demo(asked: argparse.Namespace) -> int:
    """Runs every demo that is installed; they tell what they do as they go."""
    found = sorted(entry_points(group=DEMOS), key=lambda entry: entry.name)
    if not found:
        raise ModelError(
            "No demo is installed beside bayesinf.",
            code="no-demo",
            hint="Install the project again (make demo does): demos are found by entry points.",
        )
    say = _silent if asked.json else _say
    told = {entry.name: entry.load()(asked.out, say) for entry in found}
    if asked.json:
        _show(told)
    return DONE


def run_validate(asked: argparse.Namespace) -> int:
    """Repeats certified values, exact posteriors and a short calibration."""
    from bayesinf.report.report import report_path
    from bayesinf.validation import validate

    if asked.out is not None:
        report_path(asked.out)
    found = validate(_silent if asked.json else _say)
    if asked.json:
        print(found.to_json())
    else:
        print(found)
    if asked.out is not None:
        path = found.report().write(asked.out)
        path.with_suffix(".json").write_text(found.to_json(), encoding="utf-8")
        if not asked.json:
            print(f"report in {path}, the same as JSON in {path.with_suffix('.json')}")
    return DONE if found.passed else REFUSED


def _fitted(data: Path, formula: str, asked: argparse.Namespace) -> Fit:
    given = {name: getattr(asked, name) for name in FIT_SETTINGS if name != "prior"}
    settings = {name: value for name, value in given.items() if value is not None}
    priors = read_priors(asked.prior or ())
    rows = read_rows(data, groups_of(formula), (), _form(asked), _complain)
    refuse_strays(rows, formula)
    return fit_model(formula, rows, priors=priors or None, **settings)


def _form(asked: argparse.Namespace) -> CsvForm:
    """How a CSV file is written, as far as the words say."""
    return CsvForm(asked.encoding, asked.separator, asked.decimal)


def _print_fit(fit: Fit, prob: float | None) -> None:
    provenance = fit.posterior.provenance
    kind, probability = options.interval_with(prob)
    if not fit.verdict.ok:
        print(fit.verdict)
    print(heading(fit.posterior))
    print(fit.model.design.missing.sentence())
    print(fit.summary(prob=prob).to_string(float_format="{:.4g}".format))
    print(f"lower, upper: {percent(probability)} credible interval ({kind.upper()})")
    print(
        f"{fit.posterior.values.count} draws by {provenance.engine} in "
        f"{provenance.seconds:.2f} s; seed {provenance.seed}"
    )
    if fit.verdict.ok:
        print(fit.verdict)


def _show(value: Mapping[str, Any]) -> None:
    print(as_json(value))


def _say(text: str) -> None:
    print(text, flush=True)


def _silent(text: str) -> None:
    del text


def _complain(message: str) -> None:
    print(f"bayesinf: {message}", file=sys.stderr)


def _warn(message: Warning | str, *where: object) -> None:
    """Shows a warning as a sentence, without the line of code that gave it."""
    del where
    _complain(str(message))


def _error_record(error: BayesinfError | OSError) -> dict[str, str]:
    code = error.code if isinstance(error, BayesinfError) else "file"
    return {"code": code, "message": _sentence(error)}


def _sentence(error: BayesinfError | OSError) -> str:
    if isinstance(error, BayesinfError):
        return str(error)
    return f"{f'{error.filename}: ' if error.filename else ''}{error.strerror or error}"


def _code_of_verdict(fit: Fit) -> int:
    return DONE if fit.verdict.ok else REFUSED


def _code_of(error: BayesinfError | OSError) -> int:
    if isinstance(error, OSError):
        return WRONG
    if isinstance(error, ArtefactError):
        return WRONG if error.code in NOT_DAMAGED else DAMAGED
    refused = isinstance(error, RefitNeeded) or error.code in REFUSALS
    return REFUSED if refused else WRONG


COMMANDS = {
    "fit": run_fit,
    "predict": run_predict,
    "report": run_report,
    "demo": run_demo,
    "validate": run_validate,
}
