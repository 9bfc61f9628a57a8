"""Builds the laboratory study with the product: ``python -m benchmarks.lb.build STUDY OUTPUTS``."""

from __future__ import annotations

import sys
from pathlib import Path

from mg_cdisc.pipeline import build_study

if __name__ == "__main__":
    built = build_study(Path(sys.argv[1]), Path(sys.argv[2]))
    for finding in built.findings:
        print(finding)
    sys.exit(built.stopped)
