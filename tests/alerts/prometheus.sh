#!/usr/bin/env bash
# Brings Prometheus and its promtool into a folder, where there are none in PATH: Debian's package, unpacked. Installed, it would start a
# server on this machine.
set -euo pipefail
tools=$(mkdir -p "$1" && cd "$1" && pwd)

if command -v prometheus > /dev/null && command -v promtool > /dev/null || [ -x "$tools/prometheus/usr/bin/promtool" ]; then
  exit 0
fi
if ! command -v apt-get > /dev/null; then
  echo "Prometheus is missing; to mend it: install it (2.42 or later), so that prometheus and promtool are in PATH" >&2
  exit 1
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo "fetching Prometheus"
if ! apt-get download -qq prometheus 2> errors; then
  [ "$(id -u)" = 0 ] || { cat errors >&2; exit 1; }
  apt-get update -qq
  apt-get download -qq prometheus
fi
rm -rf "$tools/prometheus"
dpkg-deb --extract prometheus_*.deb "$tools/prometheus"
