"""Answers over a socket, whole or broken."""
