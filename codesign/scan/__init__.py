"""Precision scans: how few bits, and how little of a chip, for how much of a metric."""

from codesign.scan.run import ScanResult, Search, scan

__all__ = ["ScanResult", "Search", "scan"]
