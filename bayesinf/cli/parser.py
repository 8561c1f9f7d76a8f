"""The words of the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from bayesinf import __version__

WRONG_WORDS = 1
"""The exit code of a command that cannot be read."""


EXIT_CODES = """exit codes:
  0  done
  1  the request was wrong, or a file could not be read or written
  2  the statistics say no: a check of the computation or of `validate` failed, an effect is not
     identified, or new rows need a new fit (tables and reports are written all the same)
  3  a saved folder is damaged or was changed
"""

FIT_SETTINGS = ("family", "engine", "draws", "seed", "missing", "prior")
"""Words that only a new fit can heed; None when they were not given."""

FORM_SETTINGS = ("encoding", "separator", "decimal")
"""Words on how a CSV file is written."""


class Parser(argparse.ArgumentParser):
    """A parser whose mistakes end in exit code 1, because 2 means something else here."""

    def error(self, message: str) -> NoReturn:
        """Says what is wrong with the words that were given."""
        self.print_usage(sys.stderr)
        self.exit(WRONG_WORDS, f"{self.prog}: {message}\n")


def build_parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    parser = Parser(
        prog="bayesinf",
        description="Bayesian inference: fit, predict, report, from files.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"bayesinf {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    fit = commands.add_parser("fit", help="fit a formula to a CSV or Parquet file")
    fit.add_argument("data", type=Path, help="a .csv or .parquet file")
    fit.add_argument("formula", help='for example "Reaction ~ Days + (Days | Subject)"')
    _add_fit_settings(fit)
    fit.add_argument("--out", type=Path, help="a folder to save the fit in")
    fit.set_defaults(command="fit")
    predict = commands.add_parser("predict", help="predict the rows of a file from a saved fit")
    predict.add_argument("folder", type=Path, help="what `bayesinf fit --out` saved")
    predict.add_argument("rows", type=Path, help="a .csv or .parquet file")
    predict.add_argument("--kind", choices=("response", "mean", "linear"), default="response")
    predict.add_argument("--new-groups", choices=("population", "error"), default="population")
    predict.add_argument("--out", type=Path, help="a .csv or .parquet file for the predictions")
    predict.set_defaults(command="predict")
    report = commands.add_parser("report", help="write a report on a saved fit, or on a new one")
    report.add_argument("source", type=Path, help="a folder with a saved fit, or a data file")
    report.add_argument("formula", nargs="?", help="with a data file: what to fit")
    _add_fit_settings(report)
    report.add_argument("--out", type=Path, required=True, help="a .html or .md file")
    report.add_argument("--title", help="the report's title")
    report.set_defaults(command="report")
    demo = commands.add_parser("demo", help="run the examples and write a report on them")
    demo.add_argument("--out", type=Path, default=Path("out"), help="a folder (default: out)")
    demo.set_defaults(command="demo")
    validate = commands.add_parser(
        "validate", help="repeat certified values, exact posteriors and calibration on this machine"
    )
    validate.add_argument("--out", type=Path, help="a .html or .md file for the page")
    validate.set_defaults(command="validate")
    for command in (fit, predict, report):
        command.add_argument("--encoding", help="of a .csv file, such as latin-1 (default: UTF-8)")
        command.add_argument("--separator", help="of a .csv file, such as ';' or tab")
        command.add_argument("--decimal", choices=(".", ","), help="decimal sign of a .csv file")
        command.add_argument("--prob", type=float, help="probability of credible intervals")
    for command in (fit, predict, report, demo, validate):
        command.add_argument("--json", action="store_true", help="print JSON and nothing else")
    return parser


def _add_fit_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--family", help="the outcome's family (default: gaussian)")
    parser.add_argument("--engine", help="auto (the default), or the name of an engine")
    parser.add_argument("--draws", type=int, help="draws to keep (default: 4000)")
    parser.add_argument("--seed", type=int, help="the same seed gives the same draws")
    parser.add_argument(
        "--missing", choices=("drop", "error"), help="rows that miss a value (default: drop)"
    )
    parser.add_argument(
        "--prior",
        action="append",
        metavar="SLOT=PRIOR",
        help='for example --prior "Days=Normal(0,10)"; may be repeated',
    )
