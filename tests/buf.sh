#!/bin/bash
# buf lint over the contracts, and buf breaking against the last release (tag v*). The image is made by protoc: the protos of
# google.api, google.rpc and google.type come from Debian's golang-github-gogo-googleapis-dev.
set -euo pipefail
cd "$(dirname "$(dirname "$(readlink -f "$0")")")"
google=${GOOGLEAPIS_DIR:-/usr/share/gocode/src/github.com/gogo/googleapis}
work=build/buf
mkdir -p "$work"

buf=$(command -v buf || true)
if [ -z "$buf" ]; then
  command -v npm >/dev/null || { echo "buf: skipped, neither buf nor npm is installed"; exit 0; }
  [ -x "$work/node_modules/.bin/buf" ] || npm install --silent --no-audit --no-fund --prefix "$work" @bufbuild/buf@1
  buf=$work/node_modules/.bin/buf
fi

image() { # <folder with ruraledu/> <file>
  (cd "$1" && find ruraledu -name '*.proto' | sort | xargs protoc -I. -I"$google" --include_imports --include_source_info \
    --descriptor_set_out="$2")
}
# buf looks at the imported protos too and fails for theirs: only our own findings count.
own() { grep -E '^(proto/)?ruraledu/|Failure' || true; }

image proto "$PWD/$work/image.binpb"
findings=$({ "$buf" lint "$work/image.binpb" --config proto/buf.yaml 2>&1 || true; } | own)
release=$(git tag --list 'v*' --sort=-v:refname 2>/dev/null | head -n 1)
if [ -n "$release" ]; then
  rm -rf "$work/release" && mkdir "$work/release"
  git archive "$release" proto | tar -x -C "$work/release"
  image "$work/release/proto" "$PWD/$work/release.binpb"
  findings+=$({ "$buf" breaking "$work/image.binpb" --against "$work/release.binpb" --config proto/buf.yaml 2>&1 || true; } | own)
fi
if [ -n "$findings" ]; then
  printf '%s\n' "$findings"
  exit 1
fi
echo "buf: lint clean${release:+, nothing broken since $release}"
