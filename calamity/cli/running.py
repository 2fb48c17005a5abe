"""`calamity run`, `serve`, `work` and `sandbox`: what stays up until it is told to stop."""

import rich_click as click

from calamity.cli.operator import settings_now


@click.command(epilog="Example: calamity run --demo")
@click.option("--demo", "with_demo", is_flag=True, help="Load the demo into an empty database.")
def run(*, with_demo: bool) -> None:
    """Run everything in one process: pages, worker and, in development, the practice phones."""
    from calamity.cli.processes import everything, run_until_stopped

    run_until_stopped(everything(settings_now(), with_demo=with_demo))


@click.command(epilog="Example: CALAMITY_PORT=8080 calamity serve")
def serve() -> None:
    """Run the web process only; on PostgreSQL there may be several."""
    from calamity.cli.processes import run_until_stopped, web_only

    run_until_stopped(web_only(settings_now()))


@click.command(epilog="Example: calamity work")
def work() -> None:
    """Run the worker only; on PostgreSQL there may be several."""
    from calamity.cli.processes import run_until_stopped, worker_only

    run_until_stopped(worker_only(settings_now()))


@click.command(epilog="Example: calamity sandbox")
def sandbox() -> None:
    """Run the practice network only: a carrier with phones, of which nothing leaves the machine."""
    from calamity.cli.processes import run_until_stopped, sandbox_only

    run_until_stopped(sandbox_only(settings_now()))
