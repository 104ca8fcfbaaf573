"""Many pictures, on every core or a cluster."""
