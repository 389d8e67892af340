"""`python -m target_gleantap`, and what the console script calls."""

from target_gleantap.cli import main

if __name__ == "__main__":
    main()
