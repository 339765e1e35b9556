"""A month of closes as a picture: for people a drawing (`templates/chart.svg`), for assistants a PNG.

Both are laid out by `layout`. Everything here is pure: histories in, numbers or bytes out.
"""
