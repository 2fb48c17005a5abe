"""CACAO 2.0: a version for other programs, and theirs as a draft of ours."""

from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Struct

from calamity.actions.cacao import CacaoLook, Signee, bring_cacao, export_cacao, look_at_cacao
from calamity.domain.cacao import Crossing
from calamity.domain.permissions import Actor, Permission
from calamity.domain.playbook_check import Fault
from calamity.web.api.document import takes
from calamity.web.api.wire import camel, wired
from calamity.web.auth import needs
from calamity.web.house import House, now

_LARGEST = 3_000_000
DraftFault = camel(Fault)


class CacaoFound(Struct, frozen=True, rename="camel"):
    """What a document brings, who signed it, and what is still to be finished in the draft."""

    id: str
    slug: str
    version: int
    is_ours: bool
    signatures: list[Signee]
    crossings: list[Crossing]
    faults: list[DraftFault]  # type: ignore[valid-type]  # made at run time
    source: str


class CacaoBrought(Struct, frozen=True, rename="camel"):
    """What a document brings, and the draft that it became; none when it was only looked at."""

    look: CacaoFound
    draft_id: str | None = None


@get(
    "/playbooks/{slug:str}/versions/{number:int}/cacao",
    guards=[needs(Permission.SEE_PLAYBOOKS)],
    responses={
        200: ResponseSpec(
            dict[str, object], generate_examples=False, description="A signed CACAO 2.0 document."
        )
    },
    name="api.cacao.export",
)
async def get_cacao(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[int],
) -> Response[bytes]:
    """Return a version as a CACAO 2.0 document, signed by the municipality."""
    async with house.database.reading() as session:
        document, _ = await export_cacao(session, actor, slug, number, at=now())
    return Response(document, media_type="application/json")


@post(
    "/cacao",
    guards=[needs(Permission.PUBLISH)],
    operation_class=takes("application/json", "A CACAO 2.0 playbook."),
    request_max_body_size=_LARGEST,
    status_code=200,
    name="api.cacao.bring",
)
async def bring(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    request: Request[Any, Any, Any],
    *,
    look: FromQuery[bool] = False,
    although_untrusted: Annotated[bool, QueryParameter(name="althoughUntrusted")] = False,
) -> CacaoBrought:
    """Take in a CACAO document as a draft; with `look`, only say what it would bring."""
    source = await request.body()
    async with house.database.transaction() as session:
        if look:
            return CacaoBrought(_found(await look_at_cacao(session, actor, source, at=now())))
        seen, draft = await bring_cacao(
            session, actor, source, although_untrusted=although_untrusted, at=now()
        )
    return CacaoBrought(_found(seen), draft.id)


def _found(look: CacaoLook) -> CacaoFound:
    return wired(look, CacaoFound)


router = Router("/", route_handlers=[get_cacao, bring], tags=["Playbooks"])
