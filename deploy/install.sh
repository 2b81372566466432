#!/bin/bash
# Puts the built programs, data, units and configuration examples where deploy/systemd, deploy/container and deploy/config
# expect them. Nothing is started, no existing file of /etc/ruraledu is overwritten.
#
#   deploy/install.sh [build directory] [root directory]      default: build/release, /
set -euo pipefail
source_dir=$(dirname "$(dirname "$(readlink -f "$0")")")
build=${1:-$source_dir/build/release}
root=${2:-}
root=${root%/}

put() { install -D -m "$1" "$2" "$root$3"; }
put_tree() { # folder of data, target
  (cd "$1" && find . -type f -print0) | while IFS= read -r -d '' file; do put 644 "$1/$file" "$2/$file"; done
}

libexec=/usr/libexec/ruraledu
for service in registry student_aid dropout_monitoring all_in_one; do
  put 755 "$build/services/$service/${service}_server" "$libexec/${service}_server"
done
put 755 "$build/common/ruraledu_xls" "$libexec/ruraledu_xls"
put 755 "$build/services/cli/ruraledu" /usr/bin/ruraledu
put 755 "$source_dir/deploy/backup.sh" "$libexec/backup.sh"
put 755 "$source_dir/deploy/container/ready" "$libexec/ready"
put_tree "$source_dir/deploy/policies" /usr/share/ruraledu/policies
put_tree "$source_dir/deploy/data" /usr/share/ruraledu/data
put_tree "$source_dir/deploy/runbooks" /usr/share/doc/ruraledu/runbooks
put 644 "$source_dir/deploy/README.md" /usr/share/doc/ruraledu/README.md
for unit in "$source_dir"/deploy/systemd/*.{service,timer}; do
  put 644 "$unit" "/usr/lib/systemd/system/$(basename "$unit")"
done
put 644 "$source_dir/deploy/systemd/ruraledu.sysusers" /usr/lib/sysusers.d/ruraledu.conf
put 644 "$source_dir/deploy/systemd/ruraledu.tmpfiles" /usr/lib/tmpfiles.d/ruraledu.conf

# Readable for the services; the folder is closed to others (ruraledu.tmpfiles).
example() { [ -e "$root/etc/ruraledu/$(basename "$1")" ] || put 644 "$1" "/etc/ruraledu/$(basename "$1")"; }
example "$source_dir/deploy/config/registry.toml"
example "$source_dir/deploy/config/student_aid.toml"
example "$source_dir/deploy/config/dropout_monitoring.toml"
filled=$(mktemp -d)
trap 'rm -rf "$filled"' EXIT
sed -e 's|@HOME@/pki|/etc/ruraledu/pki|; s|@HOME@/keys|/etc/ruraledu/keys|; s|@HOME@/accounts.csv|/etc/ruraledu/accounts.csv|' \
  -e 's|@HOME@/data|/var/lib/ruraledu|; s|@HOME@/run|/run/ruraledu|; s|@HOME@/log/all_in_one.jsonl||' \
  -e 's|@SOURCE@/deploy|/usr/share/ruraledu|; s|@PORT@|8443|; s|@ADMIN_PORT@|9464|' \
  "$source_dir/deploy/config/all_in_one.toml" >"$filled/all_in_one.toml"
example "$filled/all_in_one.toml"
