"""The ladder's lines as the tables of `docs/benchmarks.md`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.machine import machine
from benchmarks.page import table
from benchmarks.peers import ALL
from benchmarks.workloads import workloads

Line = dict[str, Any]

NONE = "–"

TARGETS = {
    "times": ("times faster than the fastest Bayesian peer, cold", True),
    "warm_ratio": ("times the seconds of the fastest point estimate, warm", False),
    "warm_seconds": ("seconds, warm", False),
    "min_ess": ("effective draws", True),
}
"""What targets are about, and whether they are lower bounds."""

COMMAND = """```sh
PEER_PYTHON=/path/to/python make bench      # everything on this page
python -m benchmarks.ladder --peers --check --write    # this section
```"""


@dataclass(frozen=True)
class Results:
    """The latest line of each measurement.

    Attributes:
        lines: By workload, peer and cache; the cache of a peer is empty.
        checks: Comparisons with references, by workload.
    """

    lines: dict[tuple[str, str, str], Line]
    checks: dict[str, Line]

    def of(self, workload: str, peer: str, cache: str = "") -> Line:
        """One line; empty where there is none."""
        return self.lines.get((workload, peer, cache), {})

    def fastest(self, workload: str, bayesian: bool) -> tuple[str, Line] | None:
        """The peer with the fewest seconds to 1,000 effective draws, or to a point estimate."""
        found = [
            (peer.title, line)
            for peer in ALL
            if peer.bayesian is bayesian and price(line := self.of(workload, peer.name)) is not None
        ]
        return min(found, key=lambda pair: price(pair[1]) or 0.0) if found else None

    @property
    def names(self) -> list[str]:
        """The workloads that were measured, in the ladder's order."""
        return [name for name in workloads() if any(key[0] == name for key in self.lines)]


def collect(lines: list[Line]) -> Results:
    """Sorts lines by what they measure; a later line takes the place of an earlier one."""
    measured = {
        (line["workload"], line["peer"], line.get("cache", "")): line
        for line in lines
        if "peer" in line
    }
    return Results(measured, {line["workload"]: line for line in lines if "check" in line})


def price(line: Line) -> float | None:
    """Seconds to 1,000 effective draws; for a point estimate, its seconds; None for neither."""
    return line.get("seconds_per_1000", line.get("seconds"))


def ladder_section(lines: list[Line]) -> str:
    """The whole section: machine, tables, versions and commands."""
    results = collect(lines)
    here = machine()
    whens = sorted(line["when"] for line in results.lines.values() if "when" in line)
    when = f"{whens[0][:16]} to {whens[-1][:16]}".replace("T", " ") if whens else here["date"]
    parts = [
        "Seconds of wall time in a fresh process, from `bi.fit` to the last draw; imports and the "
        "reading of files are left out, everything else counts. A "
        "sampler's seconds are those to 1,000 effective draws (bulk, by ArviZ) of the worst "
        "population or scale parameter, and never less than those of its run. *Cold* begins with "
        "an empty compilation cache, *warm* with a filled one. Peers run with their defaults "
        "(Bambi: 4 chains of 1,000 + 1,000 draws), right after, on the same rows.",
        f"Measured {when} on {here['processor']}, {here['cores']} cores, {here['memory']}, "
        f"{here['system']}.",
        COMMAND,
        "### Against the fastest peers",
        ratios(results),
        "*times* is how many times longer the fastest Bayesian peer takes than bayesinf cold; "
        "*warm / point* is bayesinf warm over the fastest point estimate, which is no posterior.",
        "### Against the targets",
        targets_table(results),
        "### Every measurement",
        measurements(results),
        "### Moments against references",
        comparisons(results),
        "### Versions",
        versions(results),
    ]
    return "\n\n".join(parts)


def ratios(results: Results) -> str:
    """One row per workload: ours, the fastest Bayesian peer, the fastest point estimate."""
    head = ["workload", "rows", "engine", "cold", "warm", "min ESS", "verdict",
            "fastest Bayesian peer", "times", "fastest point estimate", "warm / point"]  # fmt: skip
    return table(head, [_ratio_row(results, name) for name in results.names])


def _ratio_row(results: Results, name: str) -> list[str]:
    cold, warm = results.of(name, "bayesinf", "cold"), results.of(name, "bayesinf", "warm")
    shown = warm or cold
    sampler, point = results.fastest(name, True), results.fastest(name, False)
    return [
        name,
        f"{shown['rows']:,}" if "rows" in shown else NONE,
        shown.get("engine", NONE),
        seconds(cold),
        seconds(warm),
        f"{shown['min_ess']:,}" if "min_ess" in shown else NONE,
        shown.get("verdict", NONE),
        f"{sampler[0]}: {seconds(sampler[1])}" if sampler else NONE,
        _ratio(price(sampler[1]) if sampler else None, price(cold)),
        f"{point[0]}: {seconds(point[1])}" if point else NONE,
        _ratio(price(warm), price(point[1]) if point else None),
    ]


def targets_table(results: Results) -> str:
    """One row per target of each workload: what was to be reached, what was, and whether it is."""
    rows = []
    for name in results.names:
        found = reached(results, name)
        for what, target in workloads()[name].targets.items():
            title, at_least = TARGETS[what]
            value = found[what]
            met = None if value is None else value >= target if at_least else value <= target
            bound = f"{'at least' if at_least else 'at most'} {target:,g}"
            shown = NONE if value is None else f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"
            rows.append([name, title, bound, shown, {None: NONE, True: "yes", False: "NO"}[met]])
    return table(["workload", "what", "target", "reached", "met"], rows)


def reached(results: Results, name: str) -> dict[str, float | None]:
    """What a workload reached of each kind of target; None where it was not measured.

    Where every Bayesian peer ran out of time, `times` is a lower bound.
    """
    cold, warm = results.of(name, "bayesinf", "cold"), results.of(name, "bayesinf", "warm")
    sampler, point = results.fastest(name, True), results.fastest(name, False)
    sizes = [line["min_ess"] for line in (cold, warm) if "min_ess" in line]
    stopped = [
        line["timed_out"]
        for peer in ALL
        if peer.bayesian and "timed_out" in (line := results.of(name, peer.name))
    ]
    theirs = price(sampler[1]) if sampler else min(stopped, default=None)
    return {
        "times": _quotient(theirs, price(cold)),
        "warm_ratio": _quotient(price(warm), price(point[1]) if point else None),
        "warm_seconds": price(warm),
        "min_ess": min(sizes, default=None),
    }


def _quotient(above: float | None, below: float | None) -> float | None:
    return None if above is None or not below else above / below


def _ratio(above: float | None, below: float | None) -> str:
    found = _quotient(above, below)
    return NONE if found is None else f"{found:.3g}"


def seconds(line: Line) -> str:
    """A line's price as a table shows it."""
    if "timed_out" in line:
        return f"> {line['timed_out']:.0f}"
    if "error" in line:
        return "failed"
    found = price(line)
    return NONE if found is None else f"{found:.3g}" if found < 100 else f"{found:,.0f}"


def measurements(results: Results) -> str:
    """One row per measurement, with its effective draws and R-hat."""
    titles = {"bayesinf": "bayesinf", **{peer.name: peer.title for peer in ALL}}
    order = {name: place for place, name in enumerate(titles)}
    rows = []
    for name in results.names:
        own = [(key, line) for key, line in results.lines.items() if key[0] == name]
        for key, line in sorted(own, key=lambda pair: (order[pair[0][1]], pair[0][2])):
            effective = f"{line['min_ess']:,}" if "min_ess" in line else NONE
            title = f"{titles[key[1]]} {key[2]}".strip()
            r_hat = f"{line['max_rhat']:.3f}" if "max_rhat" in line else NONE
            run = f"{line['seconds']:.3g}" if "seconds" in line else seconds(line)
            rows.append(
                [name, title, run, effective, r_hat, seconds(line), str(line.get("load", NONE))]
            )
    head = ["workload", "program", "seconds", "min ESS", "R-hat", "to 1,000 ESS", "load"]
    return table(head, rows)


def comparisons(results: Results) -> str:
    """One row per comparison of moments with a reference."""
    if not results.checks:
        return "Not compared in this run (`--check`)."
    rows = [[name, line["check"], line["sentence"]] for name, line in results.checks.items()]
    return table(["workload", "check", "what"], rows)


def versions(results: Results) -> str:
    """All versions that the lines name."""
    found: dict[str, str] = {}
    for line in results.lines.values():
        found.update(line.get("versions", {}))
    return ", ".join(f"{name} {version}" for name, version in found.items()) or "Unknown."
