"""Backs a PostgreSQL database up, so that nothing but a checked copy counts.

    lock ─► dump aside ─► list with pg_restore ─► pack, encrypt ─► store ─► read back ─► manifest
                                                                     restore drill ─► prune

    action.py     the order of things; the only one that speaks with the run
    job.py        what it works with: programs, database, keys and place, found and locked
    params.py     what a task may say
    session.py    a psql that is held open: the lock of the database, the snapshot, the row counts
    dumping.py    pg_dump and pg_restore
    packing.py    tar, zstd and age, in threads that can be stopped
    places.py     what a store of backups can do; folder.py and s3.py do it
    drill.py      restores into a scratch database and counts
    retention.py  which backups may go; pure
    records.py    what the platform is told

A backup exists when its manifest does, and the manifest appears last, when the copy is whole and
has been read back. So a death at any moment leaves either no backup or a whole one, and the old
ones as they were; the next run clears away what is left. Old backups go only after a new one stands
and is verified.
"""

from services.executor.actions.data_backup.action import DataBackup
from services.executor.actions.data_backup.params import DataBackupParams

__all__ = ["DataBackup", "DataBackupParams"]
