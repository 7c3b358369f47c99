"""Published QKeras networks from their `.h5` files: accuracy on real jets, in QKeras' formulas and in integers.

    python -m benchmarks.deepsets

The two deep sets tag jets by the transverse momentum, eta and phi of their 8 hardest constituents, each divided by the
range from its 5th to its 95th percentile. What they were trained with is not stated beside them; this scaling was
chosen because with it both find most of these jets, and it is fitted to them. The input has 12 bits, 4 of them integer,
as in its authors' own synthesis; the last layer, which QKeras leaves in float, gets the precision named below.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import codesign
from codesign.frontends.keras.execution import Execution

SHARED = Path(__file__).parents[2] / "shared"
FILES = {
    "deep sets, 4 bits": "qkeras_deepsets_4b_8c/keras_model.h5",
    "deep sets, 8 bits": "qkeras_deepsets_8b_8c/keras_model.h5",
}
INPUT, PRECISION = "fixed<12,4>", "fixed<18,6>"


def jets() -> tuple[np.ndarray, np.ndarray]:
    """(constituents (n, 8, 3) scaled, classes (n,))."""
    folder = SHARED / "data" / "l1jets_constituents"
    x = np.load(folder / "x_test_8const.npy", allow_pickle=False).astype(np.float64)
    low, high = np.percentile(x.reshape(-1, x.shape[-1]), [5, 95], axis=0)
    return x / (high - low), np.load(folder / "y_test_8const.npy", allow_pickle=False).argmax(axis=1)


def main() -> None:
    """Prints a table in Markdown."""
    x, classes = jets()
    print(f"{len(x):,} jets; inputs {INPUT}, the float layer {PRECISION}\n")
    print("| network | QKeras' formulas | the compiled integers | same class | interval | latency |")
    print("|---|---|---|---|---|---|")
    for name, file in FILES.items():
        [real] = Execution(SHARED / "models" / file)([x])
        compiled = codesign.compile(SHARED / "models" / file, target="u50", input_type=INPUT, precision=PRECISION)
        found = np.asarray(compiled.csim(x))
        accuracy = [(p.argmax(axis=-1) == classes).mean() for p in (real, found)]
        same = (real.argmax(axis=-1) == found.argmax(axis=-1)).mean()
        report = compiled.report
        print(
            f"| {name} | {accuracy[0]:.1%} | {accuracy[1]:.1%} | {same:.1%} | {report.interval.cycles} cycles | "
            f"{report.latency.cycles} cycles |"
        )


if __name__ == "__main__":
    main()
