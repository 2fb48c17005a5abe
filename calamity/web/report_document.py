"""The report as a Word document, for who must write on in it."""

import io

from docx import Document
from docx.oxml.ns import qn

from calamity.web.language import Language
from calamity.web.report_words import Sheet, facts_of, title_of

_TAG = {"nl": "nl-NL", "en": "en-GB"}


def as_docx(sheet: Sheet, say: Language) -> bytes:
    """Return the report as DOCX, with real headings and its language, for screen readers too."""
    document = Document()
    about = document.core_properties
    about.title, about.author, about.comments = title_of(sheet, say), sheet.municipality, ""
    about.language = _TAG[sheet.language]
    about.created = about.modified = sheet.released_at.replace(tzinfo=None)
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), _TAG[sheet.language])
    document.add_heading(title_of(sheet, say), level=0)
    for fact in facts_of(sheet, say):
        document.add_paragraph(fact)
    for section in sheet.sections:
        document.add_heading(section.title, level=1)
        if not section.changes.lines:
            document.add_paragraph(say.text("Nothing to report."))
        for line in section.changes.lines:
            paragraph = document.add_paragraph()
            if line.is_new:
                paragraph.add_run(f"({say.text('new')}) ").bold = True
            paragraph.add_run(line.text)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()
