#!/bin/bash
# All tests from nothing on Debian 12: installs packages, checks the format of sources, builds with address and
# undefined-behaviour sanitizers, lints the contracts, runs everything. RURALEDU_JOBS sets the number of processes; PRESET another preset (tsan).
set -euo pipefail
cd "$(dirname "$(dirname "$(readlink -f "$0")")")"
jobs=${RURALEDU_JOBS:-$(nproc)}
preset=${PRESET:-debug}

missing=()
for package in $(grep -v '^#' deploy/packages.txt); do
  [ "$package" = npm ] && command -v npm >/dev/null && continue # it may come with another nodejs
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  root=()
  [ "$(id -u)" -eq 0 ] || root=(sudo)
  "${root[@]}" apt-get update -q
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"
fi

find common services tests -name '*.cc' -o -name '*.h' | xargs clang-format-14 --dry-run -Werror
cmake --preset "$preset"
cmake --build "build/$preset" -j "$jobs"
tests/buf.sh
ctest --test-dir "build/$preset" -j "$jobs" --output-on-failure
