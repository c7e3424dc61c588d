"""How far two distributions are apart: the measures that Evidently, and so ``mlops drift``, uses.

They are written out here because SciPy takes longer to import than a comparison takes; a test
holds them to Evidently's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

# Evidently's: a column that hardly varies would make any change look large.
_LEAST_NORM = 0.001


def wasserstein(old: Numbers, new: Numbers) -> float:
    r"""Return the first Wasserstein distance in standard deviations of `old`.

    The area between the two distribution functions, :math:`\int |F - G|`, divided by the standard
    deviation of `old`, at least 0.001: `wasserstein` in Evidently's
    ``calculations/stattests/wasserstein_distance_norm.py``.

    Examples
    --------
    >>> import numpy as np
    >>> wasserstein(np.array([0.0, 2.0]), np.array([1.0, 3.0]))
    1.0
    """
    import numpy as np

    old, new = np.sort(old), np.sort(new)
    values = np.concatenate([old, new])
    values.sort(kind="stable")
    # Halves: the width of 1e308 - -1e308 is too much.
    widths = np.diff(values / 2)
    below_old = np.searchsorted(old, values[:-1], "right") / len(old)
    below_new = np.searchsorted(new, values[:-1], "right") / len(new)
    with np.errstate(over="ignore", invalid="ignore"):
        area = float(np.sum(np.abs(below_old - below_new) * widths))
        norm = max(float(np.std(old)), _LEAST_NORM)
        return area / (norm / 2)


def jensen_shannon(old: Numbers, new: Numbers) -> float:
    r"""Return the Jensen-Shannon distance of two distributions over the same categories.

    The root of half the sum of both Kullback-Leibler divergences from their mean, with natural
    logarithms, so between 0 and :math:`\sqrt{\ln 2} = 0.83`: `jensenshannon` in Evidently's
    ``calculations/stattests/jensenshannon.py``, which is SciPy's.

    Parameters
    ----------
    old, new : numpy.ndarray
        Counts or shares per category.

    Examples
    --------
    >>> import numpy as np
    >>> round(jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 3.0])), 3)
    0.833
    """
    import numpy as np

    p, q = old / old.sum(), new / new.sum()
    total = p + q
    with np.errstate(divide="ignore", invalid="ignore"):  # neither has it, or only one
        apart = (p - q) / total
        # No term is below zero: in the sum of logarithms that of near shares would be lost.
        near = 2 * apart * np.arctanh(apart) + np.log1p(-(apart**2))
    terms = np.where(np.abs(apart) < 1, near, 2 * np.log(2))
    return float(np.sqrt(np.dot(total, terms) / 4))
