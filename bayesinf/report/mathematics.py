"""A model as MathML, which browsers typeset without a network; LaTeX and text come beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from bayesinf.model.equations import equations, equations_latex
from bayesinf.model.model import Model
from bayesinf.report.coefficients import LEVEL, bare_factor, split_product
from bayesinf.report.parts import Mathematics
from bayesinf.term import Effects

WIDEST = 64
"""Letters of the linear predictor on one line."""

DISTRIBUTED = "\N{TILDE OPERATOR}"

GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "kappa": "κ",
    "lambda": "λ",
    "mu": "μ",
    "nu": "ν",
    "phi": "φ",
    "sigma": "σ",
    "tau": "τ",
}


def model_mathematics(model: Model) -> Mathematics:
    """Writes likelihood, linear predictor and group effects of a model as formulas.

    Args:
        model: The model; its priors are not part of the formulas, they have their own table.
    """
    plain = equations(model).split("\npriors\n")[0]
    return Mathematics(equations_latex(model), plain, _mathml(model, plain))


def _mathml(model: Model, plain: str) -> str:
    lines = [_line(_outcome(model), DISTRIBUTED, [_distribution(model)])]
    for place, stretch in enumerate(_broken(list(_terms(model)) or [number("0")])):
        left, relation = (_predictor(model), "=") if place == 0 else ("", "")
        lines.append(_line(left, relation, stretch, continued=place > 0))
    for group in model.design.rows.groups:
        lines += _group(group)
    return (
        f'<math display="block" alttext="{escape(plain)}"><mtable columnalign="right center left">'
        f"{''.join(lines)}</mtable></math>"
    )


def _broken(terms: list[str]) -> list[list[str]]:
    """Breaks a sum into lines of at most `WIDEST` letters, tags not counted."""
    lines: list[list[str]] = [[]]
    width = 0
    for term in terms:
        letters = len(re.sub(r"<[^>]*>", "", term))
        if lines[-1] and width + letters > WIDEST:
            lines.append([])
            width = 0
        lines[-1].append(term)
        width += letters
    return lines


def letter(name: str) -> str:
    """A quantity: a Greek letter by its name, or a word."""
    return f"<mi>{GREEK[name]}</mi>" if name in GREEK else word(name)


def word(text: str) -> str:
    """A word of several letters, upright: the name of a column or of a distribution."""
    return f"<mtext>{escape(text.replace('`', ''))}</mtext>"


def sign(text: str) -> str:
    """An operator or a bracket."""
    return f"<mo>{escape(text)}</mo>"


def number(text: str) -> str:
    """A number."""
    return f"<mn>{escape(text)}</mn>"


def joined(*parts: str) -> str:
    """Several pieces side by side."""
    return f"<mrow>{''.join(parts)}</mrow>"


def below(base: str, index: str) -> str:
    """A quantity with an index."""
    return f"<msub>{base}{index}</msub>"


def _line(left: str, relation: str, terms: list[str], continued: bool = False) -> str:
    plus = sign("+")
    right = plus.join(terms)
    if continued:
        right = plus + right
    middle = sign(relation) if relation else ""
    return f"<mtr><mtd>{left}</mtd><mtd>{middle}</mtd><mtd>{joined(right)}</mtd></mtr>"


def _row(text: str) -> str:
    return below(word(text), "<mi>i</mi>")


def _column(name: str) -> str:
    """A column of the design: `C(g)[T.b]` is the indicator `[g = b]`, `a:b` a product."""
    factors = []
    for part in split_product(name):
        level = LEVEL.match(part)
        named = part if level is None else f"[{bare_factor(level['factor'])} = {level['level']}]"
        factors.append(_row(named))
    return _times().join(factors)


def _outcome(model: Model) -> str:
    response = model.formula.response.expression
    levels = model.design.recipe.outcome_levels
    return _row(f"[{response} = {levels[1]}]" if levels else response)


def _mean() -> str:
    return below(letter("mu"), "<mi>i</mi>")


def _arguments(parts: Iterable[str]) -> str:
    return sign("(") + sign(",").join(parts) + sign(")")


def _distribution(model: Model) -> str:
    response = model.formula.response
    arguments = [_mean(), *(letter(parameter.name) for parameter in model.parameters)]
    if response.standard_error is not None:
        arguments.insert(1, _row(response.standard_error))
    if response.trials is not None:
        arguments.insert(0, _row(response.trials))
    name = " ".join(part.capitalize() for part in model.family.name.split("_"))
    written = joined(word(name), _arguments(arguments))
    if response.weights is None:
        return written
    return f"<msup>{written}{_row(response.weights)}</msup>"


def _predictor(model: Model) -> str:
    link = model.family.link.name
    return _mean() if link == "identity" else joined(word(link), _arguments([_mean()]))


def _terms(model: Model) -> Iterable[str]:
    first = 0 if model.design.has_intercept else 1
    for k, name in enumerate(model.design.names, start=first):
        coefficient = below(letter("beta"), number(str(k)))
        yield coefficient if name == "Intercept" else joined(coefficient, _times(), _column(name))
    for group in model.design.rows.groups:
        member = word(f"{group.factor}[i]")
        for k, name in enumerate(group.names):
            effect = below("<mi>u</mi>", joined(member, sign(","), number(str(k))))
            yield effect if name == "Intercept" else joined(effect, _times(), _column(name))
    for call in model.formula.terms:
        if call.term == "offset":
            yield joined(word("offset"), _arguments([_row(call.arguments[0])]))


def _times() -> str:
    return '<mspace width="0.2em"/>'


def _group(group: Effects) -> list[str]:
    """The law of one term's effects."""
    single = len(group.names) == 1
    effects = [
        below("<mi>u</mi>", joined("<mi>j</mi>", sign(","), number(str(k))))
        for k in range(len(group.names))
    ]
    spreads = [
        below(letter("tau"), joined(word(group.factor), sign(","), number(str(k))))
        for k in range(len(group.names))
    ]
    left = effects[0] if single else _arguments(effects)
    spread = spreads[0] if single else _covariance(group, spreads)
    law = joined(word("Normal"), _arguments([number("0"), spread]))
    span = joined("<mi>j</mi>", sign("="), number("1"), sign(","), sign("…"), sign(","))
    count = number(str(len(group.levels)))
    levels = joined(span, count, _times(), word(f"(levels of {group.factor})"))
    return [_line(left, DISTRIBUTED, [law]), _line("", "", [levels])]


def _covariance(group: Effects, spreads: list[str]) -> str:
    diagonal = joined(word("diag"), _arguments(spreads))
    if not group.has_correlations:
        return f"<msup>{diagonal}{number('2')}</msup>"
    correlation = below("<mi>R</mi>", word(group.factor))
    return joined(diagonal, _times(), correlation, _times(), diagonal)
