"""Many pictures, on every core or a cluster."""

from digits_nb.batch.parallel import recognize_many

__all__ = ["recognize_many"]
