#!/usr/bin/env bash
# Builds dist/clinicdesk and tries it. `SMOKE=no make bundle` only builds.
set -euo pipefail
cd "$(dirname "$0")/.."
started=$(date +%s)
rm -rf build/bundle dist/clinicdesk
.venv/bin/python -m PyInstaller --noconfirm --clean --log-level WARN \
  --workpath build/bundle --distpath dist packaging/clinicdesk.spec
# the interpreter's own libraries often carry debug symbols; the wheels' libraries must stay as they are
if [ "$(uname -s)" = Linux ] && command -v strip >/dev/null; then
  find dist/clinicdesk/_internal \( -name 'libpython*.so*' -o -path '*/lib-dynload/*.so' -o -path '*/sqlalchemy/*.so' \) \
    -type f -exec strip --strip-unneeded {} +
fi
built=$(date +%s)
du -sh dist/clinicdesk | awk '{print "dist/clinicdesk: " $1}'
echo "built in $((built - started)) s"
[ "${SMOKE:-yes}" = no ] || exec .venv/bin/python packaging/smoke.py dist/clinicdesk
