"""Runs out of a store that is an SQLite file, read without MLflow.

MLflow's own way takes seconds to import, and seconds more to sort 10,000 runs by a metric. The
file is opened to be read only. Its tables are MLflow's to change: where they are not as expected
here, `open_file` says so, and the client is asked instead.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.history.stored import Needs, Point, StoredRun, true_value

if TYPE_CHECKING:
    from pathlib import Path

    from mlops_jupyter.tracking.history.filters import Condition, Kind

_SECONDS_OF_PATIENCE = 10  # for a writer that holds the file
_AT_ONCE = 500
_TABLES = {"metric": "latest_metrics", "param": "params", "tag": "tags"}
_COLUMNS = "r.run_uuid, r.experiment_id, r.name, r.status, r.start_time, r.end_time"
_ACTIVE = (
    "r.lifecycle_stage = 'active' AND r.experiment_id IN (SELECT value FROM json_each(:chosen))"
)
# Child runs of runs that are there; a run without its parent stands for itself.
_CHILDREN = (
    "SELECT t.run_uuid FROM tags t JOIN runs p ON p.run_uuid = t.value "
    "WHERE t.key = :parent AND t.value != t.run_uuid AND p.lifecycle_stage = 'active' "
    "AND p.experiment_id IN (SELECT value FROM json_each(:chosen))"
)
_BY_TIME = "ORDER BY r.start_time IS NULL, r.start_time DESC, r.run_uuid"  # as MLflow orders them
_EXPECTED = (
    "SELECT experiment_id, name, lifecycle_stage FROM experiments LIMIT 0",
    f"SELECT {_COLUMNS}, r.lifecycle_stage FROM runs r LIMIT 0",  # noqa: S608 - our names
    "SELECT run_uuid, key, value, is_nan FROM latest_metrics LIMIT 0",
    "SELECT run_uuid, key, value, is_nan, step, timestamp FROM metrics LIMIT 0",
    "SELECT run_uuid, key, value FROM params LIMIT 0",
    "SELECT run_uuid, key, value FROM tags LIMIT 0",
    "SELECT value FROM json_each('[]')",
)


def open_file(path: Path) -> SqliteSource | None:
    """Return a source for a store's file; None where only MLflow can tell what is in it."""
    if not path.exists():
        return None
    try:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro",
            uri=True,
            timeout=_SECONDS_OF_PATIENCE,
            check_same_thread=False,
        )
    except sqlite3.Error:  # a folder in its place: the client's way tells
        return None
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        for question in _EXPECTED:
            connection.execute(question)
    except sqlite3.DatabaseError as error:
        connection.close()
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise  # MLflow would wait for the same lock
        return None
    return SqliteSource(connection)


class SqliteSource:
    """See `stored.Source`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def any_running(self) -> bool:
        """Whether a run is marked as running."""
        found = self._all("SELECT 1 FROM runs WHERE status = 'RUNNING' LIMIT 1")
        return bool(found)

    def experiments(self, *, deleted: bool = False) -> dict[str, str]:
        """Return the names of experiments by id."""
        stage = "deleted" if deleted else "active"
        question = "SELECT experiment_id, name FROM experiments WHERE lifecycle_stage = :stage"
        return {str(key): name for key, name in self._all(question, stage=stage)}

    def page(self, chosen: Sequence[str], offset: int, limit: int, *, top: bool) -> list[StoredRun]:
        """Return whole runs by time."""
        question = (
            f"SELECT r.run_uuid FROM runs r WHERE {_ACTIVE} {_top(top)} {_BY_TIME} "  # noqa: S608 - our names
            "LIMIT :limit OFFSET :offset"
        )
        found = self._all(question, chosen=_ids(chosen), limit=limit, offset=offset)
        return self.load([run_id for (run_id,) in found])

    def count(self, chosen: Sequence[str], *, top: bool) -> int | None:
        """Return how many runs there are."""
        question = f"SELECT COUNT(*) FROM runs r WHERE {_ACTIVE} {_top(top)}"  # noqa: S608 - our names
        ((found,),) = self._all(question, chosen=_ids(chosen))
        return int(found)

    def scan(
        self,
        chosen: Sequence[str],
        needs: Needs,
        condition: Condition | None,  # noqa: ARG002 - all runs are read, which is fast here
    ) -> Iterator[StoredRun]:
        """Return all runs with what is needed of them."""
        names = [sorted(needs.metrics), sorted(needs.params), sorted(needs.tags)]
        columns, arguments = [_COLUMNS], {"chosen": _ids(chosen)}
        for table, keys in zip(_TABLES.values(), names, strict=True):
            value = "CASE WHEN is_nan THEN 'nan' ELSE value END" if "metrics" in table else "value"
            for key in keys:
                place = f"key{len(arguments)}"
                arguments[place] = key
                columns.append(
                    f"(SELECT {value} FROM {table} WHERE key = :{place} "  # noqa: S608 - our names
                    "AND run_uuid = r.run_uuid)"
                )
        question = f"SELECT {', '.join(columns)} FROM runs r WHERE {_ACTIVE} {_BY_TIME}"  # noqa: S608 - our names
        with closing(self._connection.execute(question, arguments)) as rows:
            for row in rows:
                yield _thin(row, *names)

    def load(self, run_ids: Sequence[str]) -> list[StoredRun]:
        """Return whole runs, in the order of their ids."""
        loaded: list[StoredRun] = []
        for start in range(0, len(run_ids), _AT_ONCE):
            loaded += self._load(run_ids[start : start + _AT_ONCE])
        return loaded

    def _load(self, run_ids: Sequence[str]) -> list[StoredRun]:
        wanted = json.dumps(list(run_ids))
        inside = "WHERE r.run_uuid IN (SELECT value FROM json_each(:wanted))"
        heads = {
            row[0]: row
            for row in self._all(f"SELECT {_COLUMNS} FROM runs r {inside}", wanted=wanted)  # noqa: S608 - our names
        }
        metrics: dict[str, dict[str, float]] = defaultdict(dict)
        question = f"SELECT run_uuid, key, value, is_nan FROM latest_metrics r {inside}"  # noqa: S608 - our names
        for run_id, key, value, is_nan in self._all(question, wanted=wanted):
            metrics[run_id][key] = true_value(value, is_nan=bool(is_nan))
        texts: dict[str, dict[str, dict[str, str]]] = {}
        for table in ("params", "tags"):
            found = texts[table] = defaultdict(dict)
            question = f"SELECT run_uuid, key, value FROM {table} r {inside}"  # noqa: S608 - our names
            for run_id, key, value in self._all(question, wanted=wanted):
                found[run_id][key] = value or ""
        return [
            _whole(heads[key], metrics[key], texts["params"][key], texts["tags"][key])
            for key in run_ids
            if key in heads
        ]

    def has(self, chosen: Sequence[str], kind: Kind, name: str) -> bool:
        """Whether any run has such a metric, parameter or tag."""
        question = (
            f"SELECT 1 FROM {_TABLES[kind]} v JOIN runs r ON r.run_uuid = v.run_uuid "  # noqa: S608 - our names
            f"WHERE v.key = :name AND {_ACTIVE} LIMIT 1"
        )
        return bool(self._all(question, name=name, chosen=_ids(chosen)))

    def children(self, chosen: Sequence[str], since: int) -> dict[str, list[str]]:
        """Return ids of child runs by their parent's id, oldest first."""
        question = (
            "SELECT t.value, t.run_uuid FROM tags t JOIN runs r ON r.run_uuid = t.run_uuid "  # noqa: S608 - our names
            f"WHERE t.key = :parent AND {_ACTIVE} AND (r.start_time >= :since "
            "OR r.start_time IS NULL) ORDER BY r.start_time, r.run_uuid"
        )
        found: dict[str, list[str]] = defaultdict(list)
        rows = self._all(question, parent=tags.PARENT, chosen=_ids(chosen), since=since)
        for parent, child in rows:
            found[parent].append(child)
        return found

    def values(self, run_ids: Sequence[str], metric: str) -> dict[str, float]:
        """Return a metric of runs."""
        question = (
            "SELECT run_uuid, value, is_nan FROM latest_metrics WHERE key = :metric "
            "AND run_uuid IN (SELECT value FROM json_each(:wanted))"
        )
        found = self._all(question, metric=metric, wanted=json.dumps(list(run_ids)))
        return {run_id: true_value(value, is_nan=bool(is_nan)) for run_id, value, is_nan in found}

    def points(self, run_id: str, metric: str) -> Iterable[Point]:
        """Return every value of a metric of a run."""
        question = (
            "SELECT step, timestamp, value, is_nan FROM metrics "
            "WHERE run_uuid = :run_id AND key = :metric"
        )
        arguments = {"run_id": run_id, "metric": metric}
        with closing(self._connection.execute(question, arguments)) as rows:
            for step, time, value, is_nan in rows:
                yield Point(step, time, true_value(value, is_nan=bool(is_nan)))

    def _all(self, question: str, **arguments: Any) -> list[tuple[Any, ...]]:
        if ":parent" in question:
            arguments["parent"] = tags.PARENT
        return self._connection.execute(question, arguments).fetchall()


def _top(top: bool) -> str:
    return f"AND r.run_uuid NOT IN ({_CHILDREN})" if top else ""


def _ids(experiments: Sequence[str]) -> str:
    return json.dumps([int(each) for each in experiments])


def _thin(
    row: tuple[Any, ...], metrics: list[str], params: list[str], tag_names: list[str]
) -> StoredRun:
    values = iter(row[6:])
    found = {key: value for key in metrics if (value := next(values)) is not None}
    return _whole(
        row,
        {key: float(v) if isinstance(v, str) else true_value(v) for key, v in found.items()},
        {key: value for key in params if (value := next(values)) is not None},
        {key: value for key in tag_names if (value := next(values)) is not None},
    )


def _whole(
    head: tuple[Any, ...], metrics: dict[str, float], params: dict[str, str], known: dict[str, str]
) -> StoredRun:
    return StoredRun(
        run_id=head[0],
        experiment_id=str(head[1]),
        name=head[2] or known.get("mlflow.runName", ""),
        status=head[3] or "",
        start=head[4],
        end=head[5],
        metrics=metrics,
        params=params,
        tags=known,
    )
