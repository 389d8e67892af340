"""The endpoints under /_sandbox/."""
