"""The set-up scripts: what can be tried without making an environment."""

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="shell and libraries of Linux")


def test_no_display_is_said_in_one_sentence_with_the_way_on():
    bare = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["sh", "packaging/run.sh"], cwd=ROOT, env=bare, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "QT_QPA_PLATFORM=offscreen make run" in done.stderr


def test_qt_libraries_are_here():
    done = subprocess.run(
        [sys.executable, "-I", "packaging/qt_libraries.py"], cwd=ROOT, check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="Debian and its kin")
def test_missing_libraries_become_an_exact_command():
    script = runpy.run_path(str(ROOT / "packaging" / "qt_libraries.py"))
    assert script["missing"]({"libnothing.so.99": ("a", "b", "c", "d")}) == ["libnothing.so.99"]
    command = script["install_command"](["libxcb-cursor.so.0", "libEGL.so.1"])
    assert command == ["apt-get", "install", "-y", "--no-install-recommends", "libegl1", "libxcb-cursor0"]


def test_shell_scripts_parse():
    for script in ("packaging/setup.sh", "packaging/run.sh"):
        subprocess.run(["sh", "-n", script], cwd=ROOT, check=True)


def test_without_an_interpreter_the_versions_are_named(tmp_path: Path):
    clone = tmp_path / "a clone"
    shutil.copytree(ROOT / "packaging", clone / "packaging")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("dirname", "cksum", "sed", "head", "id", "cat", "uname"):
        (tools / name).symlink_to(shutil.which(name) or "")
    script = (clone / "packaging" / "setup.sh").read_text(encoding="utf-8")
    script = (
        script.replace("/usr/bin/", "/nowhere/")
        .replace("/usr/local/", "/nowhere/")
        .replace("/opt/", "/nowhere/")
    )
    done = subprocess.run(
        ["/bin/sh", "-s", "packaging/setup.sh"],
        input=script.replace('cd "$(dirname "$0")/.."', "true"),
        cwd=clone,
        env={"PATH": str(tools), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "3.13, 3.12 or 3.11" in done.stderr
    assert not (clone / ".venv").exists()
