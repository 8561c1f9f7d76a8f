"""Pictures as bytes: SVG where it is small, PNG where it is not."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from bayesinf.errors import BayesinfError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST_SVG = 400_000
"""Bytes; beyond them thousands of points make a page slow, and a PNG is smaller."""

PNG_DPI = 160


@dataclass(frozen=True)
class Encoded:
    """The bytes of a picture file.

    Attributes:
        mime: `"image/svg+xml"` or `"image/png"`.
        data: The bytes.
    """

    mime: str
    data: bytes

    @property
    def suffix(self) -> str:
        """How the name of a file with these bytes ends."""
        return ".svg" if self.mime == "image/svg+xml" else ".png"

    @property
    def uri(self) -> str:
        """The picture as a data URI, so that a page needs no second file."""
        return f"data:{self.mime};base64,{b64encode(self.data).decode('ascii')}"


def encode(image: Figure | bytes) -> Encoded:
    """Turns a figure into bytes, and recognises bytes that are a picture already.

    Args:
        image: A matplotlib figure, or the bytes of a PNG or SVG file.

    Raises:
        BayesinfError: The bytes are neither PNG nor SVG.
    """
    if isinstance(image, bytes):
        return _recognise(image)
    vector = _saved(image, "svg")
    if len(vector) <= LARGEST_SVG:
        return Encoded("image/svg+xml", vector)
    return Encoded("image/png", _saved(image, "png"))


def _recognise(data: bytes) -> Encoded:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Encoded("image/png", data)
    if b"<svg" in data[:2000]:
        return Encoded("image/svg+xml", data)
    raise BayesinfError(
        "A picture must be a matplotlib figure, or the bytes of a PNG or SVG file.",
        code="not-a-picture",
    )


def _saved(figure: Figure, kind: str) -> bytes:
    """Saves a figure so that the same figure always gives the same bytes."""
    from matplotlib import rc_context

    buffer = BytesIO()
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    with rc_context({"svg.hashsalt": "bayesinf"}):
        figure.savefig(buffer, format=kind, dpi=PNG_DPI, bbox_inches="tight", metadata=metadata)
    return buffer.getvalue()
