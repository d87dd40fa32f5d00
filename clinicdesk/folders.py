"""Where this account keeps things; apart from the settings, whose library takes long to import."""

import os
from pathlib import Path

from platformdirs import user_config_path, user_data_path


def default_config() -> Path:
    """CLINICDESK_CONFIG, else the account's own deployment.toml."""
    named = os.environ.get("CLINICDESK_CONFIG")
    return Path(named) if named else user_config_path("clinicdesk") / "deployment.toml"


def default_data_dir() -> Path:
    """Where a one-PC clinic keeps its private servers' data."""
    return user_data_path("clinicdesk")


def holds_clinic(data_dir: Path) -> bool:
    """Whether this folder was set up before."""
    return (data_dir / "secrets.json").exists()
