"""`calamity theme check`: whether people can read what a municipality chose."""

from pathlib import Path

import rich_click as click

from calamity.cli.operator import as_json, say, say_json


@click.group()
def theme() -> None:
    """Themes: the colours, font and logo of a municipality."""


@theme.command(epilog="Example: calamity theme check themes/default.json")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def check(file: Path, *, is_json: bool) -> None:
    """Measure the contrast of every pair of colours that pages show, in light and in dark."""
    from calamity.domain.theme import SCHEMES, pairs, palette
    from calamity.web.themes import read_theme_file

    read = read_theme_file(file)
    measured = [
        {
            "scheme": scheme,
            "what": pair.what,
            "colours": [pair.colour, pair.under],
            "contrast": round(pair.contrast, 2),
            "least": pair.least,
        }
        for scheme in SCHEMES
        for pair in pairs(scheme, palette(read, scheme))
    ]
    if is_json:
        say_json(measured)
        return
    for line in measured:
        say(f"{line['contrast']:>5}  {line['scheme']}: {line['what']}")
    say(f"{file.name}: all {len(measured)} pairs are clear enough.")
