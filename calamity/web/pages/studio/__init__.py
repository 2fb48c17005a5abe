"""The studio: drafts begun, edited as forms and as source, saved, put together and submitted."""

from calamity.web.pages.studio.begin import begin, drafts_of
from calamity.web.pages.studio.edit import language, look, studio
from calamity.web.pages.studio.finish import discard_draft, submission, submit_draft
from calamity.web.pages.studio.saving import merge_drafts, save_draft, write_draft

STUDIO = [
    begin, language, studio, look, save_draft, write_draft, merge_drafts, submission, submit_draft,
    discard_draft,
]  # fmt: skip

__all__ = ["STUDIO", "drafts_of"]
