"""Messages in, records out. With target.py, all that imports singer_sdk."""
