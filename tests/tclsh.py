"""A vendor's script run by tclsh: every command that is not Tcl's own is recorded instead of done."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

RECORDER = """
set ::calls {}
rename unknown {}
rename exec {}
rename exit leave
proc exit {{code 0}} {
    foreach call $::calls { puts -nonewline "[join $call \\x1f]\\x1e" }
    leave $code
}
# What asks for an object gives the name that it was asked by; what names a property gives that.
proc unknown {args} {
    lappend ::calls $args
    set command [lindex $args 0]
    if {[string match *get_* $command] || [string match *current_* $command]} { return [lindex $args end] }
    if {$command in {make_wrapper create_bd_cell}} { return $command }
    return {}
}
"""


class Vendor:
    """What a script asked of the vendor's tool."""

    def __init__(self, calls: Sequence[Sequence[str]]) -> None:
        self.calls = [list(call) for call in calls]

    def of(self, command: str) -> list[list[str]]:
        """The words of each call of `command`, without its name, in order."""
        return [call[1:] for call in self.calls if call[0] == command]

    def names(self) -> list[str]:
        """Every command, in order."""
        return [call[0] for call in self.calls]


def recorded(script: Path, *arguments: str, answers: str = "") -> Vendor:
    """What `script` asks for, run in a folder of its own with `arguments`; `answers` is Tcl that defines commands whose
    results the script needs. RuntimeError with Tcl's message where it fails."""
    tclsh = shutil.which("tclsh")
    if tclsh is None:
        pytest.skip("needs tclsh")
    text = script.read_text(encoding="ascii")
    program = (
        RECORDER
        + answers
        + f"set ::argv [list {' '.join('{' + a + '}' for a in arguments)}]\n"
        + f"source {{{script}}}\nexit 0\n"
    )
    check = f"if {{![info complete [read [open {{{script}}}]]]}} {{ error unbalanced }}\n"
    done = subprocess.run(
        [tclsh], input=check + program, capture_output=True, text=True, check=False, timeout=60, cwd=script.parent
    )
    if done.stderr or done.returncode:
        raise RuntimeError(done.stderr)
    assert text
    return Vendor([call.split("\x1f") for call in done.stdout.split("\x1e") if call.strip()])
