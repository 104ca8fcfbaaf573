"""A query becomes a picture: fetched or read, decoded within limits, upright."""

from digits_nb.images.query import Query, open_image

__all__ = ["Query", "open_image"]
