"""A target out of its YAML file, each value checked: a message names the file, the key, what was found and expected."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import yaml

from codesign.checks import Checks, nearest, shown
from codesign.errors import TargetError
from codesign.targets.target import FAMILIES, WORD_BITS, Link, MemoryBanks, Platform, Resources, Target

MEMORY, PLATFORM, LINK = ([field.name for field in fields(kind)] for kind in (MemoryBanks, Platform, Link))


def read_target(path: Path) -> Target:
    """The target that a file describes; its name is the file's. TargetError for what is not as it should be."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise TargetError(f"{path}: the target cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise TargetError(f"{path}: this is not YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise TargetError(f"{path}: this is nested too deeply to describe a target") from error
    reader = _Reader(str(path), TargetError)
    values = reader.mapping(data, "the file", [f.name for f in fields(Target) if f.name != "name"])
    resources = reader.resources(values.get("resources"), "resources")
    slrs = reader.count(values.get("slrs", 1), "slrs", 16)
    platforms = tuple(map(reader.platform, reader.items(values.get("platforms", []), "platforms", PLATFORM)))
    return Target(
        name=reader.word(path.stem, "the file name", r"[A-Za-z0-9][A-Za-z0-9_.+-]*"),
        title=reader.word(values.get("title", path.stem), "title", r"[^\n]{1,120}"),
        part=reader.word(values.get("part"), "part", r"[A-Za-z0-9-]+"),
        family=reader.choice(values.get("family"), "family", FAMILIES),
        source=reader.word(values.get("source", "the user"), "source", r"[^\n]{1,400}"),
        resources=resources,
        slrs=slrs,
        clock_mhz=reader.number(values.get("clock_mhz"), "clock_mhz", 1, 2000),
        max_clock_mhz=reader.number(values.get("max_clock_mhz", values.get("clock_mhz")), "max_clock_mhz", 1, 2000),
        resources_per_slr=reader.regions(values.get("resources_per_slr"), resources, slrs),
        memory=reader.memory(values.get("memory", []), tagged=bool(platforms)),
        board_part=reader.optional(values.get("board_part"), "board_part", r"[A-Za-z0-9_.-]+(:[A-Za-z0-9_.-]+)+"),
        word_bits=reader.word_bits(values.get("word_bits"), needed=bool(platforms)),
        platforms=platforms,
        link=reader.link(values.get("link")),
    )


class _Reader(Checks):
    """Checks the values of one file."""

    def mapping(self, found: object, place: str, keys: Sequence[str]) -> Mapping[str, object]:
        if isinstance(found, dict):
            for name in found:
                if name not in keys:
                    hint = nearest(name, keys)
                    raise TargetError(f"{self.where}: {place} has an unknown key {shown(name)}; {hint}")
        return super().mapping(found, place, keys)

    def items(self, found: object, key: str, known: list[str]) -> list[Mapping[str, object]]:
        if not isinstance(found, list):
            raise self.refuse(key, found, f"a list of {{{', '.join(known)}}}")
        return [self.mapping(item, key, known) for item in found]

    def word(self, found: object, key: str, pattern: str) -> str:
        if not isinstance(found, str) or not re.fullmatch(pattern, found):
            raise self.refuse(key, found, f"a text like {pattern}")
        return found

    def optional(self, found: object, key: str, pattern: str) -> str | None:
        return None if found is None else self.word(found, key, pattern)

    def number(self, found: object, place: str, low: float, high: float) -> float:
        if isinstance(found, bool) or not isinstance(found, (int, float)) or not low <= found <= high:
            raise self.refuse(place, found, f"a number in {low}..{high}")
        return found

    def count(self, found: object, key: str, high: int) -> int:
        number = self.number(found, key, 1, high)
        if number != int(number):
            raise self.refuse(key, found, "a whole number")
        return int(number)

    def resources(self, found: object, key: str) -> Resources:
        names = [f.name for f in fields(Resources)]
        amounts = self.mapping(found, key, names)
        return Resources(*(self.number(amounts.get(name), f"{key}.{name}", 0, 1e8) for name in names))

    def regions(self, found: object, whole: Resources, slrs: int) -> tuple[Resources, ...]:
        """What each super logic region has: one mapping where they are equal, or a list from SLR0 on."""
        key = "resources_per_slr"
        if found is None:
            return ()
        if isinstance(found, list):
            if len(found) != slrs:
                raise self.refuse(key, found, f"{slrs} mappings, one for each of the {slrs} SLRs")
            regions = tuple(self.resources(one, f"{key}[{number}]") for number, one in enumerate(found))
        else:
            regions = (self.resources(found, key),) * slrs
        for name, all_of_them, device in zip((f.name for f in fields(Resources)), sum(regions, Resources()), whole):
            if all_of_them != device:
                raise TargetError(
                    f"{self.where}: {key}.{name} adds up to {all_of_them:,.10g} in {slrs} SLRs, "
                    f"expected {device:,.10g} as resources.{name} says"
                )
        return regions

    def memory(self, found: object, tagged: bool) -> tuple[MemoryBanks, ...]:
        memories = [self.one_memory(values) for values in self.items(found, "memory", MEMORY)]
        tags = [memory.tag for memory in memories if memory.tag is not None]
        for tag in tags:
            if tags.count(tag) > 1:
                raise TargetError(f"{self.where}: memory.tag {tag} stands twice; the banks of a tag are one entry")
        if tagged and (len(tags) < len(memories) or not tags):
            raise TargetError(
                f"{self.where}: the board has platforms, so memory.tag must say what each of its memories is called "
                "there, e.g. tag: HBM"
            )
        return tuple(memories)

    def one_memory(self, values: Mapping[str, object]) -> MemoryBanks:
        return MemoryBanks(
            self.word(values.get("kind"), "memory.kind", r"[a-z0-9]+"),
            self.count(values.get("banks"), "memory.banks", 1024),
            self.count(values.get("mib_per_bank"), "memory.mib_per_bank", 1 << 24),
            self.optional(values.get("tag"), "memory.tag", r"[A-Za-z][A-Za-z0-9_]*"),
        )

    def word_bits(self, found: object, needed: bool) -> int | None:
        if found is None and not needed:
            return None
        if isinstance(found, bool) or found not in WORD_BITS:
            raise self.refuse("word_bits", found, f"one of {', '.join(map(str, WORD_BITS))}")
        return int(str(found))

    def platform(self, values: Mapping[str, object]) -> Platform:
        return Platform(
            self.word(values.get("name"), "platforms.name", r"[A-Za-z][A-Za-z0-9_.-]*"),
            self.word(values.get("tools"), "platforms.tools", r"20\d\d\.[1-9]"),
        )

    def link(self, found: object) -> Link | None:
        if found is None:
            return None
        values = self.mapping(found, "link", LINK)
        speed = self.number(values.get("gbytes_per_s"), "link.gbytes_per_s", 1e-3, 1e4)
        peak = values.get("peak_gbytes_per_s")
        return Link(
            gbytes_per_s=speed,
            launch_us=self.number(values.get("launch_us"), "link.launch_us", 0, 1e6),
            source=self.word(values.get("source", "the user"), "link.source", r"[^\n]{1,400}"),
            peak_gbytes_per_s=None if peak is None else self.number(peak, "link.peak_gbytes_per_s", speed, 1e4),
        )
