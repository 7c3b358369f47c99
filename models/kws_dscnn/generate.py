"""Generated words: ten made-up words, other words and silence, as 49 frames of 10 cepstral coefficients.

A stand-in for a keyword-spotting benchmark, of the same size. No sound is made; the spectrum of each frame follows
from formulas:

1. **Sounds** (`VOWELS`, `NOISES`). A vowel is three resonances, at the mean formants of men's vowels (G. E. Peterson
   and H. L. Barney, J. Acoust. Soc. Am. 24 (1952) 175). A fricative is one broad resonance without voice.
2. **Words** (`WORDS`). Three sounds each. A word of the class "unknown" is three random sounds that are no word's.
3. **Speaker.** All formants are scaled by a factor uniform in 0.85..1.15; sounds last 6-11 frames of 20 ms, with
   formants and loudness that move linearly between their middles; the word begins at a random frame.
4. **Spectrum** (`spectra`). Each resonance at F with bandwidth B adds power L / (1 + ((f - F) / (B / 2))^2) (a Lorentz
   curve); voice falls by 12 dB per octave above 500 Hz. Noise of a random level, 10-35 dB below, is added, and each
   band of each frame varies by a Gaussian of 2 dB.
5. **Coefficients** (`coefficients`). 40 bands, even in mel = 2595 log10(1 + f / 700) (D. O'Shaughnessy, Speech
   Communication, 1987) from 20 to 4000 Hz; the log of their power; the first ten of its DCT-II, each divided by a
   fixed deviation and clipped to +-4.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FRAMES, COEFFICIENTS, BANDS = 49, 10, 40
VOWELS = {
    "i": (270, 2290, 3010), "I": (390, 1990, 2550), "e": (530, 1840, 2480), "ae": (660, 1720, 2410),
    "a": (730, 1090, 2440), "o": (570, 840, 2410), "U": (440, 1020, 2240), "u": (300, 870, 2240),
    "A": (640, 1190, 2390), "er": (490, 1350, 1690),
}  # fmt: skip
"""Hertz."""
NOISES = {"s": 3600, "sh": 2600, "f": 1500}
"""Hertz, of the middle of a fricative."""
SOUNDS = (*VOWELS, *NOISES)
WORDS = {
    "isa": ("i", "s", "a"), "usha": ("u", "sh", "a"), "afi": ("a", "f", "i"), "sou": ("s", "o", "u"),
    "she": ("sh", "e", "I"), "fai": ("f", "a", "i"), "eru": ("er", "u", "s"), "aeo": ("ae", "A", "o"),
    "Uis": ("U", "i", "s"), "oash": ("o", "a", "sh"),
}  # fmt: skip
CLASSES = (*WORDS, "unknown", "silence")
MEAN = (-179.3, 6.2, -2.3, -1.9, -2.8, -0.3, -0.5, 0.1, 0.3, 0.0)
DEVIATION = (63.8, 14.3, 8.1, 6.6, 5.9, 4.6, 4.0, 3.8, 3.2, 3.0)
"""Of each coefficient, over the classes, as `python -m models.kws_dscnn.generate` prints them; fixed, so that an
utterance's numbers never depend on its batch."""
BATCH = 500


def utterances(count: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """`count` utterances (n, 49, 10, 1), within +-4, and their classes; the same seed gives the same utterances."""
    x, labels = raw_utterances(count, seed)
    scaled = np.clip((x - np.array(MEAN)) / np.array(DEVIATION), -4, 4)
    return scaled[..., None].astype(np.float32), labels


def raw_utterances(count: int, seed: int) -> tuple[Array, NDArray[np.int64]]:
    """The coefficients (n, 49, 10) before they are standardized, and the classes."""
    made = [_batch(np.random.default_rng((seed, start))) for start in range(0, count, BATCH)]
    return np.concatenate([x for x, _ in made])[:count], np.concatenate([y for _, y in made])[:count]


def _batch(rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
    labels = rng.integers(len(CLASSES), size=BATCH)
    sounds = np.array([_sounds(CLASSES[label], rng) for label in labels])
    return coefficients(spectra(sounds, labels != CLASSES.index("silence"), rng)), labels


def _sounds(name: str, rng: np.random.Generator) -> list[int]:
    """The three sounds of a word, as places in SOUNDS."""
    if name in WORDS:
        return [SOUNDS.index(sound) for sound in WORDS[name]]
    while True:
        found = [int(i) for i in rng.integers(len(SOUNDS), size=3)]
        if tuple(SOUNDS[i] for i in found) not in WORDS.values() and len(set(found)) == 3:
            return found


def centres() -> Array:
    """The middle of each band in Hertz."""
    low, high = (2595 * np.log10(1 + f / 700) for f in (20, 4000))
    mel = np.linspace(low, high, BANDS + 2)[1:-1]
    return np.asarray(700 * (10 ** (mel / 2595) - 1))


def spectra(sounds: NDArray[np.int64], spoken: NDArray[np.bool_], rng: np.random.Generator) -> Array:
    """(n, 49, 40): the power in each band of each frame; 1 is the loudest resonance of a vowel."""
    count = len(sounds)
    formants = np.array([*VOWELS.values(), *((f, f, f) for f in NOISES.values())], dtype=float)
    widths = np.array([(80, 100, 150)] * len(VOWELS) + [(1200, 1200, 1200)] * len(NOISES), dtype=float)
    levels = np.array([(1, 0.5, 0.2)] * len(VOWELS) + [(0.03, 0, 0)] * len(NOISES))
    voiced = np.array([1.0] * len(VOWELS) + [0.0] * len(NOISES))

    length = rng.uniform(6, 11, (count, 3))
    begin = rng.uniform(0, FRAMES - length.sum(axis=1) - 2)[:, None] + 1
    middle = begin + np.cumsum(length, axis=1) - length / 2
    # Between the middles of two sounds their share moves linearly; before the first and after the last it fades.
    place = np.arange(FRAMES)[None, :, None]
    knots = np.concatenate([begin, middle, begin + length.sum(axis=1, keepdims=True)], axis=1)
    rise = np.clip((place - knots[:, None, :-1]) / np.diff(knots, axis=1)[:, None, :], 0, 1)
    share = rise[:, :, :3] - rise[:, :, 1:]  # (n, frames, 3 sounds)
    loudness = share.sum(axis=2, keepdims=True)
    weight = np.where(loudness > 0, share / np.maximum(loudness, 1e-9), 1 / 3)

    def mixed(table: Array) -> Array:
        return np.einsum("nts,nsk->ntk", weight, table[sounds])

    speaker = rng.uniform(0.85, 1.15, (count, 1, 1))
    f = centres()
    power = np.zeros((count, FRAMES, BANDS))
    place_f, wide, level = mixed(formants) * speaker, mixed(widths), mixed(levels)
    tilt = np.maximum(f / 500, 1)[None, None] ** (-2 * mixed(voiced[:, None]))
    for k in range(3):
        off = (f[None, None] - place_f[..., k : k + 1]) / (wide[..., k : k + 1] / 2)
        power += level[..., k : k + 1] / (1 + off**2)
    power *= tilt * loudness * spoken[:, None, None]
    noise = 10 ** (-rng.uniform(10, 35, (count, 1, 1)) / 10)
    return (power + noise) * 10 ** (0.2 * rng.normal(size=power.shape))


def coefficients(power: Array) -> Array:
    """(n, 49, 10): the first ten of sum_j log(power_j) cos(pi k (j + 1/2) / 40)."""
    k, j = np.arange(COEFFICIENTS), np.arange(BANDS) + 0.5
    return np.asarray(np.log(power) @ np.cos(np.pi * np.outer(j, k) / BANDS))


if __name__ == "__main__":
    values = raw_utterances(20_000, seed=1)[0].reshape(-1, COEFFICIENTS)
    print("MEAN =", tuple(round(float(v), 1) for v in values.mean(axis=0)))
    print("DEVIATION =", tuple(round(float(v), 1) for v in values.std(axis=0)))
