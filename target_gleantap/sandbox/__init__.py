"""The sandbox: a local mock of the vendors' APIs, with their contract and injected failures.

Nothing is imported here, so that the command line starts fast and works without the extra:
`from target_gleantap.sandbox.server import Sandbox`.
"""
