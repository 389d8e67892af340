"""Adds a fourth destination, and its vendor in the sandbox, to every Python that starts here."""

from pathlib import Path

from target_gleantap import destinations
from target_gleantap.sandbox import vendors

HERE = Path(__file__).resolve().parents[1]
destinations.__path__.append(str(HERE / "destinations"))
vendors.__path__.append(str(HERE / "vendors"))
