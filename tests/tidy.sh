#!/bin/bash
# clang-tidy with the tree's .clang-tidy over the sources of the given folders.
# usage: tests/tidy.sh BUILD_DIR [FOLDER...]   (default: common/domain services/student_aid services/dropout_monitoring; generated code must be built there)
# Not part of the normal tests: some 10 seconds a file. One process, so that it can run beside other work.
set -euo pipefail
cd "$(dirname "$(dirname "$(readlink -f "$0")")")"
build=$1
shift
[ $# -gt 0 ] || set -- common/domain services/student_aid services/dropout_monitoring
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Every make knows the commands; only some write them down. A compiler cache in front is taken off, flags of g++ alone too.
ninja -C "$build" -t compdb > "$work/all.json"
python3 - "$work" <<'PYTHON'
import json, re, sys
rows = [row for row in json.load(open(sys.argv[1] + "/all.json")) if row["file"].endswith(".cc")]
for row in rows:
    row["command"] = re.sub(r"^\S*ccache ", "", row["command"])
    row["command"] = re.sub(r" -fno-sanitize-recover=\S+| -Wno-(restrict|maybe-uninitialized)", "", row["command"])
json.dump(rows, open(sys.argv[1] + "/compile_commands.json", "w"))
PYTHON
files=$(find "$@" -name '*.cc' | sort)
failed=0
for file in $files; do
  nice clang-tidy-14 -p "$work" --quiet --extra-arg=-Wno-unknown-warning-option "$PWD/$file" 2> /dev/null || failed=1
done
exit $failed
