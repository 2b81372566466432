#!/bin/bash
# From nothing to a county's aid dashboard on Debian 12: installs packages, builds, makes certificates, keys and accounts,
# starts Redis and all services in one process, generates county 411728, loads it, decides who is entitled to what, compares
# that with what was paid. May be repeated: what is done is left alone.
#
#   deploy/quickstart.sh            PUPILS=80000  TERM_ID=2023-2024-1  PORT=8443  ADMIN_PORT=9464  RURALEDU_HOME=~/.ruraledu
#   deploy/quickstart.sh stop       stops both processes; the data stays
#   deploy/quickstart.sh start      starts them again
set -euo pipefail

source_dir=$(dirname "$(dirname "$(readlink -f "$0")")")
home=${RURALEDU_HOME:-$HOME/.ruraledu}
pupils=${PUPILS:-80000}
term=${TERM_ID:-2023-2024-1}
port=${PORT:-8443}
admin_port=${ADMIN_PORT:-9464}
county=411728
build=$source_dir/build/release
began=$SECONDS

say() { printf '\n\033[1m== %s\033[0m (%s s)\n' "$*" "$((SECONDS - began))"; }
fail() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }
as() { local who=$1; shift; "$home/bin/ruraledu" --profile "$home/profiles/$who.toml" "$@"; }
alive() { [ -f "$home/run/$1.pid" ] && kill -0 "$(cat "$home/run/$1.pid")" 2>/dev/null; }

case "$term" in
  2022-2023-2) terms="2022-2023-2" ;;
  2023-2024-1) terms="2022-2023-2 2023-2024-1" ;;
  2023-2024-2) terms="2022-2023-2 2023-2024-1 2023-2024-2" ;;
  *) fail "TERM_ID is 2022-2023-2, 2023-2024-1 or 2023-2024-2" ;;
esac
paid_day() { case "$1" in *-1) echo "${1:0:4}-12-20" ;; *) echo "${1:5:4}-06-20" ;; esac; }
first_day() { case "$1" in *-1) echo "${1:0:4}-09-01" ;; *) echo "${1:5:4}-03-01" ;; esac; }

install_packages() {
  local wanted missing=() package root=()
  wanted=$(sed '/^# tests only/,$d' "$source_dir/deploy/packages.txt" | grep -v '^#')
  for package in $wanted; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" -eq 0 ] || root=(sudo)
  "${root[@]}" apt-get update -q
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"
}

build_programs() {
  (cd "$source_dir" && cmake --preset release -DBUILD_TESTING=ON >"$home/log/build.log" 2>&1 &&
    cmake --build "$build" --target all_in_one_server ruraledu ruraledu_xls county_generate) ||
    fail "the build failed, see above and $home/log/build.log"
  local program
  for program in services/all_in_one/all_in_one_server services/cli/ruraledu common/ruraledu_xls tests/county_generate; do
    cmp -s "$build/$program" "$home/bin/${program##*/}" || install -m 755 "$build/$program" "$home/bin/"
  done
}

people="system security audit importer officer approver viewer"

make_identities() {
  local clients=() person
  for person in $people; do clients+=(--client "$person"); done
  "$home/bin/ruraledu" pki init "$home/pki" "${clients[@]}"
  [ -f "$home/keys/data.keys" ] || "$home/bin/ruraledu" keys init "$home/keys/data.keys"
  [ -f "$home/keys/tokens.key" ] || "$home/bin/ruraledu" tokens keygen "$home/keys/tokens"
  {
    echo subject,person,display_name,role,area,certificate_file
    account() { echo "$1,$2,$3,$4,$5,$home/pki/$1.crt"; }
    account system P-1 系统管理员 SYSTEM_ADMIN "$county"
    account security P-2 安全管理员 SECURITY_ADMIN "$county"
    account audit P-3 审计管理员 AUDIT_ADMIN "$county"
    account importer P-4 数据导入员 IMPORT_OPERATOR "$county"
    account importer P-4 数据导入员 COUNTY_REGISTRAR "$county"
    account officer P-5 资助专干 COUNTY_AID_OFFICER "$county"
    account approver P-6 资助审批人 COUNTY_AID_APPROVER "$county"
    account viewer P-7 查看 CITY_VIEWER "$county"
  } >"$home/accounts.csv"
  for person in $people; do
    sed -e "s|@SOURCE@|$source_dir|; s|@PORT@|$port|; s|@NAME@|$person|" "$source_dir/deploy/config/profile.toml" \
      >"$home/profiles/$person.toml"
  done
  sed -e "s|@HOME@|$home|; s|@SOURCE@|$source_dir|; s|@PORT@|$port|; s|@ADMIN_PORT@|$admin_port|" \
    -e 's|^files_unscanned = .*|files_unscanned = "clean"|' \
    "$source_dir/deploy/config/all_in_one.toml" >"$home/all_in_one.toml"
}

ready() { # answers 200 on /readyz
  local line
  exec 3<>"/dev/tcp/127.0.0.1/$admin_port" || return 1
  printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3
  read -r line <&3 || true
  exec 3>&-
  [[ $line == *" 200"* ]]
}

replaced() { [[ $(readlink "/proc/$(cat "$home/run/all_in_one.pid")/exe") == *" (deleted)" ]]; } # by a newer program

start() {
  alive redis || redis-server --port 0 --unixsocket "$home/run/redis.sock" --unixsocketperm 700 --save "" --appendonly no \
    --dir "$home/run" --pidfile "$home/run/redis.pid" --daemonize yes --logfile "$home/log/redis.log" >/dev/null
  alive all_in_one && ready 2>/dev/null && ! replaced && return
  alive all_in_one && stop_one all_in_one
  setsid "$home/bin/all_in_one_server" --config "$home/all_in_one.toml" </dev/null >>"$home/log/all_in_one.out" 2>&1 &
  echo $! >"$home/run/all_in_one.pid"
  for ((i = 0; i < 600; ++i)); do
    ready 2>/dev/null && return
    alive all_in_one || { tail -n 3 "$home/log/all_in_one.out" >&2; fail "all_in_one did not start, see $home/log"; }
    sleep 0.2
  done
  fail "all_in_one is not ready, see $home/log"
}

stop_one() { # SIGTERM drains: what was acknowledged is stored
  alive "$1" || return 0
  kill "$(cat "$home/run/$1.pid")"
  for ((i = 0; i < 300; ++i)); do
    alive "$1" || { rm -f "$home/run/$1.pid"; return 0; }
    sleep 0.1
  done
  fail "$1 does not stop"
}

generate() {
  if [ -f "$home/county/pupils" ]; then
    [ "$(cat "$home/county/pupils")" = "$pupils" ] ||
      fail "$home holds a county of $(cat "$home/county/pupils") pupils; use another RURALEDU_HOME for $pupils"
    return
  fi
  rm -rf "$home/county"
  (cd "$source_dir" && "$home/bin/county_generate" --county "$county" --pupils "$pupils" --out "$home/county")
  echo "$pupils" >"$home/county/pupils"
}

load() {
  local files=$home/county/$county t source
  import() { as importer import "$@" --county "$county" --mode partial --apply --keep-going; }
  import villages "$files/base/villages.csv" --batch base --facts-on 2022-09-01
  import schools "$files"/base/*学校* --batch base --facts-on 2022-09-01
  import classes "$files"/base/*班级* --batch base --facts-on 2022-09-01
  import teachers "$files"/base/*教师* --batch base --facts-on 2022-09-01
  for t in $terms; do
    import student_roster "$files/students/$t" --batch "$t" --school-year "${t:0:9}" --facts-on "$(first_day "$t")"
  done
  for source in rural_revitalisation civil_affairs disabled_federation veterans; do
    if [ -d "$files/$source" ]; then
      import "$source" "$files/$source" --batch "$term" --facts-on "$(first_day "$term")"
    fi
  done
}

decide() {
  local list
  as officer aid run --county "$county" --term "$term" --wait
  for list in "$home/county/$county"/aid_records/*"$term"*; do
    as officer aid record "$list" --county "$county" --paid-on "$(paid_day "$term")"
  done
  as officer aid compare --county "$county" --term "$term" --wait
}

show() {
  as officer aid coverage --county "$county" --term "$term"
  as officer dashboard student_aid "$county" --period "$term"
  cat <<TEXT

The suite runs on localhost:$port, metrics on http://127.0.0.1:$admin_port/metrics. Go on with

  export PATH="$home/bin:\$PATH" RURALEDU_PROFILE=$home/profiles/officer.toml
  eval "\$(ruraledu completion bash)"
  ruraledu aid gaps --term $term --list should-aid      who is entitled and was not aided, by name
  ruraledu aid decisions --term $term --limit 3         decisions; then: ruraledu aid replay <name>
  ruraledu students list --area 411728103 --limit 5
  ruraledu --profile $home/profiles/audit.toml journal verify
  deploy/quickstart.sh stop
TEXT
}

mkdir -p "$home"/{bin,data,keys,log,profiles,run}
chmod 700 "$home"
case "${1:-}" in
  stop) stop_one all_in_one; stop_one redis; exit ;;
  start) start; exit ;;
  "") ;;
  *) fail "usage: deploy/quickstart.sh [start|stop]" ;;
esac
say "packages"; install_packages
say "build"; build_programs
say "certificates, keys, accounts"; make_identities
say "start"; start
say "county $county with $pupils pupils"; generate
say "load"; load
say "entitlement and comparison of $term"; decide
say "dashboard"; show
