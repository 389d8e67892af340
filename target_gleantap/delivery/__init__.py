"""Delivery: what is sent when, in which order and how fast; the only sockets.

    schedule   order per contact (pure)
    pace       the vendor's quota (pure)
    shared     the same, of which other runs have their part; sharing talks to Redis for it
    retry      when to try again, and how a failed attempt is read (pure)
    client     what goes to the vendor, and how: the same for every request
    call       one request, one answer
    lines      many requests at once, in one thread
    sockets    waiting for all of them
    bearing    what each result teaches of the vendor, and what comes next
    dispatch   the way of a delivery through these

The pure modules are told the time; `dispatch` and `sharing` look at a clock, and `bearing` for the
dates in `Retry-After`.
"""
