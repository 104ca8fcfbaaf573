"""Strict headless runs of notebooks, and their results."""

from digits_nb.runs.parameters import check_parameters
from digits_nb.runs.results import beside_run, leave_findings
from digits_nb.runs.runner import heed_sigterm, read_result, run_notebook

__all__ = ["beside_run", "check_parameters", "heed_sigterm", "leave_findings", "read_result", "run_notebook"]
