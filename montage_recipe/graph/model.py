"""What one ffmpeg process is told: a flat, ordered list of filters that name their inputs."""

from __future__ import annotations

from dataclasses import dataclass

from montage_recipe.diagnostics import RecipePath
from montage_recipe.media.facts import MediaFacts

Option = tuple[str, str | int | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One `-i`: options in front of it, and a file of the job's folder (or a lavfi source)."""

    id: str
    options: tuple[tuple[str, str | int | None], ...]  # ("ss", "1.5") for -ss 1.5; None for an option without a value
    url: str  # file:NAME in the job's folder, or a lavfi description with f=lavfi among the options
    media: MediaFacts | None = None  # what is linked into the job's folder under NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One filter. `inputs` are ids of nodes, `ID.N` for output N of a split, or `in0:1` for stream 1 of an input."""

    id: str  # comes from the recipe's path: clips_1_effects_0; reaches ffmpeg's log as crop@clips_1_effects_0
    filter: str
    inputs: tuple[str, ...]
    options: tuple[Option, ...] = ()
    outputs: int = 1  # more than one only for split and asplit; consumers then name `id.0`, `id.1`
    at: RecipePath = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterGraph:
    inputs: tuple[Input, ...]
    nodes: tuple[Node, ...]  # every node after the nodes it reads
    result: str  # the id of the node whose output is the result
