"""`codesign clustering`: showers in a calorimeter, a network trained on them, and ways to cluster compared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codesign.cli.errors import errors_reported

clustering = typer.Typer(
    name="clustering", no_args_is_help=True, help="Clusters of particles among the hits of a calorimeter (SPVCNN)."
)
Threads = Annotated[int | None, typer.Option(min=1, help="Of the network; by default as its runtime has it.")]
Events = Annotated[Path, typer.Option("--data", metavar="FILE", help="Events: the .npz of `clustering generate`.")]


@clustering.command("generate")
def generate_command(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="The .npz to write.")],
    detector: Annotated[str, typer.Option(help="hgcal (47 layers of silicon) or hcal (towers).")] = "hgcal",
    events: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same events.")] = 1,
    particles: Annotated[
        str | None, typer.Option(metavar="LOW-HIGH", help="How many in an event, e.g. 3-8; by default the detector's.")
    ] = None,
    energy: Annotated[str | None, typer.Option(metavar="LOW-HIGH", help="Of a particle, in GeV, e.g. 10-100.")] = None,
    pileup: Annotated[float | None, typer.Option(help="Mean number of soft particles.")] = None,
    noise: Annotated[float | None, typer.Option(help="Mean number of cells that only noise lifts.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Generate showers: electrons, photons, hadrons and muons with pileup and noise, and the truth of each hit."""
    with errors_reported(context):
        from codesign.backends.swap import check_new_file
        from codesign.cli.terminal import progress
        from codesign.errors import ConfigError
        from codesign.gpu.showers.files import write_events
        from codesign.gpu.showers.generator import MIXTURES, changed, showers

        if detector not in MIXTURES:
            raise ConfigError(f"--detector: {detector!r} is not known; there are {', '.join(MIXTURES)}")
        check_new_file(output, force)
        mixture = changed(MIXTURES[detector], particles=particles, energy=energy, pileup=pileup, noise=noise)
        with progress() as told:
            made = []
            for k, event in enumerate(showers(detector, events, seed, mixture)):
                told("showers", k, events)
                made.append(event)
            write_events(output, made)
        typer.echo(f"{output}: {events} events of {detector}, {sum(map(len, made)) / events:,.0f} hits in the mean")


@clustering.command("train")
def train_command(
    context: typer.Context,
    config: Annotated[Path, typer.Argument(help="Detector, network and training, in YAML.")],
    data: Events,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write.")],
    threads: Threads = None,
) -> None:
    """Train SPVCNN by object condensation, and set its thresholds on events kept for validation.

    Writes a folder with the network's checkpoint, which `codesign clustering run` and `evaluate` take. Needs the `gpu`
    extra, and no graphics card.
    """
    with errors_reported(context):
        from codesign.cli.terminal import progress
        from codesign.gpu.extra import ready_to_train

        ready_to_train(threads)
        from codesign.gpu.folders import new_folder
        from codesign.gpu.showers.files import read_events
        from codesign.gpu.showers.training.config import TrainingConfig
        from codesign.gpu.showers.training.run import train_clustering

        wanted = TrainingConfig.read(config)
        events = read_events(data, wanted.detector)
        with new_folder(output) as folder, progress() as told:
            trained = train_clustering(wanted, events, told)
            trained.write(folder)
        best = trained.fitted.best_epoch
        losses = trained.fitted.validation
        typer.echo(f"best loss {losses[best]:.4g} in epoch {best + 1} of {len(losses)}")
        typer.echo(f"panoptic quality on the events for validation: {trained.quality.pq or 0:.3f}")
        typer.echo(f"{output}: {trained.parameters:,} parameters")


@clustering.command("evaluate")
def evaluate_command(
    context: typer.Context,
    data: Events,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for clustering.json and clustering.html.")],
    model: Annotated[
        Path | None, typer.Option(help="The folder of `clustering train`; without it the baselines alone.")
    ] = None,
    threads: Threads = None,
    tune: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Other events, for which the baselines are set at their best."),
    ] = None,
) -> None:
    """Compare a network with topological and density clusters: quality, energies, efficiencies, and a page of it."""
    with errors_reported(context):
        from codesign.cli.terminal import console, progress
        from codesign.errors import OutputError
        from codesign.gpu.extra import check_installed

        check_installed("scipy", "matplotlib")
        if output.exists() and not output.is_dir():
            raise OutputError(f"{output}: this is no folder; choose another name")
        from codesign.gpu.showers.comparison import compare
        from codesign.gpu.showers.files import read_events

        events = read_events(data)
        trained = None
        if model is not None:
            from codesign.gpu.showers.clustering import TrainedClustering

            trained = TrainedClustering.load(model)
        name = events[0].detector if events else ""
        others = read_events(tune, name) if tune is not None else None
        with progress() as told:
            found = compare(name, data.name, events, trained, others, threads, told)
            found.write(output)
        from codesign.cli.clusters import told_of

        console().print(*told_of(found), sep="\n")
        typer.echo(f"{output}: clustering.json, clustering.html")


@clustering.command("run")
def run_command(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="The folder of `clustering train`, or topological, or density.")],
    data: Events,
    output: Annotated[Path, typer.Option("--output", "-o", help="The .npz to write.")],
    threads: Threads = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write the cluster of each hit: `labels` (-1: none), those of each event from 0 by falling energy.

    Beside them are `hits_of_event`, and from a network `kind` (0 noise, 1 electrons and photons, 2 hadrons, 3 muons).
    """
    with errors_reported(context):
        from codesign.backends.swap import check_new_file
        from codesign.cli.terminal import progress
        from codesign.gpu.extra import check_installed

        check_installed("scipy")
        from codesign.gpu.showers.comparison import clusterer
        from codesign.gpu.showers.files import read_events, write_labels

        check_new_file(output, force)
        events = read_events(data)
        with progress() as told:
            way = clusterer(model, events[0].detector, threads) if events else None
            made = []
            for k, event in enumerate(events):
                told("clustering", k, len(events))
                assert way is not None
                made.append(way(event))
            write_labels(output, made)
        count = sum(int(c.labels.max(initial=-1)) + 1 for c in made)
        typer.echo(f"{output}: {count:,} clusters in {len(events):,} events")
