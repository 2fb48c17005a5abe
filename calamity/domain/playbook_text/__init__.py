"""Playbooks as text: to edit, and to read on paper."""

from calamity.domain.playbook_text.document import as_yaml, blank
from calamity.domain.playbook_text.readable import as_markdown

__all__ = ["as_markdown", "as_yaml", "blank"]
