"""The estimate as a PDF, set by typst from `templates/estimates/estimate.typ`.

What people typed reaches the template as data, so no name can become markup. The same document gives the same bytes:
only the fonts inside the packages are used, and the date is the document's.
"""

from __future__ import annotations

import json
from pathlib import Path

import typst

from planner.reports.content import content
from planner.reports.document import EstimateDocument
from planner.reports.print_charts import FONTS, all_charts

TEMPLATE = Path(__file__).resolve().parents[2] / "templates" / "estimates" / "estimate.typ"


def estimate_pdf(document: EstimateDocument) -> bytes:
    """An A4 document of a few pages with the same facts as the answer page."""
    charts = {name: svg.decode() for name, svg in all_charts(document).items()}
    data = json.dumps({**content(document), "charts": charts}, ensure_ascii=False)
    pdf = typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": data},
        timestamp=document.created.replace(microsecond=0),  # typst refuses fractions of a second
    )
    assert isinstance(pdf, bytes)
    return pdf
