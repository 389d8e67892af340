"""Delivery: what is sent when, in which order and how fast; the only sockets and threads.

    schedule   order per contact (pure)
    pace       the vendor's quota (pure)
    retry      when to try again, and how a failed attempt is read (pure)
    client     one request, one answer
    dispatch   the way of a delivery through these four

The pure modules are told the time; only `dispatch` looks at a clock.
"""
