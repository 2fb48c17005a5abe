"""`calamity doctor`."""

import rich_click as click

from calamity.cli.operator import as_json, run_async, say, say_json

_SIGNS = {"ok": "ok  ", "warning": "NOTE", "fault": "FAIL"}


@click.command(epilog="Example: calamity doctor --json")
@as_json
def doctor(*, is_json: bool) -> None:
    """Check whether everything is ready, and say what to do where it is not."""
    from calamity.cli.check_up import check_up

    findings = run_async(check_up())
    if is_json:
        say_json(findings)
    else:
        for finding in findings:
            say(f"{_SIGNS[finding.state]}  {finding.what}: {finding.found}")
            if finding.cure:
                say(f"      -> {finding.cure}")
    if any(finding.state == "fault" for finding in findings):
        raise SystemExit(1)
