"""The table of readers and writers that are watched, and what is looked at in each call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mlops_jupyter.tracking.capture import queries, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlops_jupyter.tracking.capture.watching import Feed
    from mlops_jupyter.tracking.capture.wrapping import Observer

Kind = Literal["path", "write", "sql", "builtin", "duckdb", "fetch"]


@dataclass(frozen=True)
class Spot:
    """Functions of one library that are watched in one way.

    Attributes
    ----------
    kind : str
        The way.
    names : str
        Of the functions; ``Class.method`` for methods.
    arguments : tuple of str
        What the argument with the source is called where it is given by name; it comes first.
    """

    kind: Kind
    names: str
    arguments: tuple[str, ...] = ()


TABLE: dict[str, tuple[Spot, ...]] = {
    "pandas": (
        Spot("path", "read_csv read_table read_fwf read_pickle read_sas read_stata",
             ("filepath_or_buffer",)),
        Spot("path", "read_parquet read_feather read_orc read_spss", ("path",)),
        Spot("path", "read_excel read_html", ("io",)),
        Spot("path", "read_json read_hdf", ("path_or_buf",)),
        Spot("path", "read_xml", ("path_or_buffer",)),
        Spot("sql", "read_sql read_sql_query", ("sql", "con")),
        Spot("sql", "read_sql_table", ("table_name", "con")),
        Spot("write", "DataFrame.to_parquet DataFrame.to_feather DataFrame.to_orc", ("path",)),
        Spot("write", "DataFrame.to_hdf", ("path_or_buf",)),
    ),
    "polars": (
        Spot("path", "read_csv read_ipc read_ipc_stream read_json read_ndjson read_parquet "
             "read_excel read_ods read_avro read_delta read_lines scan_csv scan_ipc scan_ndjson "
             "scan_parquet scan_delta scan_iceberg scan_lines", ("source",)),
        Spot("sql", "read_database", ("query", "connection")),
        Spot("sql", "read_database_uri", ("query", "uri")),
        Spot("write", "DataFrame.write_csv DataFrame.write_parquet DataFrame.write_ipc "
             "DataFrame.write_json DataFrame.write_ndjson DataFrame.write_avro "
             "DataFrame.write_ipc_stream DataFrame.write_delta", ("file", "target")),
        Spot("write", "LazyFrame.sink_csv LazyFrame.sink_parquet LazyFrame.sink_ipc "
             "LazyFrame.sink_ndjson", ("path",)),
        Spot("write", "DataFrame.write_excel", ("workbook",)),
    ),
    "pyarrow.parquet": (
        Spot("path", "read_table read_pandas", ("source",)),
        Spot("path", "ParquetFile.__init__", ("source",)),
        Spot("path", "ParquetDataset.__init__", ("path_or_paths",)),
        Spot("write", "write_table", ("1", "where")),
        Spot("write", "write_to_dataset", ("1", "root_path")),
        Spot("write", "ParquetWriter.__init__", ("where",)),
    ),
    "pyarrow.csv": (
        Spot("path", "read_csv open_csv", ("input_file",)),
        Spot("write", "write_csv", ("1", "output_file")),
    ),
    "pyarrow.json": (Spot("path", "read_json", ("input_file",)),),
    "pyarrow.feather": (
        Spot("path", "read_table read_feather", ("source",)),
        Spot("write", "write_feather", ("1", "dest")),
    ),
    "pyarrow.orc": (Spot("path", "read_table", ("source",)),),
    "pyarrow.dataset": (
        Spot("path", "dataset", ("source",)),
        Spot("write", "write_dataset", ("1", "base_dir")),
    ),
    "duckdb": (
        Spot("duckdb", "DuckDBPyConnection.execute DuckDBPyConnection.sql "
             "DuckDBPyConnection.query DuckDBPyConnection.from_query sql query from_query "
             "execute", ("query",)),
        Spot("path", "DuckDBPyConnection.read_csv DuckDBPyConnection.read_parquet "
             "DuckDBPyConnection.read_json DuckDBPyConnection.from_csv_auto "
             "DuckDBPyConnection.from_parquet read_csv read_parquet read_json from_csv_auto "
             "from_parquet", ("path_or_buffer", "path", "file_glob", "file_globs", "name")),
        Spot("fetch", " ".join(
            f"{owner}.{name}"
            for owner in ("DuckDBPyConnection", "DuckDBPyRelation")
            for name in ("df", "fetchdf", "fetch_df", "to_df", "pl", "arrow", "to_arrow_table",
                         "fetch_arrow_table", "fetchnumpy", "fetchall")
        )),
        Spot("write", "DuckDBPyRelation.write_csv DuckDBPyRelation.write_parquet "
             "DuckDBPyRelation.to_csv DuckDBPyRelation.to_parquet", ("file_name",)),
    ),
    "sklearn.datasets": (
        Spot("path", "load_files", ("container_path",)),
        Spot("path", "load_svmlight_file", ("f",)),
        Spot("path", "load_svmlight_files", ("files",)),
        Spot("builtin", "load_iris load_digits load_wine load_breast_cancer load_diabetes "
             "load_linnerud load_sample_image load_sample_images fetch_california_housing "
             "fetch_openml fetch_covtype fetch_20newsgroups fetch_20newsgroups_vectorized "
             "fetch_olivetti_faces fetch_lfw_people fetch_lfw_pairs fetch_rcv1 fetch_kddcup99 "
             "fetch_species_distributions fetch_file"),
    ),
}  # fmt: skip


def observers(library: str, feed: Feed) -> Iterator[tuple[str, Observer[Any]]]:
    """Return the functions of a library that are watched, each with what looks at its calls."""
    asked = queries.Asked()
    for spot in TABLE[library]:
        for name in spot.names.split():
            yield name, _observer(spot, library, name, feed, asked)


def _observer(spot: Spot, library: str, name: str, feed: Feed, asked: Any) -> Observer[Any]:
    method = "." in name
    if spot.kind == "path":
        by_fsspec = library == "pandas"
        return tables.PathReader(feed, spot.arguments, method=method, by_fsspec=by_fsspec)
    if spot.kind == "write":
        return tables.PathWriter(feed, spot.arguments, method=method)
    if spot.kind == "builtin":
        return tables.Builtin(feed, f"{library}.{name}")
    if spot.kind == "sql":
        return queries.SqlReader(feed, spot.arguments)
    if spot.kind == "duckdb":
        return queries.DuckQuery(feed, asked, method=method)
    return queries.DuckFetch(feed, asked)
