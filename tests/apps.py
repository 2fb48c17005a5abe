"""Web processes for tests; making one takes long, so one that has stopped serves again."""

from collections import defaultdict

from litestar import Litestar

from calamity.app import create_app, furnish
from calamity.settings import Settings

_stopped: dict[str, list[Litestar]] = defaultdict(list)


def app_for(settings: Settings) -> Litestar:
    """Return a web process with these settings, which nobody else has."""
    if not (stopped := _stopped[settings.env]):
        return create_app(settings)
    app = stopped.pop()
    furnish(app, settings)
    return app


def give_back(app: Litestar) -> None:
    """Let another test have a web process that has stopped."""
    _stopped[app.state.house.settings.env].append(app)
