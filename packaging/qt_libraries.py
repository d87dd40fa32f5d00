"""Are the system libraries there that Qt's wheels do not carry? Installs the missing ones when it may.

Standard library only; prints nothing and ends with 0 when all is there. Only Linux needs this.
"""

import ctypes
import os
import shutil
import subprocess
import sys

# library: package for apt-get, dnf, pacman, zypper
ALWAYS = {
    "libEGL.so.1": ("libegl1", "libglvnd-egl", "libglvnd", "libglvnd"),
    "libGL.so.1": ("libgl1", "libglvnd-glx", "libglvnd", "libglvnd"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon", "libxkbcommon", "libxkbcommon0"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig", "fontconfig", "fontconfig"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs", "dbus", "libdbus-1-3"),
}
DISPLAY = {
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor", "libxcb-cursor0"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm", "xcb-util-wm", "libxcb-icccm4"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms", "libxcb-keysyms1"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image", "xcb-util-image", "libxcb-image0"),
    "libxcb-render-util.so.0": (
        "libxcb-render-util0",
        "xcb-util-renderutil",
        "xcb-util-renderutil",
        "libxcb-render-util0",
    ),
    "libxkbcommon-x11.so.0": (
        "libxkbcommon-x11-0",
        "libxkbcommon-x11",
        "libxkbcommon-x11",
        "libxkbcommon-x11-0",
    ),
}
INSTALLERS = (
    ("apt-get", ("install", "-y", "--no-install-recommends")),
    ("dnf", ("install", "-y")),
    ("pacman", ("-S", "--noconfirm", "--needed")),
    ("zypper", ("--non-interactive", "install")),
)


def is_there(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing(libraries: "dict[str, tuple[str, str, str, str]]") -> "list[str]":
    return [library for library in libraries if not is_there(library)]


def install_command(wanted: "list[str]") -> "list[str]":
    """Empty where no known package manager is installed."""
    for column, (program, arguments) in enumerate(INSTALLERS):
        if shutil.which(program):
            packages = sorted({(ALWAYS.get(library) or DISPLAY[library])[column] for library in wanted})
            return [program, *arguments, *packages]
    return []


def permission() -> "list[str] | None":
    """What to put before a command that needs root; None when we may not."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    return None


def install(command: "list[str]", prefix: "list[str]") -> None:
    print("Installing the system libraries that Qt needs...", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run([*prefix, *command], env=environment, capture_output=True)
    if done.returncode != 0 and command[0] == "apt-get":  # a fresh machine knows no packages yet
        subprocess.run([*prefix, "apt-get", "update"], env=environment, capture_output=True)
        subprocess.run([*prefix, *command], env=environment, capture_output=True)


def main() -> int:
    if not sys.platform.startswith("linux"):
        return 0
    with_display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    wanted = {**ALWAYS, **DISPLAY} if with_display else ALWAYS
    absent = missing(wanted)
    if not absent:
        return 0
    command = install_command(absent)
    prefix = permission()
    if command and prefix is not None:
        install(command, prefix)
        absent = missing(wanted)
        if not absent:
            return 0
    print("Qt needs system libraries that are missing: " + ", ".join(absent), file=sys.stderr)
    if command:
        print("Install them with: sudo " + " ".join(command), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
