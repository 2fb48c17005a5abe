"""A playbook or a block as the YAML that people edit, and the first words of a new one."""

from collections.abc import Mapping
from typing import Any

import msgspec
import yaml

from calamity.domain.playbook import Block, Playbook
from calamity.domain.playbook_check import canonical
from calamity.domain.playbook_life import DocumentKind

_HEAD = ("slug", "block", "version", "scenario", "title", "purpose", "changes")


def as_yaml(document: Playbook | Block) -> str:
    """Write a document as YAML, its fields in the order of the language."""
    return plain_yaml(msgspec.json.decode(canonical(document)))


def plain_yaml(plain: Mapping[str, Any]) -> str:
    """Write a document that need not be sound as YAML, its fields in the same order."""
    first = [name for name in _HEAD if name in plain]
    rest = [name for name in Playbook.__struct_fields__ if name in plain and name not in first]
    ordered = {name: plain[name] for name in (*first, *rest)}
    written: str = yaml.safe_dump(ordered, allow_unicode=True, sort_keys=False, width=100)
    return written


def blank(slug: str, kind: DocumentKind = DocumentKind.PLAYBOOK) -> str:
    """Return a sound document with one of what it needs, to be overwritten."""
    words = _BLANK if kind is DocumentKind.PLAYBOOK else _BLANK_BLOCK
    return words.replace("SLUG", slug)


_BLANK_BLOCK = """\
block: SLUG
version: 1
title:
  nl: Nieuw blok
  en: New block
purpose:
  nl: Schrijf hier wat draaiboeken met dit blok delen.
  en: Write here what playbooks share with this block.
changes:
  - nl: Eerste versie.
    en: First version.
messages:
  - code: B1
    kind: give
    texts:
      nl: "{first_name}, we leven mee. Vragen? Bel {phone}. {sender}, {municipality}"
      en: "{first_name}, we feel with you. Questions? Call {phone}. {sender}, {municipality}"
"""

_BLANK = """\
slug: SLUG
version: 1
scenario: attack-elsewhere
title:
  nl: Nieuw draaiboek
  en: New playbook
purpose:
  nl: Schrijf hier waarvoor dit draaiboek is, en wanneer je het gebruikt.
  en: Write here what this playbook is for, and when to use it.
changes:
  - nl: Eerste versie.
    en: First version.
limits:
  we_do:
    - nl: Schrijf hier wat de gemeente zelf doet.
      en: Write here what the municipality does itself.
  we_do_not:
    - nl: Schrijf hier wat de gemeente aan anderen overlaat.
      en: Write here what the municipality leaves to others.
roles:
  - code: LEI
    title:
      nl: teamleider
      en: team leader
    task:
      nl: Leidt het snelteam.
      en: Leads the rapid team.
phases:
  - code: acute
    title:
      nl: Acuut
      en: Acute
audiences:
  - code: all-key-figures
    title:
      nl: alle sleutelfiguren
      en: all key figures
    of: key-figures
messages:
  - code: K1
    kind: give
    texts:
      nl: "{first_name}, we leven mee. Vragen? Bel {phone}. {sender}, {municipality}"
      en: "{first_name}, we feel with you. Questions? Call {phone}. {sender}, {municipality}"
steps:
  - code: S01
    phase: acute
    title:
      nl: Stuur de sleutelfiguren een eerste bericht
      en: Send the key figures a first message
    role: LEI
    due: T+1h
    act:
      kind: dispatch
      audience: all-key-figures
      message: K1
"""
