"""The energy regressions: from the image of a shower alone, and from image, tracks and scalars.

Each convolution and each dense layer but the last has a batch norm and a ReLU. The full network scales and shifts what
the first convolution of each block found, gamma x + beta, by numbers that it computes from tracks and scalars (FiLM:
E. Perez et al., AAAI 2018).

Integers can be added or joined only if they count the same step. Wherever two streams meet, both therefore go through
one and the same quantizer: it is one module, called twice, so both calls have one scale.
"""

from __future__ import annotations

from torch import Tensor, cat, nn

from codesign.scan.qat.blocks import Blocks
from models.deepcalo.generate import FEATURES, LAYER_ENDS, SCALARS, SHAPE

STRETCH = 5
"""Pixels that stand for one cell along phi, so that the image is about square."""
WIDTHS = (16, 32, 64, 128, 256)
DENSE = 256
TRACK, SCALAR = 128, 256
GENERATOR = (512, 1024)


class Calorimeter(nn.Module):
    """The five blocks of convolutions: (n, 4, 56, 11) to (n, 256, 3, 3), with FiLM where gamma and beta are given."""

    def __init__(self, blocks: Blocks, widths: tuple[int, ...], film: bool = False) -> None:
        super().__init__()
        self.stretched = nn.Sequential(blocks.quantizer(8), nn.Upsample(scale_factor=(1, STRETCH), mode="nearest"))
        inputs = (len(LAYER_ENDS), *widths)
        self.first = nn.ModuleList(
            nn.Sequential(*blocks.conv(i, o, 3 if place else 5), blocks.relu())
            for place, (i, o) in enumerate(zip(inputs, widths))
        )
        self.films = nn.ModuleList(Film(blocks) for _ in widths if film)
        self.rest = nn.ModuleList(
            nn.Sequential(
                *([*blocks.conv(width, width, 3), blocks.relu()] if place else []),
                *([nn.MaxPool2d(2)] if place < len(widths) - 1 else []),
            )
            for place, width in enumerate(widths)
        )

    def forward(self, image: Tensor, modulation: Tensor | None = None) -> Tensor:
        x = self.stretched(image)
        begin = 0
        for place, (first, rest) in enumerate(zip(self.first, self.rest)):
            x = first(x)
            if modulation is not None:
                middle, end = begin + x.shape[1], begin + 2 * x.shape[1]
                x = self.films[place](x, modulation[:, begin:middle], modulation[:, middle:end])
                begin = end
            x = rest(x)
        return x


class Film(nn.Module):
    """gamma x + beta for an image x (n, c, h, w) and gamma, beta (n, c)."""

    def __init__(self, blocks: Blocks) -> None:
        super().__init__()
        self.join, self.result = blocks.quantizer(), blocks.quantizer()

    def forward(self, x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        product = self.join(x * gamma[:, :, None, None])
        found: Tensor = self.result(product + self.join(beta[:, :, None, None]))
        return found


def regression(blocks: Blocks, widths: tuple[int, ...], dense: int) -> nn.Sequential:
    """The dense layers behind the last image."""
    pools = 2 ** (len(widths) - 1)
    pixels = (SHAPE[0] // pools) * (SHAPE[1] * STRETCH // pools)
    hidden = [*blocks.dense(pixels * widths[-1], dense), *blocks.dense(dense, dense)]
    return nn.Sequential(nn.Flatten(), *hidden, blocks.linear(dense, 1))


class ImageOnly(nn.Module):
    """The image (n, 4, 56, 11) to the energy (n, 1) in units of 100 GeV."""

    def __init__(self, bits: int | None = 8, widths: tuple[int, ...] = WIDTHS, dense: int = DENSE) -> None:
        super().__init__()
        self.image = Calorimeter(Blocks(bits), widths)
        self.energy = regression(Blocks(bits), widths, dense)

    def forward(self, image: Tensor) -> Tensor:
        energy: Tensor = self.energy(self.image(image))
        return energy


class Full(nn.Module):
    """Image (n, 4, 56, 11), tracks (n, 76, 6) and scalars (n, 15) to the energy (n, 1) in units of 100 GeV."""

    def __init__(
        self,
        bits: int | None = 8,
        widths: tuple[int, ...] = WIDTHS,
        dense: int = DENSE,
        track: int = TRACK,
        scalar: int = SCALAR,
        generator: tuple[int, ...] = GENERATOR,
    ) -> None:
        super().__init__()
        blocks = Blocks(bits)
        # The same dense layers for every track: a convolution of size 1 along the tracks.
        each = [*blocks.conv1d(len(FEATURES), track), blocks.relu(), *blocks.conv1d(track, track), blocks.relu()]
        self.each_track = nn.Sequential(blocks.quantizer(8), *each)
        self.sum = blocks.quantizer()
        self.tracks = nn.Sequential(*blocks.dense(track, track), *blocks.dense(track, track)[:-1])
        self.scalars = nn.Sequential(blocks.quantizer(8), *blocks.dense(len(SCALARS), scalar)[:-1])
        self.join = blocks.relu()
        sizes = (track + scalar, *generator)
        hidden = [layer for i, o in zip(sizes, generator) for layer in blocks.dense(i, o)]
        last = blocks.linear(sizes[-1], 2 * sum(widths))
        self.modulation = nn.Sequential(*hidden, last, blocks.quantizer())
        self.image = Calorimeter(blocks, widths, film=True)
        self.energy = regression(blocks, widths, dense)
        start_without_effect(last, widths)

    def forward(self, image: Tensor, tracks: Tensor, scalars: Tensor) -> Tensor:
        summed = self.sum(self.each_track(tracks.transpose(1, 2)).sum(dim=2))
        known = cat([self.join(self.tracks(summed)), self.join(self.scalars(scalars))], dim=1)
        energy: Tensor = self.energy(self.image(image, self.modulation(known)))
        return energy


def start_without_effect(last: nn.Module, widths: tuple[int, ...]) -> None:
    """gamma 1 and beta 0, about, for whatever comes in: training begins with the image alone."""
    state = {name: 0.1 * value for name, value in last.state_dict().items() if name in ("weight", "bias")}
    begin = 0
    for width in widths:
        state["bias"][begin : begin + width] = 1
        begin += 2 * width
    last.load_state_dict(state, strict=False)
