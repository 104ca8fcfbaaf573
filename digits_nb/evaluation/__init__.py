"""Evaluation of answers: metrics, reports on labelled pictures, and the figures of the benchmarks."""

from digits_nb.evaluation.metrics import BINS, confusion, interval, labelled_pictures, reliability, threshold

__all__ = ["BINS", "confusion", "interval", "labelled_pictures", "reliability", "threshold"]
