"""Reports: what was found, in words, tables and pictures.

A `Report` is a value made of typed parts; `report_fit` writes one for a fit. The section functions
are the blocks that other reports are built of.
"""

from bayesinf.report.coefficients import (
    coefficient_sentences as coefficient_sentences,
    spread_sentences as spread_sentences,
)
from bayesinf.report.doubts import (
    check_section as check_section,
    doubts_section as doubts_section,
)
from bayesinf.report.fit_report import report_fit as report_fit
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
from bayesinf.report.prior_dependence import prior_dependence as prior_dependence
from bayesinf.report.prose import (
    difference_sentence as difference_sentence,
    ratio_sentence as ratio_sentence,
)
from bayesinf.report.report import Report as Report, report_path as report_path
from bayesinf.report.reproduction import reproduction_section as reproduction_section
from bayesinf.report.results import results_section as results_section
from bayesinf.report.sections import (
    computation_section as computation_section,
    data_section as data_section,
    findings_list as findings_list,
    model_section as model_section,
    question_section as question_section,
    verdict_parts as verdict_parts,
)
