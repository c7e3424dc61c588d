"""Which input column each feature of a fitted pipeline was made of.

A step whose inputs all come from one column makes features of that column, whatever it does.
Of scikit-learn's steps that take several columns, those are known that keep them apart; one that
mixes them (a PCA, a function of one's own) ends the trace, with its name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

# Of each feature, the column it was made of.
Sources = list[str]


class Untraceable(Exception):
    """No column can be named for the features of a step; says why."""


def traced(step: Any, inputs: Sequence[str]) -> Sources:
    """Return the column of each feature that a fitted step makes.

    Parameters
    ----------
    step : object
        A fitted transformer of scikit-learn's, or ``"passthrough"`` or ``"drop"``.
    inputs : sequence of str
        The column of each feature that it takes.

    Raises
    ------
    Untraceable
        It mixes columns, or does what is not known.

    Examples
    --------
    >>> from sklearn.preprocessing import OneHotEncoder
    >>> encoder = OneHotEncoder().fit([["UA", "EWR"], ["AA", "JFK"], ["DL", "JFK"]])
    >>> traced(encoder, ["carrier", "origin"])
    ['carrier', 'carrier', 'carrier', 'origin', 'origin']
    """
    if step is None or step == "passthrough":
        return list(inputs)
    if step == "drop" or not inputs:
        return []
    name = type(step).__name__
    if name in _HOLDERS and _of_scikit_learn(step):
        return _HOLDERS[name](step, inputs)
    expected = getattr(step, "n_features_in_", len(inputs))
    if expected != len(inputs):
        raise Untraceable(f"{name} takes {expected:,} features, and {len(inputs):,} were followed")
    if len(set(inputs)) == 1:
        return list(inputs[:1]) * _width(step)
    if name == "FunctionTransformer":
        return _function(step, inputs)
    if not _of_scikit_learn(step):
        raise Untraceable(_mixes(step, inputs))
    return _known(step, name, inputs)


def _known(step: Any, name: str, inputs: Sequence[str]) -> Sources:
    if name in _SPREADS:
        return _SPREADS[name](step, inputs)
    if callable(getattr(step, "get_support", None)):
        return [inputs[place] for place in step.get_support(indices=True)]
    if any(kind.__name__ == "OneToOneFeatureMixin" for kind in type(step).__mro__):
        return _evenly(step, inputs)
    raise Untraceable(_mixes(step, inputs))


def _mixes(step: Any, inputs: Sequence[str]) -> str:
    return f"{type(step).__name__} takes {len(set(inputs)):,} columns, and may mix them"


def _of_scikit_learn(step: object) -> bool:
    return type(step).__module__.partition(".")[0] == "sklearn"


def _pipeline(step: Any, inputs: Sequence[str]) -> Sources:
    sources = list(inputs)
    for _, each in step.steps:
        sources = traced(each, sources)
    return sources


def _union(step: Any, inputs: Sequence[str]) -> Sources:
    return [source for _, each in step.transformer_list for source in traced(each, inputs)]


def _by_columns(step: Any, inputs: Sequence[str]) -> Sources:
    """Follow a ColumnTransformer: each part takes some columns, and has a place in what comes."""
    names = [str(name) for name in getattr(step, "feature_names_in_", inputs)]
    found: dict[int, str] = {}
    for name, part, columns in step.transformers_:
        taken = [inputs[place] for place in _places(columns, names)]
        place = step.output_indices_[name]
        alone = len(set(taken)) == 1  # then all that comes is of that column, however much it is
        made = taken[:1] * (place.stop - place.start) if alone else traced(part, taken)
        if place.stop - place.start != len(made):
            raise Untraceable(
                f"the part {name!r} makes {place.stop - place.start:,} features, "
                f"and {len(made):,} were followed"
            )
        found |= dict(zip(range(place.start, place.stop), made, strict=True))
    return [found[place] for place in sorted(found)]


def _places(columns: Any, names: list[str]) -> list[int]:
    """Return where the columns of a part stand: given by name, place, slice or mask."""
    if isinstance(columns, slice):
        start, stop = (
            names.index(end) + past if isinstance(end, str) else end
            for end, past in ((columns.start, 0), (columns.stop, 1))  # by name the end belongs
        )
        return list(range(len(names))[slice(start, stop, columns.step)])
    listed = [columns] if isinstance(columns, (str, int)) else list(columns)
    if listed and all(str(each) in ("True", "False") for each in listed):
        return [place for place, taken in enumerate(listed) if taken]
    return [names.index(each) if isinstance(each, str) else int(each) for each in listed]


def _one_hot(step: Any, inputs: Sequence[str]) -> Sources:
    rare = getattr(step, "infrequent_categories_", None) or [None] * len(inputs)
    dropped = step.drop_idx_ if step.drop_idx_ is not None else [None] * len(inputs)
    counts = [
        len(categories)
        - (len(gathered) - 1 if gathered is not None and len(gathered) else 0)
        - (left_out is not None)
        for categories, gathered, left_out in zip(step.categories_, rare, dropped, strict=True)
    ]
    return _times(counts, inputs, step)


def _in_bins(step: Any, inputs: Sequence[str]) -> Sources:
    if step.encode == "ordinal":
        return list(inputs)
    return _times([int(count) for count in step.n_bins_], inputs, step)


def _imputed(step: Any, inputs: Sequence[str]) -> Sources:
    """Columns without any value are left out; those that say what was missing stand last."""
    names = [f"c{place}" for place in range(len(inputs))]
    given = [str(name) for name in getattr(step, "feature_names_in_", names)]
    by_name = dict(zip(given, inputs, strict=True))
    made = [str(name) for name in step.get_feature_names_out(None if given != names else names)]
    beginning = "missingindicator_"
    sources = [by_name.get(name) or by_name.get(name.removeprefix(beginning)) for name in made]
    if None in sources:
        raise Untraceable(_mixes(step, inputs))
    return [source for source in sources if source is not None]


def _missing(step: Any, inputs: Sequence[str]) -> Sources:
    return [inputs[place] for place in step.features_]


def _evenly(step: Any, inputs: Sequence[str]) -> Sources:
    """Each column gives as many features as any other, and they stand together."""
    each, left = divmod(_width(step), len(inputs))
    if left:
        raise Untraceable(_mixes(step, inputs))
    return [source for source in inputs for _ in range(each)]


def _times(counts: Sequence[int], inputs: Sequence[str], step: Any) -> Sources:
    if sum(counts) != _width(step):
        raise Untraceable(_mixes(step, inputs))
    return [source for source, count in zip(inputs, counts, strict=True) for _ in range(count)]


def _function(step: Any, inputs: Sequence[str]) -> Sources:
    """A function is known to keep columns apart where it says so, or is one of NumPy's."""
    import numpy as np

    function = step.func
    apart = isinstance(function, np.ufunc) and function.nin == 1
    if function is None or apart or step.feature_names_out == "one-to-one":
        return list(inputs)
    raise Untraceable(f"a function ({getattr(function, '__name__', function)}) takes several")


def _width(step: Any) -> int:
    """Return how many features a step makes."""
    try:
        return len(step.get_feature_names_out())
    except (AttributeError, TypeError, ValueError):
        raise Untraceable(f"{type(step).__name__} does not say what features it makes") from None


_HOLDERS: dict[str, Callable[[Any, Sequence[str]], Sources]] = {
    "Pipeline": _pipeline,
    "FeatureUnion": _union,
    "ColumnTransformer": _by_columns,
}
_SPREADS: dict[str, Callable[[Any, Sequence[str]], Sources]] = {
    "OneHotEncoder": _one_hot,
    "KBinsDiscretizer": _in_bins,
    "SimpleImputer": _imputed,
    "KNNImputer": _imputed,
    "IterativeImputer": _imputed,
    "MissingIndicator": _missing,
    "SplineTransformer": _evenly,
    "TargetEncoder": _evenly,
}
