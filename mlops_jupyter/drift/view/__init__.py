"""How a drift report is shown: a card in the notebook, a table in the terminal."""

from mlops_jupyter.drift.view.card import report_html
from mlops_jupyter.drift.view.terminal import report_text

__all__ = ["report_html", "report_text"]
