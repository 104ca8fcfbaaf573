"""A query becomes a picture: fetched or read, decoded within limits, upright."""

from digits_nb.images.decode import to_array
from digits_nb.images.query import Query, open_image

__all__ = ["Query", "open_image", "to_array"]
