"""What a report is made of: typed parts that hold content and no layout.

Text is plain text, in which `backticks` set column names and code apart; nothing else is markup.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from bayesinf.report.figures import Encoded, encode

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Tone = Literal["plain", "good", "note", "warning", "bad"]


@dataclass(frozen=True)
class Heading:
    """A heading; the table of contents lists it.

    Attributes:
        text: Its words.
        level: 2 for a section of the report, 3 for a part of a section, and so on.
    """

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """One or more sentences.

    Attributes:
        text: The sentences.
        tone: What the sentences mean for the reader; `"bad"` forbids an interpretation.
    """

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Points:
    """A list of paragraphs that belong together, such as findings.

    Attributes:
        items: The paragraphs, each with its own tone.
    """

    items: tuple[Paragraph, ...]


@dataclass(frozen=True, eq=False)
class Table:
    """A data frame with a caption; numbers are rounded only when they are shown.

    Attributes:
        frame: A pandas frame; its index is shown where it has a name.
        caption: What the table shows, with the kind and probability of any interval.
    """

    frame: pd.DataFrame
    caption: str


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure with a caption.

    Attributes:
        image: A matplotlib figure, or the bytes of a PNG or SVG file.
        caption: What to see in it.
        alt: The same for readers who cannot see it.
    """

    image: Figure | bytes
    caption: str
    alt: str

    @cached_property
    def encoded(self) -> Encoded:
        """The picture as the bytes of a file."""
        return encode(self.image)


@dataclass(frozen=True)
class Mathematics:
    """Formulas, in three notations of the same content.

    Attributes:
        latex: For LaTeX and notebooks.
        plain: For terminals and Markdown, one formula a line.
        mathml: For browsers, one `<math>` element; empty shows the plain text.
    """

    latex: str
    plain: str
    mathml: str = ""


@dataclass(frozen=True)
class Listing:
    """A piece of a program.

    Attributes:
        code: Its text.
        language: `"python"`, `"sh"` or `"text"`.
    """

    code: str
    language: str = "python"


type Part = Heading | Paragraph | Points | Table | Picture | Mathematics | Listing


def code(name: str) -> str:
    """Sets a column's name or a formula apart, as backticks do, its own backticks left out.

    Example:
        >>> code("y ~ `body weight`")
        '`y ~ body weight`'
    """
    return f"`{name.replace('`', '')}`"
