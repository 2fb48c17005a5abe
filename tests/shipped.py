"""The playbooks that come with the product, whole: read with the blocks beside them."""

from pathlib import Path

from calamity.domain.playbook import Playbook
from calamity.domain.playbook_check import read, read_block

FOLDER = Path(__file__).parents[1] / "playbooks"
BLOCKS = {
    (block.block, block.version): block
    for path in sorted(FOLDER.glob("blocks/*/v*.yaml"))
    for block in [read_block(path.read_bytes(), str(path))]
}


def read_shipped(path: Path) -> Playbook:
    """Return the playbook in a file of the library."""
    return read(path.read_bytes(), str(path), BLOCKS)
