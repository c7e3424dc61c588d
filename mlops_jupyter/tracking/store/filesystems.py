"""Which file system a folder is on, and what its locks are worth."""

from __future__ import annotations

import os
from pathlib import Path

_NETWORK = {
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.gcsfuse", "fuse.glusterfs", "fuse.s3fs",
    "fuse.sshfs", "glusterfs", "gpfs", "lustre", "nfs", "nfs4", "smb3", "smbfs",
}  # fmt: skip

# Where a lock that one kernel holds is seen by all who can open the file. A list of the good ones:
# what is shared between machines (or with a virtual machine's host) has ever new names.
_LOCAL = {
    "apfs", "bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "hfs", "jfs", "overlay", "ramfs",
    "reiserfs", "tmpfs", "ufs", "xfs", "zfs",
}  # fmt: skip


def network_filesystem(folder: Path) -> str | None:
    """Return the kind of network file system a folder is on; None where it is a local one."""
    kind = _kind(folder)
    return kind if kind in _NETWORK else None


def locks_hold(folder: Path) -> bool:
    """Whether everybody who sees a lock file in this folder sees whether its lock is held."""
    return _kind(folder) in _LOCAL


def _kind(folder: Path) -> str | None:
    import psutil

    resolved = Path(os.path.realpath(folder))  # unlike Path.resolve, at peace with a link loop
    mounts = {Path(p.mountpoint): p.fstype for p in psutil.disk_partitions(all=True)}
    for parent in (resolved, *resolved.parents):
        if parent in mounts:
            return str(mounts[parent])
    return None
