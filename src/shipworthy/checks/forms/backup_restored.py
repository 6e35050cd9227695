"""Judges `backup-restored`: there is a backup and a restore was tried."""

from __future__ import annotations

from shipworthy.checks.forms.base import FormCheck
from shipworthy.facts.forms import BackupFile
from shipworthy.facts.stack import Stack


class BackupRestored(FormCheck):
    """A pass proves that `.shipworthy/backup.toml` tells how each data store is backed up, and of a recent restore.

    Evidence: the data stores whose packages or containers were found. It cannot see the backup, nor files that the app
    keeps on a disk; that the restore happened is what the person attests.
    """

    id = "backup-restored"
    file = BackupFile
    needs = (BackupFile, Stack)
