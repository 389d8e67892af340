"""For the people who write mappings: check one, see what it would send, get one proposed.

cli          the commands `check`, `preview` and `scaffold`
dry          the target itself, run without a network: its schemas linted, its records watched
check        everything that can be wrong before a run, at once
preview      what a run would send
scaffold     a mapping for a stream that has none
"""
