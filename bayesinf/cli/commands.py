"""The commands, each a function of the words that were given, and `main`, which runs one.

Exit codes: 0 done; 1 the request was wrong; 2 the statistics say no (a bad verdict, an effect that
is not identified, a refit that is needed); 3 a saved folder is damaged.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from bayesinf.api import fit as fit_model, load
from bayesinf.cli.files import groups_of, read_rows, text_columns, write_frame
from bayesinf.cli.parser import build_parser
from bayesinf.cli.prior_text import read_prior
from bayesinf.cli.records import as_json, fit_record, records, verdict_record
from bayesinf.errors import ArtefactError, BayesinfError, ModelError, RefitNeeded
from bayesinf.fit import Fit
from bayesinf.options import options, percent

DONE, WRONG, REFUSED, DAMAGED = 0, 1, 2, 3

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
        return COMMANDS[asked.command](asked)
    except BayesinfError as error:
        _complain(str(error), error.code, asked.json)
        return _code_of(error)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _complain(f"{where}{error.strerror or error}", "file", asked.json)
        return WRONG


def run_fit(asked: argparse.Namespace) -> int:
    """Fits, saves, and prints the table with its verdict."""
    fit = _fitted(asked.data, asked.formula, asked)
    saved = None if asked.out is None else fit.save(asked.out)
    if asked.json:
        place = None if saved is None else str(saved)
        _show({**fit_record(fit, asked.prob), "saved": place})
    else:
        _print_fit(fit, asked.prob)
        if saved is not None:
            print(f"saved in {saved}")
    return _code_of_verdict(fit)


def run_predict(asked: argparse.Namespace) -> int:
    """Predicts the rows of a file."""
    fit = load(asked.folder)
    rows = read_rows(asked.rows, text_columns(fit))
    frame = fit.predict(rows, kind=asked.kind, prob=asked.prob, new_groups=asked.new_groups)
    frame.index.name = "row"
    if asked.out is not None:
        write_frame(frame, asked.out)
    kind, prob = options.interval_with(asked.prob)
    if asked.json:
        _show(
            {
                "kind": asked.kind,
                "interval": {"kind": kind, "prob": prob},
                "verdict": verdict_record(fit.verdict),
                "predictions": records(frame),
            }
        )
        return _code_of_verdict(fit)
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

    if asked.source.is_dir():
        if asked.formula is not None:
            raise ModelError(
                f"'{asked.source}' is a saved fit and has its formula already.",
                code="formula-and-folder",
                hint="Leave the formula out, or give a data file.",
            )
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


def _fitted(data: Path, formula: str, asked: argparse.Namespace) -> Fit:
    priors = dict(read_prior(text) for text in asked.prior)
    return fit_model(
        formula,
        read_rows(data, groups_of(formula)),
        family=asked.family,
        priors=priors or None,
        engine=asked.engine,
        draws=asked.draws,
        seed=asked.seed,
        missing=asked.missing,
    )


def _print_fit(fit: Fit, prob: float | None) -> None:
    provenance = fit.posterior.provenance
    kind, probability = options.interval_with(prob)
    if not fit.verdict.ok:
        print(fit.verdict)
    print(f"{fit.model.formula.text}   ({fit.model.family.name}, {provenance.rows} rows)")
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


def _complain(message: str, code: str, as_json: bool) -> None:
    print(f"bayesinf: {message}", file=sys.stderr)
    if as_json:
        _show({"error": {"code": code, "message": message}})


def _code_of_verdict(fit: Fit) -> int:
    return DONE if fit.verdict.ok else REFUSED


def _code_of(error: BayesinfError) -> int:
    if isinstance(error, ArtefactError):
        return DAMAGED
    refused = isinstance(error, RefitNeeded) or error.code in REFUSALS
    return REFUSED if refused else WRONG


COMMANDS = {"fit": run_fit, "predict": run_predict, "report": run_report, "demo": run_demo}
