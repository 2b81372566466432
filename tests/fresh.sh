#!/bin/bash
# The two commands of the README as a stranger meets them: in a Debian 12 with nothing but its base system, from the committed
# tree, without a compiler cache. Prints the wall time of each.
# usage: tests/fresh.sh FOLDER [COMMAND...]   (root; about 10 GB; default commands: "tests/run.sh" "deploy/quickstart.sh")
# FOLDER/debian keeps the system, so that a second run installs nothing. The certificates that this machine trusts are copied.
set -euo pipefail
tree=$(dirname "$(dirname "$(readlink -f "$0")")")
[ $# -ge 1 ] || { sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2; }
folder=$(mkdir -p "$1" && cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- tests/run.sh deploy/quickstart.sh
root=$folder/debian
command -v debootstrap >/dev/null || apt-get install -qy --no-install-recommends debootstrap >/dev/null
[ -x "$root/usr/bin/apt-get" ] ||
  debootstrap --variant=minbase --include=ca-certificates bookworm "$root" >"$folder/debootstrap.log"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
cp /etc/resolv.conf "$root/etc/resolv.conf"
rm -rf "$root/srv"
mkdir "$root/srv"
git clone -q "$tree" "$root/srv/ruraledu"

# A mount and process namespace of its own: whatever the commands leave behind ends with it.
inside() {
  unshare --mount --pid --fork --kill-child bash -euc '
    mount --make-rprivate /
    mount --rbind /dev "$0/dev"
    mount -t tmpfs tmpfs "$0/run"
    mount -t proc proc "$0/proc"
    mount --rbind /sys "$0/sys"
    exec chroot "$0" /usr/bin/env -i HOME=/srv USER=root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin CCACHE_DISABLE=1 \
      NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt bash -c "cd /srv/ruraledu && $1"' "$root" "$1"
}
for command in "$@"; do
  log=$folder/$(basename "${command%% *}").log
  began=$SECONDS
  if inside "$command" >"$log" 2>&1; then
    echo "$command: green after $((SECONDS - began)) s"
  else
    echo "$command: failed after $((SECONDS - began)) s, see $log" >&2
    exit 1
  fi
done
