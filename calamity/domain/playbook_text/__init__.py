"""Playbooks as text: to edit, and to read on paper."""

from calamity.domain.playbook_text.document import as_yaml, blank

__all__ = ["as_yaml", "blank"]
