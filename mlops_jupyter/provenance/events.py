"""The runs of a lineage as OpenLineage events, for catalogues that other tools tell theirs to.

A run is told by two events: that it started, and how it ended. Its job is what would make it
again: the notebook or script, else the experiment. Files of the workspace are named by their path
in it, below the name of the project: the same for everybody who works on it, wherever it lies.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mlops_jupyter import addresses, git
from mlops_jupyter._version import __version__
from mlops_jupyter.data.catalog import automatic
from mlops_jupyter.errors import MissingExtra, MlopsError
from mlops_jupyter.provenance.walking import inputs_of, notebook_of
from mlops_jupyter.tracking import tags
from mlops_jupyter.tracking.capture.masking import of_this_process as masker
from mlops_jupyter.tracking.history import run_data
from mlops_jupyter.tracking.history.summaries import moment

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun
    from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, RunEvent

    from mlops_jupyter.provenance.contents import Contents
    from mlops_jupyter.provenance.finding import Finder
    from mlops_jupyter.provenance.records import Lineage, LineageNode
    from mlops_jupyter.tracking.run_parts import DataInput, DataOutput
    from mlops_jupyter.workspace import Workspace

_PRODUCER = f"urn:mlops-jupyter:{__version__}"
_ENDS = {"FINISHED": "COMPLETE", "FAILED": "FAIL", "KILLED": "ABORT"}


def require() -> None:
    """Refuse where the client is not installed.

    Raises
    ------
    MissingExtra
        It is not.
    """
    try:
        import openlineage.client  # noqa: F401 - to see whether it is there
    except ImportError:
        raise MissingExtra(
            "openlineage-python", "openlineage", "telling lineage as OpenLineage events"
        ) from None


def of(
    workspace: Workspace, lineage: Lineage, finder: Finder, contents: Contents
) -> list[RunEvent]:
    """Return the events of all runs in a lineage, in the order in which they happened.

    Runs that were deleted are not told.
    """
    told = _Telling(workspace, lineage, finder, contents)
    found: list[RunEvent] = []
    for node in lineage.nodes:
        run = finder.run(node.id.removeprefix("run:")) if node.kind == "run" else None
        if run is not None and node.state == "there":
            found += told.events(node, run)
    return sorted(found, key=lambda event: event.eventTime)


def project_name(workspace: Workspace) -> str:
    """Return what a project is called wherever it lies: its git remote's address, else its folder.

    Examples
    --------
    >>> project_name(ws)
    'project'
    """
    try:
        url = git.remote_url(workspace.root, None)
    except MlopsError:  # no git, no repository
        url = None
    if not url:
        return workspace.root.name
    address = git.without_userinfo(url).removesuffix(".git")
    return address if "://" in address else address.rpartition("@")[2].replace(":", "/", 1)


class _Telling:
    def __init__(
        self, workspace: Workspace, lineage: Lineage, finder: Finder, contents: Contents
    ) -> None:
        self._contents = contents
        self._project = project_name(workspace)
        self._with_code = workspace.settings.privacy.allows("source", remote=True)
        self._finder = finder
        nodes = {node.id: node for node in lineage.nodes}
        self._models: dict[str, list[LineageNode]] = {}
        for edge in lineage.edges:
            if edge.kind == "registered":
                self._models.setdefault(edge.source, []).append(nodes[edge.target])

    def events(self, node: LineageNode, run: MlflowRun) -> list[RunEvent]:
        """Return that a run started, and how it ended."""
        from openlineage.client.event_v2 import Run, RunEvent, RunState

        job = self._job(node, run)
        about = Run(_uuid(run), self._run_facets(run))
        inputs = [self._input(entry) for entry in inputs_of(self._finder, run)]
        outputs = [self._output(entry) for entry in run_data.outputs(run.data.tags)]
        outputs += [self._model(model) for model in self._models.get(node.id, [])]
        started = moment(run.info.start_time) or datetime.fromtimestamp(0, UTC)
        found = [
            RunEvent(
                eventTime=started.isoformat(), eventType=RunState.START, run=about, job=job,
                inputs=inputs, producer=_PRODUCER,
            )
        ]  # fmt: skip
        ended = moment(run.info.end_time)
        if (how := _ENDS.get(run.info.status)) and ended:
            found.append(
                RunEvent(
                    eventTime=max(ended, started).isoformat(), eventType=RunState[how], run=about,
                    job=job, inputs=inputs, outputs=outputs, producer=_PRODUCER,
                )
            )  # fmt: skip
        return found

    def _job(self, node: LineageNode, run: MlflowRun) -> Job:
        from openlineage.client.event_v2 import Job
        from openlineage.client.facet_v2 import (
            documentation_job,
            job_type_job,
            source_code_location_job,
        )

        facets: dict[str, Any] = {
            "jobType": job_type_job.JobTypeJobFacet(
                processingType="BATCH", integration="MLOPS-JUPYTER",
                jobType=(run.data.tags.get(tags.KIND) or "run").upper(), producer=_PRODUCER,
            )
        }  # fmt: skip
        if note := run.data.tags.get(tags.NOTE):
            facets["documentation"] = documentation_job.DocumentationJobFacet(
                masker().text(note), producer=_PRODUCER
            )
        code = node.code
        if code and code.remote:
            facets["sourceCodeLocation"] = source_code_location_job.SourceCodeLocationJobFacet(
                type="git", url=code.remote, repoUrl=code.remote, path=notebook_of(run),
                version=code.commit, branch=code.branch, producer=_PRODUCER,
            )  # fmt: skip
        return Job(self._project, self._job_name(run), facets)

    def _job_name(self, run: MlflowRun) -> str:
        experiment = self._finder.experiments.get(str(run.info.experiment_id), "runs")
        return notebook_of(run) or experiment

    def _run_facets(self, run: MlflowRun) -> dict[str, Any]:
        from openlineage.client.facet_v2 import error_message_run, parent_run

        facets: dict[str, Any] = {}
        parent = self._finder.run(run.data.tags.get(tags.PARENT) or "")
        if parent is not None and parent.info.run_id != run.info.run_id:
            facets["parent"] = parent_run.ParentRunFacet(
                run=parent_run.Run(_uuid(parent)),
                job=parent_run.Job(self._project, self._job_name(parent)),
                producer=_PRODUCER,
            )
        if error := run.data.tags.get(tags.ERROR):
            masked = masker().text(error)
            facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(
                message=tags.error_line(masked), programmingLanguage="PYTHON",
                stackTrace=masked if self._with_code else None, producer=_PRODUCER,
            )  # fmt: skip
        return facets

    def _input(self, entry: DataInput) -> InputDataset:
        from openlineage.client.event_v2 import InputDataset
        from openlineage.client.facet_v2 import schema_dataset

        facets = self._dataset_facets(entry.source or entry.name, entry.digest, entry.version)
        if entry.column_types:
            facets["schema"] = schema_dataset.SchemaDatasetFacet(
                [
                    schema_dataset.SchemaDatasetFacetFields(
                        name=column.name, type=column.type, ordinal_position=place
                    )
                    for place, column in enumerate(entry.column_types, start=1)
                ],
                producer=_PRODUCER,
            )
        namespace, name = self._called(entry.source, entry.name)
        return InputDataset(namespace, name, facets=facets)

    def _output(self, entry: DataOutput) -> OutputDataset:
        from openlineage.client.event_v2 import OutputDataset
        from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics

        sizes: dict[str, Any] = {}
        if entry.size is not None:
            sizes["outputStatistics"] = statistics.OutputStatisticsOutputDatasetFacet(
                size=entry.size, producer=_PRODUCER
            )
        facets = self._dataset_facets(entry.path, entry.digest, entry.version)
        namespace, name = self._called(entry.path, entry.path)
        return OutputDataset(namespace, name, facets=facets, outputFacets=sizes)

    def _model(self, node: LineageNode) -> OutputDataset:
        from openlineage.client.event_v2 import OutputDataset
        from openlineage.client.facet_v2 import dataset_version_dataset as versions

        name, _, number = node.ref.removeprefix("model:").rpartition("@")
        version = versions.DatasetVersionDatasetFacet(number, producer=_PRODUCER)
        return OutputDataset(self._project, f"models/{name}", facets={"version": version})

    def _dataset_facets(
        self, source: str, digest: str | None, version: str | None
    ) -> dict[str, Any]:
        from openlineage.client.facet_v2 import dataset_version_dataset, datasource_dataset

        shown = addresses.without_credentials(source) if addresses.is_address(source) else source
        facets: dict[str, Any] = {
            "dataSource": datasource_dataset.DatasourceDatasetFacet(
                name=self._called(source, source)[0], uri=shown, producer=_PRODUCER
            )
        }
        if named := self._version(digest, version):
            facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(
                named, producer=_PRODUCER
            )
        return facets

    def _version(self, digest: str | None, told: str | None) -> str | None:
        """Return the first version of a content: the same for who wrote and who read it."""
        known = self._contents.versions(digest) if digest else []
        if known:
            return known[-1].ref
        return told if told and not automatic.is_reference(told) else digest

    def _called(self, source: str, name: str) -> tuple[str, str]:
        """Return the namespace and name of a dataset, as OpenLineage has them."""
        if not addresses.is_address(source):
            return self._project, source or name
        parts = urlsplit(addresses.without_credentials(source))
        return f"{parts.scheme}://{parts.netloc}", parts.path.lstrip("/") or name


def _uuid(run: MlflowRun) -> str:
    """Return our id of a run, the same in every store; else one made of MLflow's."""
    for known in (run.data.tags.get(tags.UID), run.info.run_id):
        try:
            return str(uuid.UUID(known))
        except (ValueError, TypeError, AttributeError):  # others may have written anything
            continue
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"mlflow-run:{run.info.run_id}"))
