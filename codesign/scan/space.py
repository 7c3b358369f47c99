"""What a scan varies: each type that the model's file leaves open, found by asking the passes for it.

A point of the space gives a type to every site. Its configuration is one that `codesign compile` takes, and both make
the same integers of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from codesign.config import Config, LayerConfig
from codesign.errors import ModelError
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph
from codesign.ir.layers import Product, Quantize
from codesign.passes import pipeline
from codesign.passes.pipeline import Passed
from codesign.passes.tune_precision import Part

_PROBES = (
    {Part.WEIGHT: Fixed(16, 8), Part.BIAS: Fixed(60, 50), Part.RESULT: Fixed(16, 8)},
    {Part.WEIGHT: Fixed(15, 7), Part.BIAS: Fixed(59, 49), Part.RESULT: Fixed(15, 7)},
)
"""Two types for each part, to see which places have the one and then the other. Biases are so fine that none becomes 0:
that would leave sums exact, which then need no type of their own, as they do at other points."""


@dataclass(frozen=True)
class Site:
    """A place with a type of its own: the weights, the bias or the result of a node."""

    node: str
    origin: str
    part: Part

    @property
    def key(self) -> str:
        """Its name in tables and in the store."""
        return f"{self.node}.{self.part.value}"


Types = Mapping[str, Fixed]
"""A point: the type of each site by its key, and of accumulators with fewer bits than are safe these bits."""


@dataclass(frozen=True)
class Space:
    """The network as it was read, what is stated of it, and the sites that this leaves open, in the network's order."""

    graph: Graph
    base: Config
    input_types: Mapping[str, Fixed]
    sites: tuple[Site, ...]
    feeds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For products with a weight site the keys of the sites that their input comes from: several if it was joined."""
    stated: Mapping[str, int] = field(default_factory=dict)
    """For those whose input comes from no site its bits."""
    products: Mapping[str, int] = field(default_factory=dict)
    """Multiplications of one sample for each of these products."""

    @classmethod
    def of(cls, graph: Graph, base: Config, input_types: Mapping[str, Fixed]) -> Space:
        """The sites are the places whose type follows what a configuration says of their layer.

        ModelError where there are none: the file, the configuration or the input types state everything.
        """
        first, second = _PROBES
        everywhere = LayerConfig(weight=first[Part.WEIGHT], bias=first[Part.BIAS], result=first[Part.RESULT])
        probed = replace(base, model=everywhere.over(base.model), input_precision=None)
        passed = pipeline.run(graph, probed, input_types, after="tune_precision")
        rounded = {Site(a.node, a.origin, a.part): None for a in passed.approximations if a.part is not None}
        place = {node.name: i for i, node in enumerate(graph)}
        parts = list(Part)
        ordered = sorted(rounded, key=lambda s: (place.get(s.node, len(place)), parts.index(s.part)))
        open_ = tuple(s for s in ordered if s.node in place and not _stated(base, s))
        if open_:
            found = cls(graph, base, input_types, open_)
            answer = found.passed({site.key: second[site.part] for site in open_}, after="tune_precision")
            notes = answer.approximations
            follow = {Site(a.node, a.origin, a.part) for a in notes if a.part is not None and a.fixed == second[a.part]}
            open_ = tuple(site for site in open_ if site in follow)
            typed = answer.network
        if not open_:
            raise ModelError(
                f"{graph.origin}: there is nothing to scan: every weight and every result has a type already, from the "
                "file's quantizers or the configuration; give a network with float weights, as it was before "
                "quantization"
            )
        keys = {site.key for site in open_}
        feeds, stated, products = {}, {}, {}
        for site in open_:
            layer = typed[site.node].layer
            if site.part is Part.WEIGHT and isinstance(layer, Product):
                products[site.node] = typed[site.node].type.size // layer.outputs * layer.weights.size
                x = typed[typed[site.node].inputs[0]]
                if sources := _sources(graph, typed, x.name, keys):
                    feeds[site.node] = sources
                else:
                    stated[site.node] = x.type.type.width
        return cls(graph, base, input_types, open_, feeds, stated, products)

    def config(self, types: Types) -> Config:
        """The configuration of a point: what the user states, and the types of the sites."""
        names = dict(self.base.layer_names)
        for site in self.sites:
            entry = _entry(site.part, types[site.key])
            names[site.node] = names.get(site.node, LayerConfig()).over(entry)
        for node, bits in accumulators(types).items():
            names[node] = names.get(node, LayerConfig()).over(LayerConfig(accumulator=bits))
        model = self.base.model.over(LayerConfig(result=_PROBES[0][Part.RESULT]))  # a product asks for one, used or not
        return replace(self.base, model=model, layer_names=names)

    def passed(self, types: Types, after: str | None = None) -> Passed:
        """The network of a point after its passes."""
        return pipeline.run(self.graph, self.config(types), self.input_types, after=after)


def _entry(part: Part, fixed: Fixed) -> LayerConfig:
    match part:
        case Part.WEIGHT:
            return LayerConfig(weight=fixed)
        case Part.BIAS:
            return LayerConfig(bias=fixed)
        case Part.RESULT:
            return LayerConfig(result=fixed)
        case Part.ACCUMULATOR:
            return LayerConfig(accumulator=fixed.width)


def _sources(graph: Graph, typed: Graph, name: str, keys: set[str]) -> tuple[str, ...]:
    """The keys of the result sites whose codes come in at `name`, behind what moves, joins or compares them."""
    key = f"{name}.{Part.RESULT.value}"
    if key in keys:
        return (key,)
    node = typed[name]
    if isinstance(node.layer, Product) or (isinstance(node.layer, Quantize) and name in graph):
        return ()
    found = (key for i in node.inputs for key in _sources(graph, typed, i, keys))
    return tuple(dict.fromkeys(found))


def _stated(base: Config, site: Site) -> bool:
    """Whether the user says of this very layer what the site would vary."""
    entries = (base.layer_names.get(name) for name in (site.node, site.origin))
    return any(entry is not None and getattr(entry, site.part.value) is not None for entry in entries)


def accumulators(types: Types | Mapping[str, str]) -> dict[str, int]:
    """The bits of the accumulators that a point makes narrower than is safe, by the node."""
    end = f".{Part.ACCUMULATOR.value}"
    found = {key.removesuffix(end): fixed for key, fixed in types.items() if key.endswith(end)}
    return {node: (read({node: t})[node] if isinstance(t, str) else t).width for node, t in found.items()}


def spelled(types: Types) -> dict[str, str]:
    """The point as text, which `read` reads: in the store and between processes."""
    return {key: f"{'' if t.signed else 'u'}fixed<{t.width},{t.width - t.frac}>" for key, t in types.items()}


def read(texts: Mapping[str, str]) -> dict[str, Fixed]:
    """The point that `spelled` wrote."""
    return {key: Fixed.parse(text) for key, text in texts.items()}


def digest(types: Types) -> str:
    """The content of a point: sha256 of its types."""
    return hashlib.sha256(json.dumps(spelled(types), sort_keys=True).encode()).hexdigest()
