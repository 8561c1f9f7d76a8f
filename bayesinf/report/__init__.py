"""Reports: what was found, in words, tables and pictures.

A `Report` is a value made of typed parts; `report_fit` writes one for a fit. The section functions
are the blocks that other reports are built of.
"""

from bayesinf.report.parts import (
    Heading as Heading,
    Listing as Listing,
    Mathematics as Mathematics,
    Paragraph as Paragraph,
    Part as Part,
    Picture as Picture,
    Points as Points,
    Table as Table,
)
from bayesinf.report.report import Report as Report
