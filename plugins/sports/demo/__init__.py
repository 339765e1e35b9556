"""A fictional league and stock market that move with the clock, without a network.

Everything here is a pure function of the moment asked about: no random numbers, nothing remembered.
So everybody sees the same at the same second, from every worker, before and after a restart.
"""

SOURCE = "demo"
