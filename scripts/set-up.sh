#!/usr/bin/env bash
# Installs the Debian packages that some tests need and this machine lacks. Says what stays missing, and why: the
# tests that need it then say that they were skipped. In CI that is a failure.
set -u

declare -A package_of=([shellcheck]=shellcheck [nc]=netcat-openbsd [faketime]=faketime [ip]=iproute2
  [mmdebstrap]=mmdebstrap [systemd-nspawn]=systemd-container)
missing=()
for program in "${!package_of[@]}"; do
  command -v "$program" >/dev/null 2>&1 || missing+=("${package_of[$program]}")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "not installed, and not installed now because that needs root and apt-get: ${missing[*]}" >&2
else
  echo "installing ${missing[*]}" >&2
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1
fi
for program in "${!package_of[@]}"; do
  command -v "$program" >/dev/null 2>&1 && continue
  echo "missing: $program (Debian package ${package_of[$program]})" >&2
  [ -n "${CI:-}" ] && exit 1
done
exit 0
