"""The HTTP service: queries, versions of models, keys."""
