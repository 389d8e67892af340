"""Responses over a socket, whole or broken."""
