"""CACAO 2.0 (OASIS): playbooks as other programs write and read them.

`write_cacao` and `sign_cacao` make a document; `read_cacao` takes one in, or refuses it with every
reason. What cannot cross is said in words, never dropped in silence.
"""

from calamity.domain.cacao.reading import CacaoFaults, Crossing, FromCacao, read_cacao
from calamity.domain.cacao.signing import Signed, sign_cacao, signatures_of
from calamity.domain.cacao.soundness import CacaoFault
from calamity.domain.cacao.terms import Origin
from calamity.domain.cacao.writing import write_cacao

__all__ = [
    "CacaoFault",
    "CacaoFaults",
    "Crossing",
    "FromCacao",
    "Origin",
    "Signed",
    "read_cacao",
    "sign_cacao",
    "signatures_of",
    "write_cacao",
]
