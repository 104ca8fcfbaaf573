"""The HTTP service: queries, versions of models, keys."""

from digits_nb.errors import require

require("service", "The HTTP service", "tornado")
