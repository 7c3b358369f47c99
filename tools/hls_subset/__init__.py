"""Whether generated C++ keeps to the subset that HLS tools synthesize, read off its syntax tree."""

from tools.hls_subset.check import check, check_project
from tools.hls_subset.finding import Finding
from tools.hls_subset.source import Dialect

__all__ = ["Dialect", "Finding", "check", "check_project"]
