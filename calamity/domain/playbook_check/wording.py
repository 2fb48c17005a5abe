"""Every rule of the playbook checker, by name; `playbooks/README.md` lists these names."""

from typing import Final

from calamity.domain.playbook_check.rule import Rule
from calamity.domain.playbook_check.wording_plan import PLAN, READING, WORDS
from calamity.domain.playbook_check.wording_shape import FILE, SHAPE
from calamity.domain.playbook_check.wording_times import BLOCKS, CONDITIONS, TIMES

RULES: Final[dict[str, Rule]] = FILE | SHAPE | BLOCKS | PLAN | TIMES | CONDITIONS | WORDS | READING
