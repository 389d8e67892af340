"""A local stand-in for the vendors' APIs: same contract, and it misbehaves on demand.

Nothing is imported here, so that the command line stays quick and works without the extra:
`from target_gleantap.sandbox.server import Sandbox`.
"""
