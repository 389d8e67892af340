"""The run report: one HTML file that needs nothing else, for whoever judges a run later."""

from target_gleantap.report.page import render, write

__all__ = ["render", "write"]
