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


@click.command(epilog="Example: calamity sandbox --script storm.json --transcript storm.jsonl")
@click.option(
    "--script", type=click.Path(exists=True, dir_okay=False), help="Faults to order, as JSON."
)
@click.option("--seed", type=int, help="Where chance begins; the same seed, the same faults.")
@click.option(
    "--speed", type=click.FloatRange(0, min_open=True), help="Pace of the carrier's time."
)
@click.option(
    "--transcript", type=click.Path(dir_okay=False), help="Keep what passes in this file."
)
@click.option("--ireland", is_flag=True, help="Do only what Twilio's region IE1 can do.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--i-know", is_flag=True, help="Listen to other machines too: anyone there can read and press."
)
def sandbox(
    *,
    script: str | None,
    seed: int | None,
    speed: float | None,
    transcript: str | None,
    ireland: bool,
    host: str,
    i_know: bool,
) -> None:
    """Run the practice network only: a carrier with phones, of which nothing leaves the machine."""
    from calamity.cli.processes import run_until_stopped, sandbox_only

    region = "ie1" if ireland else None
    knobs = {
        "script": script, "seed": seed, "speed": speed, "transcript": transcript, "region": region,
        "open_to_network": i_know or None,
    }  # fmt: skip
    given = {name: value for name, value in knobs.items() if value is not None}
    run_until_stopped(sandbox_only(settings_now(), host, given))
