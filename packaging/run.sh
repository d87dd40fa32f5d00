#!/bin/sh
# Opens ClinicDesk from the environment in .venv: the demo clinic unless told otherwise.
set -u
cd "$(dirname "$0")/.." || exit 1
[ $# -gt 0 ] || set -- demo --role receptionist --progress terminal

# Only these words open a window; the other commands work in any terminal.
case "$1" in
  demo|-*) window=yes ;;
  *) window=no ;;
esac
case " $* " in *" --help "*|*" -h "*|*" --version "*) window=no ;; esac

if [ "$window" = yes ] && [ "$(uname -s)" = Linux ] &&
   [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}${QT_QPA_PLATFORM:-}" ]; then
  echo "There is no display here, so no window can open; to run without one: QT_QPA_PLATFORM=offscreen make run" >&2
  exit 2
fi
exec .venv/bin/clinicdesk "$@"
