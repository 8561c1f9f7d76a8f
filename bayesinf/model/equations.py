"""A model written as mathematics: plain text for terminals, LaTeX for notebooks and reports."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from bayesinf.errors import legible

if TYPE_CHECKING:
    from bayesinf.model.model import Model


def equations(model: Model) -> str:
    """The model as lines of plain text: likelihood, linear predictor, group effects, priors."""
    lines = [
        f"{_outcome(model)} ~ {_distribution(model)}",
        f"{_link_left(model)} = {' + '.join(_predictor(model)) or '0'}",
        *_group_lines(model),
        "priors",
        *(f"  {line}" for line in repr(model.priors).splitlines()),
    ]
    if sentence := model.design.missing.sentence():
        lines.append(sentence)
    return legible("\n".join(lines))


def equations_latex(model: Model) -> str:
    """The model as one LaTeX `aligned` block, without priors."""
    latex = [
        rf"{_text(_outcome(model))}_i &\sim {_text(_distribution(model))}",
        rf"{_latex_link(model)} &= {' + '.join(_latex_predictor(model)) or '0'}",
    ]
    for group in model.design.rows.groups:
        effects = ", ".join(_text(name) for name in group.names)
        shape = r"R" if group.has_correlations else r"I"
        latex.append(
            rf"b_{{{_text(group.label)}}} = ({effects}) &\sim \mathrm{{Normal}}\left(0,\ "
            rf"\mathrm{{diag}}(\tau)\, {shape}\, \mathrm{{diag}}(\tau)\right)"
        )
    return r"\begin{aligned}" + r" \\ ".join(latex) + r"\end{aligned}"


def equations_html(model: Model) -> str:
    """The model for notebooks: its mathematics as text, and the table of priors."""
    head = "\n".join(equations(model).split("priors\n")[0].splitlines())
    missing = model.design.missing.sentence()
    note = f"<p>{escape(missing)}</p>" if missing else ""
    return f"<pre>{escape(head)}</pre>{model.priors._repr_html_()}{note}"


def _outcome(model: Model) -> str:
    response = model.formula.response.expression
    levels = model.design.recipe.outcome_levels
    return f"[{response} = {levels[1]}]" if levels else response


def _distribution(model: Model) -> str:
    response = model.formula.response
    arguments = ["mu", *(parameter.name for parameter in model.parameters)]
    if response.standard_error is not None:
        arguments.insert(1, response.standard_error)
    if response.trials is not None:
        arguments.insert(0, response.trials)
    name = "".join(part.capitalize() for part in model.family.name.split("_"))
    power = f" ^ {response.weights}" if response.weights is not None else ""
    return f"{name}({', '.join(arguments)}){power}"


def _link_left(model: Model) -> str:
    link = model.family.link.name
    return "mu" if link == "identity" else f"{link}(mu)"


def _predictor(model: Model) -> list[str]:
    parts = [
        "Intercept" if name == "Intercept" else f"b[{name}]*{name}" for name in model.design.names
    ]
    for group in model.design.rows.groups:
        for name in group.names:
            times = "" if name == "Intercept" else f"*{name}"
            parts.append(f"u[{group.factor},{name}]{times}")
    parts += [
        f"offset({call.arguments[0]})" for call in model.formula.terms if call.term == "offset"
    ]
    return parts


def _group_lines(model: Model) -> list[str]:
    lines = []
    for group in model.design.rows.groups:
        effects = ", ".join(group.names)
        law = "Normal(0, diag(sd) cor diag(sd))" if group.has_correlations else "Normal(0, sd)"
        lines.append(f"u[{group.factor}] = ({effects}) ~ {law}, {len(group.levels)} levels")
    return lines


def _latex_link(model: Model) -> str:
    link = model.family.link.name
    return r"\mu_i" if link == "identity" else rf"\mathrm{{{link}}}(\mu_i)"


def _latex_predictor(model: Model) -> list[str]:
    parts = []
    for k, name in enumerate(model.design.names):
        times = "" if name == "Intercept" else rf"\,{_text(name)}_i"
        parts.append(rf"\beta_{{{k}}}{times}")
    for group in model.design.rows.groups:
        for name in group.names:
            times = "" if name == "Intercept" else rf"\,{_text(name)}_i"
            parts.append(rf"b_{{{_text(group.factor)}[i],{_text(name)}}}{times}")
    if any(call.term == "offset" for call in model.formula.terms):
        parts.append(r"\mathrm{offset}_i")
    return parts


def _text(words: str) -> str:
    plain = words.replace("\\", "").replace("_", r"\_").replace("^", r"\^{}").replace("%", r"\%")
    return rf"\text{{{plain}}}"
