"""The words of models/kws_dscnn: reproducible, in range, with the resonances of their vowels."""

from __future__ import annotations

import numpy as np

from models.kws_dscnn.generate import (
    BANDS,
    CLASSES,
    COEFFICIENTS,
    FRAMES,
    NOISES,
    SOUNDS,
    VOWELS,
    WORDS,
    centres,
    coefficients,
    spectra,
    utterances,
)


def test_the_same_seed_gives_the_same_utterances_and_more_begin_with_them() -> None:
    first, more, other = utterances(20, 5), utterances(510, 5), utterances(20, 6)
    for one, longer, another in zip(first, more, other, strict=True):
        np.testing.assert_array_equal(one, longer[:20])
        assert not np.array_equal(one, another)


def test_shapes_and_ranges() -> None:
    x, y = utterances(3000, seed=7)
    assert x.shape == (3000, FRAMES, COEFFICIENTS, 1) == (3000, 49, 10, 1) and x.dtype == np.float32
    assert np.abs(x).max() <= 4
    assert set(y) == set(range(len(CLASSES))) and len(CLASSES) == 12
    assert np.abs(x.mean(axis=(0, 1, 3))).max() < 0.1
    assert np.abs(x.std(axis=(0, 1, 3)) - 1).max() < 0.1


def test_words_are_told_apart_by_their_sounds() -> None:
    assert len(set(WORDS.values())) == len(WORDS) == 10
    assert all(sound in SOUNDS for word in WORDS.values() for sound in word)


def test_the_bands_are_even_in_mel_from_20_to_4000_hertz() -> None:
    mel = 2595 * np.log10(1 + centres() / 700)
    np.testing.assert_allclose(np.diff(mel), np.diff(mel)[0])
    assert centres()[0] > 20 and centres()[-1] < 4000 and len(centres()) == BANDS


def test_a_vowel_is_loudest_at_its_first_formant_and_a_fricative_at_its_own() -> None:
    rng = np.random.default_rng(8)
    for sound, wanted in [*((v, f[0]) for v, f in VOWELS.items()), *NOISES.items()]:
        place = SOUNDS.index(sound)
        power = spectra(np.full((200, 3), place), np.ones(200, dtype=bool), rng).mean(axis=(0, 1))
        loudest = centres()[power.argmax()]
        assert 0.8 * wanted < loudest < 1.2 * wanted, sound


def test_silence_has_noise_alone() -> None:
    rng = np.random.default_rng(9)
    power = spectra(np.zeros((100, 3), dtype=np.int64), np.zeros(100, dtype=bool), rng)
    assert power.max() < 10**-1 * 10 ** (0.2 * 6), "10 dB below the loudest, and six sigma of a band's variation"


def test_coefficients_are_those_of_the_cosine_transform() -> None:
    rng = np.random.default_rng(10)
    power = rng.uniform(0.1, 1, (2, 3, BANDS))
    found = coefficients(power)
    assert found.shape == (2, 3, COEFFICIENTS)
    np.testing.assert_allclose(found[..., 0], np.log(power).sum(axis=-1))
    slow = [sum(np.log(power[1, 2, j]) * np.cos(np.pi * 4 * (j + 0.5) / BANDS) for j in range(BANDS))]
    np.testing.assert_allclose(found[1, 2, 4], slow[0])
