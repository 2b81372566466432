# For scripts of this folder: the suite as one process on SQLite in a folder of its own, loopback only.
# Wants source_dir, build and home; `world` is what its programs run under, `server_settings` more of --set.
# shellcheck shell=bash
pupils=${PUPILS:-100000}
port=${PORT:-18443}
admin_port=${ADMIN_PORT:-19464}
world=()
server_settings=()
export RURALEDU_BIN=$home/bin

fail() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2; exit 1; }
as() { local who=$1; shift; "${world[@]}" "$home/bin/ruraledu" --profile "$home/profiles/$who.toml" "$@"; }
peak() { awk '/VmHWM/ {print int($2 / 1024)}' "/proc/$(cat "$home/run/all_in_one.pid")/status"; }
disk() { du -sbc "$home"/data/*.db* | tail -1 | cut -f1; }

phases=()
phase() { # phase <name> <command...>: runs it and notes its seconds, the peak so far and the bytes at rest
  local name=$1 begun=$EPOCHREALTIME
  shift
  "$@"
  phases+=("$(printf '%s|%.1f|%s|%s' "$name" "$(awk "BEGIN {print $EPOCHREALTIME - $begun}")" "$(peak)" "$(disk)")")
  printf '%s: %s\n' "$(date +%T)" "${phases[-1]}" >&2
}

table() { # table <pupils>: the phases
  local line name seconds memory bytes
  printf '%-22s %10s %12s %10s %14s %12s\n' phase seconds pupils/s 'peak MiB' 'bytes on disk' bytes/pupil
  for line in "${phases[@]}"; do
    IFS='|' read -r name seconds memory bytes <<<"$line"
    printf '%-22s %10s %12.0f %10s %14s %12d\n' "$name" "$seconds" "$(awk "BEGIN {print $1 / ($seconds + 0.001)}")" \
      "$memory" "$bytes" "$((bytes / $1))"
  done
}

install_programs() { # <path in the build folder...>; a folder of programs will do
  mkdir -p "$home"/{bin,data,keys,log,profiles,run,county}
  chmod 700 "$home"
  local program
  for program in "$@"; do
    [ -f "$build/$program" ] || program=$(basename "$program")
    install -m 755 "$build/$program" "$home/bin/"
  done
}

# prepare <name,person,role,area...>: identities, accounts, profiles, configuration.
prepare() {
  local clients=() account name person role area
  echo subject,person,display_name,role,area,certificate_file >"$home/accounts.csv"
  for account in "$@"; do
    IFS=, read -r name person role area <<<"$account"
    clients+=(--client "$name")
    echo "$name,$person,$name,$role,$area,$home/pki/$name.crt" >>"$home/accounts.csv"
    sed -e "s|@SOURCE@|$source_dir|; s|@PORT@|$port|; s|@NAME@|$name|" "$source_dir/deploy/config/profile.toml" \
      >"$home/profiles/$name.toml"
  done
  "${world[@]}" "$home/bin/ruraledu" pki init "$home/pki" "${clients[@]}"
  "$home/bin/ruraledu" keys init "$home/keys/data.keys"
  "$home/bin/ruraledu" tokens keygen "$home/keys/tokens"
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
  local set=() setting
  for setting in "${server_settings[@]}"; do set+=(--set "$setting"); done
  redis-server --port 0 --unixsocket "$home/run/redis.sock" --unixsocketperm 700 --save "" --appendonly no \
    --dir "$home/run" --pidfile "$home/run/redis.pid" --daemonize yes --logfile "$home/log/redis.log" >/dev/null
  setsid "${world[@]}" "$home/bin/all_in_one_server" --config "$home/all_in_one.toml" "${set[@]}" </dev/null \
    >>"$home/log/all_in_one.out" 2>&1 &
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
