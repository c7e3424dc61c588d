"""Whether more or less of a metric is better, as its name says."""

from __future__ import annotations

import re
from typing import Literal

Direction = Literal["higher", "lower"]

_LOWER = {
    "loss", "logloss", "error", "errors", "err", "mse", "rmse", "mae", "mape", "smape", "rmsle",
    "msle", "medae", "deviance", "brier", "perplexity", "ppl", "wer", "cer", "hinge", "ece", "fpr",
    "fnr", "regret", "cost", "aic", "bic", "latency", "seconds", "duration", "memory",
}  # fmt: skip
_HIGHER = {
    "auc", "auroc", "auprc", "aucpr", "roc", "ap", "map", "accuracy", "acc", "precision", "recall",
    "sensitivity", "specificity", "f1", "fbeta", "r2", "score", "scores", "mcc", "kappa", "ndcg",
    "mrr", "iou", "miou", "dice", "bleu", "rouge", "gini", "silhouette", "lift", "reward",
    "return", "profit", "tpr", "tnr", "variance",
}  # fmt: skip
_NEGATED = {"neg", "negative"}  # scikit-learn's neg_mean_squared_error is to be maximised


def better(metric: str) -> Direction | None:
    """Return which way a metric is better; None where its name does not say.

    Examples
    --------
    >>> better("val_loss"), better("test_auc"), better("neg_log_loss"), better("speed")
    ('lower', 'higher', 'higher', None)
    """
    # valLoss and val/loss are two words as well.
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", " ", metric)
    words = set(re.split(r"[^a-z0-9]+", spaced.lower()))
    if words & _NEGATED:
        return "higher"
    if words & _LOWER:
        return "lower"
    return "higher" if words & _HIGHER else None
