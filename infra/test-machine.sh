#!/usr/bin/env bash
# Sees to it that PostgreSQL and Chromium are there for the tests: installs the Debian packages
# where it may, else names them.
set -euo pipefail

missing=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
command -v chromium >/dev/null || missing+=(chromium)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "Installing for the tests: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" fonts-noto-core fonts-dejavu-core >/dev/null
  exit 0
fi
echo "These tests also need: ${missing[*]}. Install them, for instance with:"
echo "  sudo apt-get install ${missing[*]}"
echo "Until then the tests that need them are skipped."
# In CI a test that did not run proves nothing.
[ "${CI:-}" != "true" ]
