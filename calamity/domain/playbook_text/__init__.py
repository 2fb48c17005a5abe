"""Playbooks as text: to edit, and to read on paper."""

from calamity.domain.playbook_text.document import as_yaml, blank, plain_yaml
from calamity.domain.playbook_text.readable import as_markdown
from calamity.domain.playbook_text.rewrite import plain_of, rewritten

__all__ = ["as_markdown", "as_yaml", "blank", "plain_of", "plain_yaml", "rewritten"]
