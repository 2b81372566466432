#!/bin/bash
# Copies the SQLite files of running services, each as of one moment, checks the copies and keeps them for some days.
#
#   deploy/backup.sh <data folder> <backup folder>        KEEP_DAYS=30
#
# A copy is made by VACUUM INTO: one snapshot, whatever is written meanwhile. (.backup begins anew whenever another process
# writes and may never end beside an import.) The copies hold names and birth dates in clear: the backup folder lies on an
# encrypted disk, and copies live shorter than the retention class of the data. Not copied: the keys (/etc/ruraledu/keys), kept
# once and elsewhere, since copy and key together are the data in clear; uploads and exports, which can be made again. Attachments (<data folder>/files)
# are copied after the databases: they never change, so every row of the copy finds its content unless that was erased meanwhile. PostgreSQL: pg_dump
# or the server's own point-in-time recovery. How to restore: runbooks/restore.md.
set -euo pipefail
umask 077
data=${1:?data folder}
target=${2:?backup folder}
keep=${KEEP_DAYS:-30}

shopt -s nullglob
files=("$data"/*.db)
[ ${#files[@]} -gt 0 ] || { echo "backup: no *.db in $data" >&2; exit 1; }
mkdir -p "$target"
part=$(mktemp -d "$target/.part-XXXXXX")
trap 'rm -rf "$part"' EXIT

for file in "${files[@]}"; do
  name=$(basename "$file")
  sqlite3 -bail "$file" ".timeout 60000" "VACUUM INTO '$part/$name'"
  [ "$(sqlite3 -bail -readonly "$part/$name" 'PRAGMA quick_check')" = ok ] || { echo "backup: the copy of $file is damaged" >&2; exit 1; }
done
# Contents are encrypted and their names are random; one that is erased while it is copied is no error.
if [ -d "$data/files" ]; then
  cp -a --no-target-directory --reflink=auto "$data/files" "$part/files" 2>"$part/.errors" || ! grep -v 'No such file or directory' "$part/.errors" >&2
  rm -f "$part/.errors"
  find "$part/files" -depth -type d -name new -exec rm -rf {} +
fi
(cd "$part" && sha256sum -- *.db >SHA256SUMS)
sync -f "$part"
done_name=$target/$(date -u +%Y%m%dT%H%M%SZ)
mv -T "$part" "$done_name"
trap - EXIT
# Only whole copies of this script, and never the one that was just made.
find "$target" -mindepth 1 -maxdepth 1 -type d -name '20[0-9][0-9]*T*Z' -mtime "+$keep" ! -path "$done_name" -exec rm -rf {} +
echo "$done_name"
