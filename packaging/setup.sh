#!/bin/sh
# Makes .venv with this machine's best interpreter and installs ClinicDesk into it; once done, takes no time.
# Windows has no make: `py -3.13 -m venv .venv`, then `.venv\Scripts\pip install -e .[embedded,dev]`.
set -u
cd "$(dirname "$0")/.." || exit 1
stamp=.venv/clinicdesk-setup
LC_ALL=C; export LC_ALL
unset PYTHONHOME PYTHONPATH

say() { printf '%s\n' "$*" >&2; }

# What the environment was made from: a change of any of it makes it again.
wanted() { printf '%s\n' "$PWD" "$(cksum < pyproject.toml)" "$(readlink .venv/bin/python)"; }

if [ -x .venv/bin/python ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(wanted)" ]; then
  exec .venv/bin/python -I -S packaging/qt_libraries.py
fi

# --- the interpreter ---

# Everything that may be CPython $1, best guess first, one a line. Version managers put failing stand-ins on
# PATH and keep the real programs elsewhere, so their folders are looked at too.
candidates() {
  v=$1
  old=$IFS; IFS=:
  for d in $PATH; do
    IFS=$old
    case $d in
      */shims)                    # the stand-ins themselves are slow and may fail
        root=${d%/shims}
        for p in "$root/versions/$v".*/bin/python "$root/installs/python/$v".*/bin/python; do
          echo "$p"
        done ;;
      *) echo "$d/python$v" ;;
    esac
    IFS=:
  done
  IFS=$old
  home=${HOME:-/nonexistent}
  for p in \
    "${PYENV_ROOT:-$home/.pyenv}/versions/$v".*/bin/python "$home/.pyenv/versions/$v".*/bin/python \
    "${ASDF_DATA_DIR:-$home/.asdf}/installs/python/$v".*/bin/python \
    "${MISE_DATA_DIR:-$home/.local/share/mise}/installs/python/$v".*/bin/python \
    "${UV_PYTHON_INSTALL_DIR:-$home/.local/share/uv/python}/cpython-$v".*/bin/python"$v" \
    "/opt/python$v/bin/python$v" "/opt/python/$v"*/bin/python"$v" /opt/*/bin/python"$v" \
    "/usr/local/bin/python$v" "/usr/bin/python$v" \
    "/opt/homebrew/opt/python@$v/bin/python$v" "/usr/local/opt/python@$v/bin/python$v" \
    "/home/linuxbrew/.linuxbrew/opt/python@$v/bin/python$v" \
    "/Library/Frameworks/Python.framework/Versions/$v/bin/python$v"; do echo "$p"; done
  for p in python3 python; do command -v "$p" 2>/dev/null; done
}

# Complete and the ordinary (not free-threaded) build? Prints 'yes', 'no-venv', or nothing.
probe() {
  "$1" -I -c '
import sys, sysconfig
if sys.implementation.name != "cpython" or "%d.%d" % sys.version_info[:2] != sys.argv[1]: sys.exit(1)
if sysconfig.get_config_var("Py_GIL_DISABLED"): sys.exit(1)
import ctypes, ssl, sqlite3, zlib
try:
    import ensurepip, venv
except ImportError:
    print("no-venv")
else:
    print("yes")
' "$2" 2>/dev/null </dev/null
}

find_python() {
  partial=
  for v in 3.13 3.12 3.11; do
    found=$(candidates "$v" | while IFS= read -r p; do
      [ -x "$p" ] || continue
      case $(probe "$p" "$v") in
        yes) printf 'yes %s\n' "$p"; break ;;
        no-venv) printf 'no-venv %s\n' "$p" ;;
      esac
    done)
    python=$(printf '%s\n' "$found" | sed -n 's/^yes //p' | head -n 1)
    [ -z "$python" ] || return 0
    [ -n "$partial" ] || partial=$(printf '%s\n' "$found" | sed -n 's/^no-venv //p' | head -n 1)
  done
  [ -n "$partial" ] || return 1
  # Debian and Ubuntu keep the module venv in a package of its own.
  v=$("$partial" -I -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  package=python$v-venv
  command="apt-get install -y $package"
  if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then
      say "Installing $package..."; DEBIAN_FRONTEND=noninteractive $command >/dev/null 2>&1
    elif sudo -n true 2>/dev/null; then
      say "Installing $package..."; sudo -n $command >/dev/null 2>&1
    fi
  fi
  python=$partial
  [ "$(probe "$partial" "$v")" = yes ] && return 0
  say "$partial cannot make environments; install its module venv: sudo $command"
  exit 1
}

# --- the environment ---

if ! find_python; then
  say "ClinicDesk needs CPython 3.13, 3.12 or 3.11, and none was found."
  say "Install one and try again (Debian, Ubuntu: sudo apt-get install python3 python3-venv;"
  say "Fedora: sudo dnf install python3.13; macOS: brew install python@3.13)."
  exit 1
fi
say "Using $("$python" -I -c 'import sys; print("CPython %d.%d.%d" % sys.version_info[:3])') at $python"

# An environment of the same interpreter in the same place is brought up to date instead of made again.
base() { "$1" -I -c 'import os, sys; print(os.path.realpath(sys.base_prefix), sys.version)' 2>/dev/null; }
[ ! -f "$stamp" ] || [ "$(head -n 1 "$stamp")" = "$PWD" ] || rm -rf .venv
[ -x .venv/bin/python ] && [ "$(base .venv/bin/python)" = "$(base "$python")" ] || rm -rf .venv
if [ ! -d .venv ] && ! "$python" -I -m venv .venv; then
  say "The environment .venv could not be made here: see the lines above (disk full? folder not yours?)."
  rm -rf .venv
  exit 1
fi
say "Installing ClinicDesk and its libraries (some minutes the first time)..."
if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input -e '.[embedded,dev]'; then
  say "The libraries could not be installed: see the lines above (is the internet reachable?)."
  exit 1
fi
.venv/bin/python -I -S packaging/qt_libraries.py || exit 1
wanted > "$stamp"
