#!/bin/bash
# How the suite grows: generates counties, loads them through the command line client into all_in_one on SQLite, decides
# and compares one term, and prints a table: seconds per phase, rows per second, peak memory, bytes on disk per pupil.
#
#   tests/load/scale.sh <build folder> <scratch folder>
#   PUPILS=100000 of each county   COUNTIES="411728 411721 ..."   KEEP=1 leaves the scratch folder   LANES=2 counties at once
#
# Wants a Release build of all_in_one_server, ruraledu, ruraledu_xls and county_generate, and redis-server. Loopback only.
set -euo pipefail

source_dir=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
build=$(readlink -f "${1:?build folder}")
mkdir -p "${2:?scratch folder}"
home=$(readlink -f "$2")
counties=${COUNTIES:-411728}
lanes=${LANES:-2}
term=2023-2024-1
. "$source_dir/tests/load/one_process.sh"

each_county() { # each_county <function>: for every county, `lanes` at once
  local failed=0 county running=()
  for county in $counties; do
    "$1" "$county" >>"$home/log/$1.$county.out" 2>&1 &
    running+=($!)
    while [ "$(jobs -rp | wc -l)" -gt "$lanes" ]; do wait -n || true; done
  done
  for pid in "${running[@]}"; do wait "$pid" || failed=$((failed + 1)); done
  [ "$failed" -eq 0 ] || echo "scale: $1 failed or refused files in $failed counties, see $home/log" >&2
}

import() { as importer import "$@" --county "$county" --mode partial --apply --keep-going --override-guard DUPLICATE_SHARE; }
generate() { (cd "$source_dir" && "$home/bin/county_generate" --county "$1" --pupils "$pupils" --out "$home/county"); }
base() {
  local county=$1 files=$home/county/$1/base
  import villages "$files/villages.csv" --batch base --facts-on 2022-09-01
  import schools "$files"/*学校* --batch base --facts-on 2022-09-01
  import classes "$files"/*班级* --batch base --facts-on 2022-09-01
  import teachers "$files"/*教师* --batch base --facts-on 2022-09-01
}
rosters() {
  local county=$1
  import student_roster "$home/county/$1/students/$term" --batch "$term" --school-year 2023-2024 --facts-on 2023-09-01
}
departments() {
  local county=$1 source
  for source in rural_revitalisation civil_affairs disabled_federation veterans; do
    [ ! -d "$home/county/$1/$source" ] ||
      import "$source" "$home/county/$1/$source" --batch "$term" --facts-on 2023-09-01
  done
}
run() { as officer aid run --county "$1" --term "$term" --wait; }
record() { as officer aid record "$home/county/$1"/aid_records/*"$term"* --county "$1" --paid-on 2023-12-20; }
compare() { as officer aid compare --county "$1" --term "$term" --wait; }

trap stop EXIT
install_programs services/all_in_one/all_in_one_server services/cli/ruraledu common/ruraledu_xls tests/county_generate
prepare importer,P-4,IMPORT_OPERATOR,41 importer,P-4,COUNTY_REGISTRAR,41 officer,P-5,COUNTY_AID_OFFICER,41
each_county generate
start
count=$(wc -w <<<"$counties")
total=$((pupils * count))
phase start true
phase base each_county base
phase rosters each_county rosters
phase departments each_county departments
phase entitlement each_county run
phase record each_county record
phase comparison each_county compare
phase comparison-again each_county compare

printf '%d pupils in %d counties, %d counties at once\n' "$total" "$count" "$lanes"
table "$total"
