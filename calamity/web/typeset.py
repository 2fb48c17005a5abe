"""Paper: Typst makes tagged PDFs (PDF/UA-1) of our templates, with the fonts it brings along."""

import asyncio
from pathlib import Path

import msgspec
import typst

_TEMPLATES = Path(__file__).parent / "templates"


async def typeset(template: str, given: object) -> bytes:
    """Return a tagged PDF of `<template>.typ`, which reads *given* as JSON and never as markup."""
    # Typesetting takes a second of one core, in which others must be served.
    return await asyncio.to_thread(_typeset, template, given)


def _typeset(template: str, given: object) -> bytes:
    made: bytes = typst.compile(
        str(_TEMPLATES / f"{template}.typ"),
        root=str(_TEMPLATES),
        format="pdf",
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
        sys_inputs={template: msgspec.json.encode(given).decode()},
    )
    return made
