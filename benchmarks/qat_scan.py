"""Training with quantizers against quantization after training: the metric at each width, with its error.

    python -m benchmarks.qat_scan jets|constituents|calo_image|calo_full --folder FOLDER [--bits 2..8] [--train N]
        [--test N] [--epochs N] [--quantized-epochs N] [--quantized-learning-rate RATE] [--threads 1]

Each case is one command, `codesign scan net.yaml --train-data ... --train-labels ...`, which is printed; this script
makes its files in FOLDER and adds the errors. Data are generated from fixed seeds (constituents: the published jets,
in three parts, of which each is tested by a network trained on the two others). Points are quantized after training
with binary points by `mse`; networks trained with quantizers start from the same float weights. Both are judged in
exact integers on samples that neither has seen.

What is finished stays in FOLDER: a run that was stopped goes on when it is started again with the same options. The
error of a difference is the standard deviation over 200 bootstrap samples, the same for both (paired). Prints
markdown.
"""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import constituents
from benchmarks.measure import cpu_seconds, surroundings, table
from codesign.checks import Checks
from codesign.errors import ConfigError
from codesign.frontends import model_file
from codesign.passes import pipeline
from codesign.scan import metrics
from codesign.scan.calibrate import SAMPLES, calibrate, wide_outputs
from codesign.scan.evaluate import Evaluator, Outcome, Task
from codesign.scan.results import replace_file
from codesign.scan.run import ScanResult, scan
from codesign.scan.space import digest, read
from models.deepcalo.generate import showers
from models.jet_tagger.generate import jets

DESCRIPTIONS = Path(__file__).parent / "descriptions"
TRAINING_SEED, TEST_SEED, BOOTSTRAP_SEED = 6001, 6002, 6003
BOOTSTRAPS = 200
PARTS = 3
"""Of the published jets."""
Floats = NDArray[np.float64]
Score = Callable[[Floats, Floats], float]
"""Of outputs (n, k) and labels (n, ...)."""


@dataclass(frozen=True)
class Case:
    """Which samples there are, and what they are judged by; the first metric is that of the scan."""

    scores: tuple[tuple[str, Score], ...]
    maximize: bool
    input_type: dict[str, str]
    train: int
    test: int


TAGGING = (("accuracy", metrics.accuracy),)
ENERGY = (("mae", metrics.mae), ("iqr", metrics.iqr))
CASES = {
    "jets": Case(TAGGING, True, {"": "fixed<8,4>"}, 60_000, 200_000),
    "constituents": Case((*TAGGING, ("auc", metrics.auc)), True, {"": "fixed<8,4>"}, 1000, 500),
    "calo_image": Case(ENERGY, False, {"": "fixed<8,4>"}, 10_000, 2000),
    "calo_full": Case(ENERGY, False, {"": "fixed<8,4>"}, 10_000, 2000),
}


@dataclass(frozen=True)
class Files:
    """Of one scan; `result` is its folder."""

    description: Path
    train: tuple[Path, Path]
    test: tuple[Path, Path]
    result: Path


def files(name: str, folder: Path, asked: argparse.Namespace) -> list[Files]:
    """What the scans of a case need, made where it is missing; ConfigError where the published jets are absent."""
    folder.mkdir(parents=True, exist_ok=True)
    case = CASES[name]
    description = folder / "net.yaml"
    replace_file(description, _described(name, asked))
    counts = {"train": asked.train or case.train, "test": asked.test or case.test}
    if name != "constituents":
        made = {}
        for kind, seed in (("train", TRAINING_SEED), ("test", TEST_SEED)):
            suffix = "npz" if name == "calo_full" else "npy"
            made[kind] = folder / f"{kind}_{counts[kind]}_x.{suffix}", folder / f"{kind}_{counts[kind]}_y.npy"
            if not made[kind][1].is_file():  # written last
                x, y = _generated(name, counts[kind], seed)
                np.savez(made[kind][0], **x) if name == "calo_full" else np.save(made[kind][0], *x.values())
                np.save(made[kind][1], y)
        return [Files(description, made["train"], made["test"], folder / "scan")]
    found = []
    for part, (train, test) in enumerate(_published(counts["train"], counts["test"])):
        paths = []
        for kind, (x, y) in (("train", train), ("test", test)):
            paths.append((folder / f"{kind}_{part}_x.npy", folder / f"{kind}_{part}_y.npy"))
            np.save(paths[-1][0], x.astype(np.float32))
            np.save(paths[-1][1], y)
        found.append(Files(description, paths[0], paths[1], folder / f"scan_{part}"))
    return found


def _described(name: str, asked: argparse.Namespace) -> str:
    """The description, with other epochs or another learning rate where they were asked for."""
    data = Checks(name, ConfigError).yaml(DESCRIPTIONS / f"{name}.yaml")
    for key in ("epochs", "quantized_epochs", "quantized_learning_rate"):
        if (value := getattr(asked, key)) is not None:
            data["Training"][key] = value
    return json.dumps(data, indent=2) + "\n"  # JSON is YAML


def _generated(name: str, count: int, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """(inputs by name, labels)."""
    if name == "jets":
        x, y = jets(count, seed)
        return {"jets": x}, y
    shower = showers(count, seed)
    image = {"image": shower.images.transpose(0, 3, 1, 2)}
    others = {"tracks": shower.tracks, "scalars": shower.scalars} if name == "calo_full" else {}
    return image | others, (shower.energy[:, None] / 100).astype(np.float32)


Part = tuple[np.ndarray, np.ndarray]


def _published(train: int, test: int) -> Iterator[tuple[Part, Part]]:
    """(jets to train on, jets to test with) for each part: inputs scaled by those to train on, and classes."""
    if not constituents.FOLDER.is_dir():
        raise SystemExit(f"{constituents.FOLDER} is not there: the published jets")
    pt, eta, phi = np.moveaxis(np.load(constituents.FOLDER / "x_test_16const.npy").astype(np.float64), -1, 0)
    y = np.load(constituents.FOLDER / "y_test_16const.npy").argmax(axis=1)
    x = np.concatenate([np.log1p(pt), pt * np.hypot(eta, phi)], axis=1)
    for part in np.array_split(np.arange(len(y)), PARTS):
        others = np.setdiff1d(np.arange(len(y)), part)[:train]
        mean, spread = x[others].mean(axis=0), x[others].std(axis=0)
        scaled = np.clip((x - mean) / spread, -8, 8)
        yield (scaled[others], y[others]), (scaled[part[:test]], y[part[:test]])


def command(case: Case, one: Files, bits: str) -> str:
    """What does the same by hand."""
    words = ["codesign", "scan", str(one.description), "--train-data", str(one.train[0]), "--train-labels"]
    words += [str(one.train[1]), "--data", str(one.test[0]), "--labels", str(one.test[1]), "--metric"]
    words += [case.scores[0][0], "--bits", bits, "--calibration", "mse", "--no-design", "-o", str(one.result)]
    for key, kind in case.input_type.items():
        words += ["--input-type", f"{key}={kind}" if key else kind]
    return shlex.join(words)


@dataclass(frozen=True)
class Outputs:
    """Of all samples that are tested, by width."""

    labels: np.ndarray
    reference: Floats
    after: dict[int, Floats]
    """Quantized after training."""
    trained: dict[int, Floats]
    """Trained with quantizers."""


def outputs(case: Case, scans: Sequence[tuple[Files, ScanResult]]) -> Outputs:
    """Those of every point of the scans, made once and kept beside them."""
    parts = []
    for one, result in scans:
        (plain,) = (one.result / "trained").glob("float-*.onnx")
        task = Task(
            str(plain), str(one.test[0]), str(one.test[1]), case.scores[0][0], design=False,
            input_type=tuple(sorted(case.input_type.items())),
        )  # fmt: skip
        evaluator = Evaluator(task)
        kept = one.result / "outputs"
        kept.mkdir(exist_ok=True)
        reference = _kept(kept / "reference.npy", partial(_reference, evaluator))
        after = {r.bits: _after(evaluator, o, kept) for r, o in zip(result.retrained, result.outcomes, strict=True)}
        trained = {r.bits: _trained(evaluator, r.file, kept) for r in result.retrained}
        parts.append(Outputs(evaluator.labels, reference, after, trained))
    widths = list(parts[0].after)
    return Outputs(
        np.concatenate([p.labels for p in parts]),
        np.concatenate([p.reference for p in parts]),
        {b: np.concatenate([p.after[b] for p in parts]) for b in widths},
        {b: np.concatenate([p.trained[b] for p in parts]) for b in widths},
    )


def _kept(path: Path, make: Callable[[], Floats]) -> Floats:
    if path.is_file():
        found: Floats = np.load(path)
        return found
    found = make()
    unfinished = path.with_suffix(".part.npy")
    np.save(unfinished, found)
    unfinished.replace(path)
    return found


def _reference(evaluator: Evaluator) -> Floats:
    """As the scan has it: at 18 bits of weight and 20 of result."""
    wide = calibrate(evaluator.space, [x[:SAMPLES] for x in evaluator.data]).wide
    return wide_outputs(evaluator.space, wide, evaluator.data)[0]


def _after(evaluator: Evaluator, outcome: Outcome, kept: Path) -> Floats:
    types = read(outcome.types)
    return _kept(
        kept / f"{digest(types)[:16]}.npy", lambda: evaluator.outputs(evaluator.space.passed(types).network)[0]
    )


def _trained(evaluator: Evaluator, file: Path, kept: Path) -> Floats:
    def make() -> Floats:
        passed = pipeline.run(model_file.read(file).graph, evaluator.options.config, {})
        return evaluator.outputs(passed.network)[0]

    return _kept(kept / f"{file.stem}.npy", make)


def rows(case: Case, found: Outputs) -> Iterator[list[object]]:
    """A row for each width: each metric after training and with training, and their difference with its error."""
    random = np.random.default_rng(BOOTSTRAP_SEED)
    drawn: dict[tuple[int, str], list[float]] = {}
    for _ in range(BOOTSTRAPS):
        i = random.integers(len(found.labels), size=len(found.labels))
        for bits, after in found.after.items():
            for name, score in case.scores:
                gain = score(found.trained[bits][i], found.labels[i]) - score(after[i], found.labels[i])
                drawn.setdefault((bits, name), []).append(gain)
    for bits, after in found.after.items():
        row: list[object] = [bits]
        for name, score in case.scores:
            one, other = score(after, found.labels), score(found.trained[bits], found.labels)
            gain = (other - one) * (1 if case.maximize else -1)
            row += [f"{one:.4f}", f"{other:.4f}", f"{gain:+.4f} +- {np.std(drawn[bits, name]):.4f}"]
        yield row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--folder", type=Path, required=True, help="keeps everything, and goes on with what is there")
    parser.add_argument("--bits", default="2..8")
    parser.add_argument("--train", type=int, help="samples to train on")
    parser.add_argument("--test", type=int, help="samples to test with")
    parser.add_argument("--epochs", type=int, help="without quantizers")
    parser.add_argument("--quantized-epochs", type=int)
    parser.add_argument("--quantized-learning-rate", type=float)
    parser.add_argument("--threads", type=int, default=1, help="of torch")
    asked = parser.parse_args()
    import torch

    torch.set_num_threads(asked.threads)
    case, scans, start = CASES[asked.case], [], cpu_seconds()
    for one in files(asked.case, asked.folder, asked):
        print(f"    {command(case, one, asked.bits)}\n", flush=True)
        result = scan(
            one.description, train_data=one.train[0], train_labels=one.train[1], data=one.test[0], labels=one.test[1],
            metric=case.scores[0][0], bits=asked.bits, calibration="mse", design=False, output=one.result,
            input_type=case.input_type,
        )  # fmt: skip
        for why in result.failed.values():
            raise SystemExit(f"a width has no network: {why}")
        scans.append((one, result))
    found = outputs(case, scans)
    heading = ["bits"]
    for metric, _ in case.scores:
        heading += [f"{metric}, quantized after training", "trained with quantizers", "better by"]
    told = ", ".join(f"{metric} {score(found.reference, found.labels):.4f}" for metric, score in case.scores)
    print(f"{asked.case}, {len(found.labels):,} samples; before quantization: {told}\n")
    print(f"{table(heading, list(rows(case, found)))}\n")
    print(f"{surroundings('numpy', 'torch', 'brevitas')}; {cpu_seconds() - start:,.0f} CPU seconds in this sitting")


if __name__ == "__main__":
    main()
