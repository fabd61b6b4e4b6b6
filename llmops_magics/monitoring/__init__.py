"""What the stored spans add up to, and monitors that watch it.

``reader`` streams the model calls of a window out of the store, ``tally`` adds them up, ``metrics``
is the record, ``exposition`` the text that Prometheus scrapes. A monitor is a ``rule`` over such a
window: ``registry`` keeps monitors and their states, ``check`` decides them, and ``notice`` tells
of a change by the ways that the user of this machine set (``channel``, ``subscription``).
"""
