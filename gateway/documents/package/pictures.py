"""What a picture's first bytes say of it."""

import struct

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEAD = struct.Struct(">8sI4sII")  # PNG section 5.2 and 11.2.1: signature, IHDR, width, height


def png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None for what is no PNG."""
    if len(data) < HEAD.size:
        return None
    signature, _, chunk, width, height = HEAD.unpack_from(data)
    return (width, height) if (signature, chunk) == (SIGNATURE, b"IHDR") else None
