"""Screens begin as for a person who never used this PC."""

import pytest
from PySide6.QtCore import QSettings


@pytest.fixture(autouse=True)
def _nothing_remembered():
    QSettings("ClinicDesk", "ClinicDesk").remove("schedule")
