"""What a project has for the board of its target: the kernel, and what builds, loads and runs it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from codesign import __version__
from codesign.backends import pynq
from codesign.backends.alveo.scripts import scripts, write_scripts
from codesign.backends.deployment import Deployment
from codesign.backends.hls.sources import Sources
from codesign.backends.host.host import host, write_host
from codesign.backends.kernel.sources import kernel, write_kernel
from codesign.backends.python_host import write_card_host
from codesign.compiler.deployment import deployed
from codesign.compiler.options import Options
from codesign.ir.design import Design


def write_board(
    design: Design, printed: Sources, folder: Path, *, options: Options, clock_ns: Fraction, digest: str
) -> Deployment | None:
    """Writes `kernel/`, and `alveo/` or `pynq/` where the target is such a board, into the project `folder`, which has
    the design as `printed`, and gives what was decided; nothing where the target has no memory that a kernel could
    reach.

    `digest` names the model. TargetError for what was asked of the board and it cannot have.
    """
    target = options.target
    if target.word_bits is None:
        return None
    found, deployment = deployed(kernel(design, printed, target.word_bits), design, options)
    found = write_kernel(found, folder, version=__version__, digest=digest)
    if target.platforms:
        write_scripts(scripts(found, deployment, target, clock_ns), folder, version=__version__, digest=digest)
        program = host(design, found, deployment.units, deployment.banks, deployment.max_samples)
        write_host(program, folder, version=__version__, digest=digest)
        write_card_host(design, found, [unit.name for unit in deployment.units], folder, digest=digest)
    if target.board_part is not None and target.family in pynq.FAMILIES:
        pynq.write_overlay(
            design, found, folder,
            family=target.family, part=target.part, board_part=target.board_part,
            clock_ns=clock_ns, version=__version__, digest=digest,
        )  # fmt: skip
    return deployment
