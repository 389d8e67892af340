"""The failures that are injected on demand."""
