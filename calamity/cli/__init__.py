"""The `calamity` command: what an operator does, from an empty database to a verified timeline.

Modules here import at the top only what `--help` needs; each command imports the rest when it runs.
"""

import rich_click as click

from calamity import __version__
from calamity.cli.activate import activate
from calamity.cli.demo import demo
from calamity.cli.doctor import doctor
from calamity.cli.migrate import migrate
from calamity.cli.municipality import municipality
from calamity.cli.neighbourhoods import neighbourhoods
from calamity.cli.people import people
from calamity.cli.playbooks import playbooks
from calamity.cli.running import run, sandbox, serve, work
from calamity.cli.theme import theme
from calamity.cli.timeline import timeline
from calamity.cli.token import token
from calamity.cli.user import user
from calamity.cli.watch import watch
from calamity.domain.errors import CalamityError

_REFUSED = 1


class _Calamity(click.RichGroup):
    """Turns what the house refuses into lines on stderr and exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except CalamityError as error:
            told = getattr(error, "told", None) or [error.message]
            for line in told:
                click.echo(f"calamity: {line}", err=True)
            ctx.exit(_REFUSED)


@click.group(
    cls=_Calamity,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with: calamity run --demo",
)
@click.version_option(__version__, prog_name="calamity")
def calamity() -> None:
    """Playbooks for the social side of a calamity."""


for _command in (
    run, serve, work, sandbox, migrate, demo, doctor, municipality, neighbourhoods, people, user,
    token, playbooks, activate, watch, timeline, theme,
):  # fmt: skip
    calamity.add_command(_command)


def main() -> None:
    """Run the command that was typed."""
    calamity(prog_name="calamity")
