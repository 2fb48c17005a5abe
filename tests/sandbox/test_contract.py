"""The contract of the sandbox is numbered; each number has a test that carries it."""

import re
from pathlib import Path

IDS = (
    *range(1, 6), *range(10, 28), *range(30, 34), *range(40, 45), *range(50, 55), *range(60, 69),
    70, *range(80, 84), 90, 95, 98, 99,
)  # fmt: skip


def test_every_number_of_the_contract_is_carried_by_a_test():
    written = "\n".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    named = {int(number) for number in re.findall(r"def test_s(\d\d)_", written)}
    told = re.findall(r'"""(S-\d\d[^"]*)"""', written)
    for words in told:
        named |= {int(number) for number in re.findall(r"S-(\d\d)", words)}
        for first, last in re.findall(r"S-(\d\d) to S-(\d\d)", words):
            named |= set(range(int(first), int(last)))
    assert [number for number in IDS if number not in named] == []
