"""What a run reports at its end: the summary, as JSON and in the terminal, and an HTML page."""

from target_gleantap.report.page import render, write

__all__ = ["render", "write"]
