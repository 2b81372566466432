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
pupils=${PUPILS:-100000}
counties=${COUNTIES:-411728}
lanes=${LANES:-2}
term=2023-2024-1
port=${PORT:-18443}
admin_port=${ADMIN_PORT:-19464}
export RURALEDU_BIN=$home/bin

fail() { printf 'scale: %s\n' "$*" >&2; exit 1; }
now() { date +%s.%N; }
as() { local who=$1; shift; "$home/bin/ruraledu" --profile "$home/profiles/$who.toml" "$@"; }
peak() { awk '/VmHWM/ {print int($2 / 1024)}' "/proc/$(cat "$home/run/all_in_one.pid")/status"; }
disk() { du -sbc "$home"/data/*.db* | tail -1 | cut -f1; }

phases=()
phase() { # phase <name> <command...>: runs it and notes its seconds, the peak so far and the bytes at rest
  local name=$1 begun ended
  shift
  begun=$(now)
  "$@"
  ended=$(now)
  phases+=("$(printf '%s|%.1f|%s|%s' "$name" "$(awk "BEGIN {print $ended - $begun}")" "$(peak)" "$(disk)")")
  printf '%s: %s\n' "$(date +%T)" "${phases[-1]}" >&2
}

prepare() {
  mkdir -p "$home"/{bin,data,keys,log,profiles,run,county}
  chmod 700 "$home"
  local program
  for program in services/all_in_one/all_in_one_server services/cli/ruraledu common/ruraledu_xls tests/county_generate; do
    [ -f "$build/$program" ] || program=$(basename "$program") # a folder of programs will do
    install -m 755 "$build/$program" "$home/bin/"
  done
  local clients=() person
  for person in importer officer; do clients+=(--client "$person"); done
  "$home/bin/ruraledu" pki init "$home/pki" "${clients[@]}"
  "$home/bin/ruraledu" keys init "$home/keys/data.keys"
  "$home/bin/ruraledu" tokens keygen "$home/keys/tokens"
  {
    echo subject,person,display_name,role,area,certificate_file
    echo "importer,P-4,数据导入员,IMPORT_OPERATOR,41,$home/pki/importer.crt"
    echo "importer,P-4,数据导入员,COUNTY_REGISTRAR,41,$home/pki/importer.crt"
    echo "officer,P-5,资助专干,COUNTY_AID_OFFICER,41,$home/pki/officer.crt"
  } >"$home/accounts.csv"
  for person in importer officer; do
    sed -e "s|@SOURCE@|$source_dir|; s|@PORT@|$port|; s|@NAME@|$person|" "$source_dir/deploy/config/profile.toml" \
      >"$home/profiles/$person.toml"
  done
  sed -e "s|@HOME@|$home|; s|@SOURCE@|$source_dir|; s|@PORT@|$port|; s|@ADMIN_PORT@|$admin_port|" \
    "$source_dir/deploy/config/all_in_one.toml" >"$home/all_in_one.toml"
}

ready() {
  local line
  exec 3<>"/dev/tcp/127.0.0.1/$admin_port" || return 1
  printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3
  read -r line <&3 || true
  exec 3>&-
  [[ $line == *" 200"* ]]
}

start() {
  redis-server --port 0 --unixsocket "$home/run/redis.sock" --unixsocketperm 700 --save "" --appendonly no \
    --dir "$home/run" --pidfile "$home/run/redis.pid" --daemonize yes --logfile "$home/log/redis.log" >/dev/null
  setsid "$home/bin/all_in_one_server" --config "$home/all_in_one.toml" </dev/null >>"$home/log/all_in_one.out" 2>&1 &
  echo $! >"$home/run/all_in_one.pid"
  for ((i = 0; i < 600; ++i)); do
    ready 2>/dev/null && return
    sleep 0.2
  done
  fail "not ready, see $home/log"
}

stop() {
  local name
  for name in all_in_one redis; do
    [ -f "$home/run/$name.pid" ] && kill "$(cat "$home/run/$name.pid")" 2>/dev/null
  done
  [ "${KEEP:-}" = 1 ] || rm -rf "$home/data" "$home/county"
}

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
prepare
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
printf '%-18s %10s %12s %10s %14s %12s\n' phase seconds pupils/s 'peak MiB' 'bytes on disk' bytes/pupil
for line in "${phases[@]}"; do
  IFS='|' read -r name seconds memory bytes <<<"$line"
  printf '%-18s %10s %12.0f %10s %14s %12d\n' "$name" "$seconds" "$(awk "BEGIN {print $total / ($seconds + 0.001)}")" "$memory" "$bytes" \
    "$((bytes / total))"
done
