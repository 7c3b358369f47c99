"""`codesign triton`: a model repository served, and load on a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codesign.cli.errors import errors_reported

triton = typer.Typer(
    name="triton",
    no_args_is_help=True,
    help="A model repository of `codesign export --target triton` served by Triton, and the load that it takes.",
)


@triton.command("serve")
def serve_command(
    context: typer.Context,
    repository: Annotated[Path, typer.Argument(help="The folder that `codesign export --target triton` made.")],
    server: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="tritonserver, or an environment with nvidia-pytriton; or CODESIGN_TRITON."),
    ] = None,
    python: Annotated[
        str | None, typer.Option(metavar="PATH", help="Of the models, where the server is that of nvidia-pytriton.")
    ] = None,
    address: Annotated[str, typer.Option(help="Where to listen; 0.0.0.0 for everybody.")] = "127.0.0.1",
    grpc_port: Annotated[int, typer.Option(min=0, max=65535, help="Of gRPC; 0 for any.")] = 8001,
    http_port: Annotated[int | None, typer.Option(min=0, max=65535, help="Of HTTP; by default there is none.")] = None,
    metrics_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Of metrics for Prometheus; by default there is none.")
    ] = None,
    log: Annotated[Path | None, typer.Option(help="All that the server says; by default REPOSITORY.log.")] = None,
    restarts: Annotated[int, typer.Option(min=0, help="How often it is started again when it dies.")] = 3,
    seconds: Annotated[float, typer.Option(min=1, help="That it may take to load its models.")] = 120,
) -> None:
    """Start tritonserver on a model repository and keep it running until Ctrl-C. Needs the `gpu` extra."""
    with errors_reported(context):
        from codesign.cli.terminal import progress
        from codesign.gpu.extra import check_installed

        check_installed("tritonclient")
        from codesign.gpu.triton.launch import Listening, Running, models
        from codesign.gpu.triton.server import find_interpreter, find_server
        from codesign.gpu.triton.supervise import supervise

        names = models(repository)
        found = find_server(server)
        interpreter = find_interpreter(found, python)
        place = repository.resolve()
        where = log or place.parent / f"{place.name}.log"

        def ready(running: Running) -> None:
            typer.echo(f"serving {', '.join(names)} at {running.url} (gRPC); Ctrl-C ends it; log: {running.log}")

        with progress() as told:
            supervise(
                repository,
                server=found,
                interpreter=interpreter,
                listening=Listening(address, grpc_port, http_port, metrics_port),
                log=where,
                restarts=restarts,
                seconds=seconds,
                report=lambda said: typer.echo(f"tritonserver: {said}"),
                ready=ready,
                progress=told,
            )


@triton.command("load")
def load_command(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="HOST:PORT", help="The server's gRPC.")] = "127.0.0.1:8001",
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for load.csv, .json and .html.")] = (
        Path("load")
    ),
    model: Annotated[str, typer.Option(help="The model.")] = "tracking",
    events: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Events as TrackML has them; by default they are generated.")
    ] = None,
    particles: Annotated[int, typer.Option(min=0, help="Of each generated event.")] = 100,
    number: Annotated[int, typer.Option("--number", min=1, help="How many events take turns.")] = 16,
    concurrency: Annotated[str, typer.Option(metavar="NUMBERS", help="Clients at a time.")] = "1,2,4,8",
    batch: Annotated[str, typer.Option(metavar="NUMBERS", help="Events that a client sends at a time.")] = "1,4",
    requests: Annotated[int, typer.Option(min=1, help="Of each point, at most.")] = 200,
    seconds: Annotated[float, typer.Option(help="Of each point, at most.")] = 20.0,
    warm_up: Annotated[int, typer.Option(min=0, help="Requests of each client that are not measured.")] = 8,
    timeout: Annotated[float, typer.Option(help="Seconds for an answer.")] = 60.0,
    digest: Annotated[str | None, typer.Option(help="Of the model that has to answer: sha256:...")] = None,
    pipeline: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Compare every answer with this pipeline, run here.")
    ] = None,
    remote: Annotated[bool, typer.Option("--remote", help="The server may be another machine.")] = False,
) -> None:
    """Measure throughput and latency of a server: clients that send their next request when they have an answer.

    Needs the `gpu` extra.
    """
    with errors_reported(context):
        from codesign.cli.terminal import console, progress
        from codesign.gpu.extra import check_installed

        for package in ("tritonclient", "scipy", "matplotlib"):
            check_installed(package)
        from codesign.cli.loads import measured
        from codesign.gpu.tracking.events import Event
        from codesign.gpu.tracking.generator import Settings, generate
        from codesign.gpu.tracking.pipeline import Pipeline
        from codesign.gpu.tracking.trackml import event_names, read_event
        from codesign.gpu.triton.load import Plan, scan
        from codesign.gpu.triton.load_page import check_folder, facts, write_scan

        plan = Plan(
            _numbers(concurrency, "--concurrency"), _numbers(batch, "--batch"), requests, seconds, warm_up, timeout
        )
        check_folder(output)
        found: list[Event]
        if events is None:
            found = [generate(Settings(particles=particles), seed) for seed in range(number)]
        else:
            found = [read_event(events, name, truth=False) for name in event_names(events)[:number]]
        hits = [event.hits for event in found]
        with progress() as told:
            expected = None
            if pipeline is not None:
                local = Pipeline.load(pipeline)
                expected = [local.labels(event) for event in hits]
            points = scan(
                url, hits, plan, model=model, digest=digest, expected=expected, remote=remote, progress=told
            )  # fmt: skip
        write_scan(output, points, facts(url, model, hits, events is None, expected is not None))
        console().print(*measured(points), sep="\n")
        typer.echo(f"{output}: load.html, load.csv, load.json")


def _numbers(text: str, option: str) -> tuple[int, ...]:
    """Whole numbers between commas."""
    from codesign.errors import ConfigError

    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 7 for part in parts):
        raise ConfigError(f"{option}: {text!r}, expected whole numbers between commas, such as 1,2,4")
    return tuple(int(part) for part in parts)
