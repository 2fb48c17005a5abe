"""An export can be opened in a spreadsheet without harm, and shows only what its reader may see."""

import csv
import io
import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from timeline_samples import erased, rehashed, story

from calamity.domain.export import BOM, COLUMNS, csv_lines, json_line
from calamity.domain.timeline import Line, Visibility

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def rows(lines: list[Line], reader: Visibility = Visibility.COORDINATORS, **how):
    data = b"".join(csv_lines(lines, reader=reader, zone=AMSTERDAM, **how))
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_the_spreadsheet_has_the_documented_columns_and_local_times():
    first, *others = rows(story())

    assert first == [column.code for column in COLUMNS]
    assert all(column.nl and column.en for column in COLUMNS)
    assert others[5][:9] == [
        "6",
        "2026-01-31 13:00:06",
        "UTC+01:00",
        "2026-01-31 13:00:06",
        "UTC+01:00",
        "correction",
        "coordinator",
        "officials",
        "4",
    ]
    assert next(csv_lines([], reader=Visibility.TEAM, zone=AMSTERDAM)).startswith(BOM.encode())


def test_the_spreadsheet_knows_summer_time():
    line = rehashed(story()[0], happened_at=story()[0].header.happened_at + timedelta(days=180))

    assert rows([line])[1][1:3] == ["2026-07-30 14:00:01", "UTC+02:00"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝"])
def test_a_cell_never_runs_as_a_formula(start):
    words = f"{start}HYPERLINK('x');\"1\""

    content = rows(story()[:1], words=lambda _: words)[1][10]

    assert content == "'" + words


def test_words_are_kept_whole():
    words = 'a;b "c"\nd – €'

    assert rows(story()[:1], words=lambda _: words)[1][10] == words


def test_the_spreadsheet_leaves_out_what_its_reader_may_not_see():
    states = [row[9:11] for row in rows(erased(story(), 4), Visibility.OFFICIALS)[1:]]

    assert [state for state, _ in states[:4]] == ["shown", "hidden", "hidden", "erased"]
    assert [content for _, content in states[1:4]] == ["", "", ""]


def test_a_line_is_rendered_in_one_way():
    rendered = json_line(story()[2], reader=Visibility.COORDINATORS)

    again = json.dumps(
        json.loads(rendered), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    assert rendered == again.encode() + b"\n"
