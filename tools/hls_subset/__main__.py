"""Says what is outside the HLS subset.

    python -m tools.hls_subset FOLDER...      project folders, as `codesign compile` writes them

Prints a line for each finding. The exit code is 1 if there is any, 2 for what is no project folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.hls_subset.check import check_project


def main(arguments: list[str]) -> int:
    """Checks the folders; the exit code."""
    if not arguments:
        sys.stdout.write((__doc__ or "").split("\n\n")[1] + "\n")
        return 2
    count = 0
    for folder in arguments:
        if not (Path(folder) / "codesign.json").is_file():
            sys.stderr.write(f"{folder} has no codesign.json; expected a folder that `codesign compile` wrote\n")
            return 2
        for finding in check_project(Path(folder)):
            sys.stdout.write(f"{folder}/{finding}\n")
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
