#!/bin/bash
# DuckDB as a yardstick, of the benchmark only: fetched by npm into a cache folder, never part of the product.
#   duckdb.sh --install             fetches @duckdb/node-api, which brings its library inside the package
#   duckdb.sh <folder> <statement>  makes the tables of <folder>/tables.sql, one statement a line, in memory on two threads, loads
#                                   <folder>/<table>.csv into each that has one, prints the median seconds of the statement of three times
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ruraledu-bench
if [ "${1:-}" = --install ]; then
  mkdir -p "$cache"
  cp "$here/duckdb.mjs" "$cache/"
  cd "$cache"
  [ -f package.json ] || echo '{"private": true, "type": "module"}' >package.json
  exec npm install --no-audit --no-fund --ignore-scripts --no-progress @duckdb/node-api
fi
[ -d "$cache/node_modules/@duckdb/node-api" ] || exit 0
cp "$here/duckdb.mjs" "$cache/"
cd "$cache"
exec node duckdb.mjs "$@"
