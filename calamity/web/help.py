"""Which part of the help page belongs to which page: the link to help opens there."""

SECTIONS: dict[str, tuple[str, ...]] = {
    "what": ("problem", "help", "accessibility"),
    "begin": ("start", "activate", "activate_form", "activate_review", "watch"),
    "first-exercise": (),
    "signals": (),
    "room": ("room",),
    "tasks": ("task",),
    "who-comes": ("call_list", "answer"),
    "rounds": ("round",),
    "mood": ("check_in", "check_in_thanks", "check_in_danger"),
    "matters": ("matters", "matter", "facts", "telling"),
    "timeline": ("timeline", "timeline_line", "attach"),
    "officials": ("officials", "officials_past", "wall", "update_request", "update_answer"),
    "report": ("report", "report_draft"),
    "handover": ("handover",),
    "my-people": ("inbox", "conversation"),
    "calendar": ("calendar",),
    "playbooks": ("playbooks", "playbook", "playbook_compare", "card", "block"),
    "studio": ("studio", "studio_submit"),
    "transfer": ("playbook_import", "playbook_merge", "keys"),
    "try-out": ("rehearsal", "playbook_preview", "folder"),
    "people": (
        "people", "person", "key_figures", "second_writer", "neighbourhoods", "unknown_numbers",
    ),
    "accounts": ("users",),
    "carrier": ("quarantine",),
    "audit": ("audit",),
    "break-glass": ("break_glass", "glasses"),
    "account": (
        "sign_in", "onward", "account", "second_step", "new_codes", "new_passkey", "recovery_codes",
    ),
    "offline": (),
    "stop": (),
    "never": (),
}  # fmt: skip
"""The parts of the help page in order, each with the pages that it is about."""

_OF_PAGE = {page: section for section, pages in SECTIONS.items() for page in pages}


def section_of(page: str) -> str:
    """Return the part of the help page about a page; the first one for a page that has none."""
    return _OF_PAGE.get(page, "what")
