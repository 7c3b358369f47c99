"""`codesign tracking`: events of a detector, a pipeline trained on them, and the tracks that it finds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from codesign.cli.errors import errors_reported

if TYPE_CHECKING:
    from codesign.gpu.tracking.events import Event

tracking = typer.Typer(
    name="tracking",
    no_args_is_help=True,
    help="Events of a tracking detector, a pipeline of networks trained on them, and the tracks that it finds.",
)

Events = Annotated[
    Path, typer.Option(help="A folder of events as TrackML has them: event000001000-hits.csv and so on, or .csv.gz.")
]
PipelineFolder = Annotated[Path, typer.Argument(help="The folder that `codesign tracking train` made.")]
Most = Annotated[int | None, typer.Option("--max-events", min=1, help="The first so many events; by default all.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads of the networks; by default what onnxruntime takes.")]


@tracking.command("generate")
def generate_command(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to make.")],
    events: Annotated[int, typer.Option(min=1, help="How many.")] = 10,
    particles: Annotated[int, typer.Option(min=0, help="Of each event.")] = 1000,
    vertices: Annotated[int, typer.Option(min=1, help="That the particles come from.")] = 200,
    pt_min: Annotated[float, typer.Option(help="The lowest transverse momentum, in GeV.")] = 0.1,
    noise: Annotated[float, typer.Option(help="The share of the hits that are of no particle.")] = 0.15,
    seed: Annotated[int, typer.Option(min=0, help="Of the first event; the next have the next numbers.")] = 1,
) -> None:
    """Generate events in a TrackML-like detector, in the csv format of TrackML.

    Helices in 2 T through 48 layers, with the resolution of each layer, overlaps, inefficiency and noise.
    """
    with errors_reported(context):
        from codesign.cli.terminal import progress
        from codesign.gpu.folders import new_folder
        from codesign.gpu.tracking.generator import Settings, generate
        from codesign.gpu.tracking.trackml import write_event

        settings = Settings(particles=particles, vertices=vertices, pt_min=pt_min, noise=noise)
        hits = 0
        with new_folder(output) as folder, progress() as told:
            for k in range(events):
                told("generating events", k, events)
                event = generate(settings, seed + k)
                write_event(folder, f"event{seed + k:09d}", event)
                hits += len(event)
        typer.echo(f"events: {output}: {events} of {hits / events:,.0f} hits")


@tracking.command("train")
def train_command(
    context: typer.Context,
    config: Annotated[Path, typer.Argument(help="The networks and their training, in YAML.")],
    events: Events,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder of the pipeline to make.")],
    max_events: Most = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Instead of the file's.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of the training; by default torch's.")] = None,
) -> None:
    """Train the embedding, the filter and the graph network, each on what the one before makes of the events.

    The last events are for validation. The folder has a checkpoint for each, pipeline.yaml with the radius and the
    cuts, the graphs between the stages, and how training went in training.json. Needs the `gpu` extra.
    """
    with errors_reported(context):
        from dataclasses import replace

        from codesign.cli.terminal import progress
        from codesign.gpu.extra import ready_to_train

        ready_to_train(threads)
        from codesign.gpu.tracking.training.config import TrainingConfig
        from codesign.gpu.tracking.training.run import train

        wanted = TrainingConfig.read(config)
        if seed is not None:
            wanted = replace(wanted, seed=seed)
        with progress() as told:
            trained = train(wanted, _read(events, max_events), output, told)
        for name, fitted in trained.fitted.items():
            best = fitted.best_epoch
            typer.echo(f"{name}: best validation {fitted.figures[best]:.4g} in epoch {best + 1}")
        s = trained.settings
        least = "" if s.support is None else f", least support {s.support:.4g}"
        typer.echo(f"radius {s.radius:.4g}, filter cut {s.filter_cut:.4g}, graph network cut {s.gnn_cut:.4g}{least}")
        typer.echo(f"pipeline: {output}")


@tracking.command("evaluate")
def evaluate_command(
    context: typer.Context,
    pipeline: PipelineFolder,
    events: Events,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for evaluation.json and evaluation.html.")],
    noise: Annotated[
        str, typer.Option(metavar="FRACTIONS", help="More noise hits, as fractions of the hits.")
    ] = "0.1,0.3,0.5",
    misalignment: Annotated[
        str, typer.Option(metavar="MM", help="Random shifts of the modules along x, y and z.")
    ] = "0.1,0.3,1",
    min_hits: Annotated[int, typer.Option(min=1, help="Of a particle and of a track that count.")] = 5,
    max_events: Most = None,
    seed: Annotated[int, typer.Option(min=0, help="Of noise and misalignment.")] = 0,
    threads: Threads = None,
) -> None:
    """Find the tracks of events whose truth is known, and say how well.

    Edges by stage, efficiency and purity with their errors, and how they fall with noise and misalignment. Needs the
    `gpu` extra.
    """
    with errors_reported(context):
        from codesign.cli.terminal import console, progress
        from codesign.gpu.extra import check_installed

        check_installed("scipy", "matplotlib")
        from codesign.cli.tracks import told_of
        from codesign.gpu.tracking.evaluation import evaluate
        from codesign.gpu.tracking.pipeline import Pipeline
        from codesign.gpu.tracking.report import write_evaluation

        found = Pipeline.load(pipeline, threads)
        amounts = (_numbers(noise, "--noise", 100.0), _numbers(misalignment, "--misalignment", 100.0))
        with progress() as told:
            result = evaluate(
                found,
                _read(events, max_events),
                noise=amounts[0],
                misalignment=amounts[1],
                min_hits=min_hits,
                seed=seed,
                progress=told,
            )
        write_evaluation(result, output, pipeline.name, events.name)
        console().print(*told_of(result), sep="\n")
        typer.echo(f"{output}: evaluation.json, evaluation.html")


@tracking.command("run")
def run_command(
    context: typer.Context,
    pipeline: PipelineFolder,
    events: Events,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for <event>-labels.csv.")],
    max_events: Most = None,
    threads: Threads = None,
) -> None:
    """Find the tracks of events: for each a file with the track of every hit, -1 for none. Needs the `gpu` extra.

    Only the files of hits are read.
    """
    with errors_reported(context):
        from codesign.cli.terminal import progress
        from codesign.gpu.extra import check_installed

        check_installed("scipy")
        from codesign.errors import DataError
        from codesign.gpu.folders import new_folder
        from codesign.gpu.tracking.labels import read_hit_ids, write_labels
        from codesign.gpu.tracking.pipeline import Pipeline
        from codesign.gpu.tracking.trackml import event_names, read_event

        found = Pipeline.load(pipeline, threads)
        names = event_names(events)[:max_events]
        tracks = 0
        with new_folder(output) as folder, progress() as told:
            for k, name in enumerate(names):
                told("finding tracks", k, len(names))
                event = read_event(events, name, truth=False)
                try:
                    labels = found.labels(event.hits)
                except DataError as error:
                    raise DataError(f"{events}: {name}: {error}") from error
                write_labels(folder, name, read_hit_ids(events, name), labels)
                tracks += int(labels.max(initial=-1)) + 1
        typer.echo(f"labels: {output}: {tracks:,} tracks in {len(names)} events")


def _read(folder: Path, most: int | None) -> list[Event]:
    """The events of a folder with their truth."""
    from codesign.gpu.tracking.trackml import event_names, read_event

    return [read_event(folder, name) for name in event_names(folder)[:most]]


def _numbers(text: str, option: str, most: float) -> list[float]:
    """Numbers in 0..most between commas."""
    from codesign.errors import ConfigError

    found = []
    for part in filter(None, text.split(",")):
        try:
            number = float(part)
        except ValueError:
            number = -1.0
        if not 0 <= number <= most:
            raise ConfigError(f"{option}: {part!r}, expected numbers in 0..{most:g} between commas, such as 0.1,0.3")
        found.append(number)
    return found
