"""Which file system a folder is on."""

from __future__ import annotations

from pathlib import Path

_NETWORK = {
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.gcsfuse", "fuse.glusterfs", "fuse.s3fs",
    "fuse.sshfs", "glusterfs", "gpfs", "lustre", "nfs", "nfs4", "smb3", "smbfs",
}  # fmt: skip


def network_filesystem(folder: Path) -> str | None:
    """Return the kind of network file system a folder is on; None where it is a local one."""
    import psutil

    resolved = folder.resolve()
    mounts = {Path(p.mountpoint): p.fstype for p in psutil.disk_partitions(all=True)}
    for parent in (resolved, *resolved.parents):
        if parent in mounts:
            return mounts[parent] if mounts[parent] in _NETWORK else None
    return None
