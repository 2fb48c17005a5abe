"""Every page's path, under one name: routes and templates both read it here."""

import re
from urllib.parse import quote, urlencode

PATHS = {
    # coming in
    "sign_in": "/sign-in",
    "sign_out": "/sign-out",
    "language": "/language",
    "help": "/help",
    # what is going on
    "start": "/",
    "short_link": "/c/{code:str}",
    "activate": "/activate",
    "activate_form": "/activate/{slug:str}",
    "activate_review": "/activate/{slug:str}/review",
    "activate_confirm": "/activate/{slug:str}/confirm",
    # the calamity room
    "room": "/calamities/{calamity:str}",
    "room_part": "/calamities/{calamity:str}/parts/{part:str}",
    "stream": "/v1/calamities/{calamity:str}/timeline/stream",
    "set_phase": "/calamities/{calamity:str}/phase",
    "set_level": "/calamities/{calamity:str}/levels/{level:str}",
    "review": "/calamities/{calamity:str}/review",
    "close_calamity": "/calamities/{calamity:str}/close",
    "set_sentences": "/calamities/{calamity:str}/sentences",
    "task": "/calamities/{calamity:str}/tasks/{task:str}",
    "task_start": "/calamities/{calamity:str}/tasks/{task:str}/start",
    "task_done": "/calamities/{calamity:str}/tasks/{task:str}/done",
    "task_skip": "/calamities/{calamity:str}/tasks/{task:str}/skip",
    "task_decide": "/calamities/{calamity:str}/tasks/{task:str}/decide",
    "acknowledge": "/calamities/{calamity:str}/call-outs/{call_out:str}/acknowledgements",
    "call_list": "/calamities/{calamity:str}/call-list",
    "call_out_enough": "/calamities/{calamity:str}/call-outs/{call_out:str}/enough",
    "held_message": "/calamities/{calamity:str}/messages/{message:str}/decision",
    "letter_handled": "/calamities/{calamity:str}/letters/{reply:str}/handled",
    "rounds": "/calamities/{calamity:str}/rounds",
    "round": "/calamities/{calamity:str}/rounds/{round:str}",
    "round_close": "/calamities/{calamity:str}/rounds/{round:str}/close",
    "timeline": "/calamities/{calamity:str}/timeline",
    "timeline_line": "/calamities/{calamity:str}/timeline/{sequence:int}",
    "timeline_correct": "/calamities/{calamity:str}/timeline/{sequence:int}/corrections",
    "timeline_erase": "/calamities/{calamity:str}/timeline/{sequence:int}/erasures",
    "timeline_export": "/calamities/{calamity:str}/timeline/export",
    "officials": "/calamities/{calamity:str}/officials",
    "officials_part": "/calamities/{calamity:str}/officials/parts/{part:str}",
    # the people's own pages
    "inbox": "/inbox",
    "inbox_part": "/inbox/parts/{part:str}",
    "conversation": "/inbox/{key_figure:str}",
    "conversation_write": "/inbox/{key_figure:str}/messages",
    "conversation_handled": "/inbox/{key_figure:str}/handled",
    "conversation_summary": "/inbox/{key_figure:str}/summaries",
    "check_in": "/check-in/{round:str}",
    "check_in_thanks": "/check-in/{round:str}/thanks",
    "check_in_danger": "/check-in/{round:str}/danger",
    "link_answer": "/a/{token:str}",
    "link_form": "/f/{token:str}",
    "link_thanks": "/f/{token:str}/thanks",
    "link_danger": "/f/{token:str}/danger",
    # peacetime
    "playbooks": "/playbooks",
    "playbook_publish": "/playbooks",
    "playbook": "/playbooks/{slug:str}/versions/{version:int}",
    "card": "/playbooks/{slug:str}/versions/{version:int}/cards/{card:str}",
    "rehearsal": "/playbooks/{slug:str}/versions/{version:int}/rehearsal",
    "playbook_preview": "/playbooks/{slug:str}/versions/{version:int}/preview",
    "folder": "/playbooks/{slug:str}/versions/{version:int}/folder",
    "folder_pdf": "/playbooks/{slug:str}/versions/{version:int}/folder.pdf",
    "playbook_approve": "/playbooks/{slug:str}/versions/{version:int}/approve",
    "playbook_retire": "/playbooks/{slug:str}/versions/{version:int}/retire",
    "playbook_revoke": "/playbooks/{slug:str}/versions/{version:int}/revoke",
    "block": "/blocks/{slug:str}/versions/{version:int}",
    "block_approve": "/blocks/{slug:str}/versions/{version:int}/approve",
    "block_retire": "/blocks/{slug:str}/versions/{version:int}/retire",
    "block_revoke": "/blocks/{slug:str}/versions/{version:int}/revoke",
    "playbook_compare": "/playbooks/{slug:str}/compare",
    "playbook_bundle": "/playbooks/bundle",
    "playbook_import": "/playbooks/import",
    "playbook_import_confirm": "/playbooks/import/confirm",
    "playbook_merge": "/playbooks/imports/{came:str}",
    "drafts_begin": "/playbooks/drafts",
    "studio_language": "/playbooks/language.json",
    "studio": "/playbooks/drafts/{draft:str}",
    "studio_look": "/playbooks/drafts/{draft:str}/look",
    "studio_save": "/playbooks/drafts/{draft:str}/save",
    "studio_merge": "/playbooks/drafts/{draft:str}/merge",
    "studio_submit": "/playbooks/drafts/{draft:str}/submit",
    "studio_discard": "/playbooks/drafts/{draft:str}/discard",
    "cacao_file": "/playbooks/{slug:str}/versions/{version:int}/cacao.json",
    "neighbourhoods": "/neighbourhoods",
    "neighbourhoods_import": "/neighbourhoods/import",
    "people": "/people",
    "people_sheet": "/people/sheet.csv",
    "people_import": "/people/import",
    "person": "/people/{person:str}",
    "stop_checked": "/people/{person:str}/stop-checked",
    "unknown_numbers": "/unknown-numbers",
    "take_unknown": "/unknown-numbers/{reply:str}/take",
    "users": "/settings/users",
    "keys": "/settings/keys",
    "key_withdraw": "/settings/keys/{key:str}/withdraw",
    "quarantine": "/settings/carrier",
    "quarantine_handled": "/settings/carrier/{line:str}/handled",
    "user_disable": "/settings/users/{user:str}/disable",
}

_PARAMETER = re.compile(r"\{(\w+):\w+\}")


def path(name: str, *, query: dict[str, str] | None = None, **parts: object) -> str:
    """Return the path of a page, filled in; a part too many or too few is a mistake of ours."""
    template = PATHS[name]
    if set(_PARAMETER.findall(template)) != set(parts):
        raise ValueError(f"the path {name} takes {_PARAMETER.findall(template)}")
    filled = _PARAMETER.sub(lambda found: quote(str(parts[found[1]]), safe=""), template)
    return f"{filled}?{urlencode(query)}" if query else filled
