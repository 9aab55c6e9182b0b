#!/bin/sh
# Installs the watcher of this package. Run by the printed command, which has vouched for every file here by SHA-256. Rules: a failure has
# a name and leaves what ran before running; the same command may be run again; what an operator wrote is never written over.
# usage: install.sh [--no-start]
set -eu
umask 022
HERE=$(cd "$(dirname "$0")" && pwd)
BASE=/opt/vonggac-deadman
CONF=/etc/vonggac-deadman
ACCOUNT=vonggac-deadman
UNITS=/etc/systemd/system
NEW=

case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in vi*) VI=1 ;; *) VI= ;; esac
say() { if [ -n "$VI" ]; then echo "$1"; else echo "$2"; fi; }
# fail CODE VIETNAMESE ENGLISH
fail() {
  [ -z "$NEW" ] || rm -rf "$NEW"
  if [ -n "$VI" ]; then echo "Lỗi [$1] $2" >&2; else echo "Error [$1] $3" >&2; fi
  exit 1
}
START=1
case "$#:${1:-}" in 0:) ;; 1:--no-start) START= ;; *) fail usage "cách dùng: install.sh [--no-start]" "usage: install.sh [--no-start]" ;; esac
[ "$(id -u)" -eq 0 ] || fail not-root "cần quyền root: chạy bằng sudo" "root is needed: run it with sudo"

# 1. This machine, and this package.
OS=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${ID_LIKE:-}") || OS=
case " $OS " in *" debian "* | *" ubuntu "*) ;; *) fail unknown-os "hệ điều hành «${OS:-?}» không phải Debian hay Ubuntu" "the system '${OS:-?}' is neither Debian nor Ubuntu" ;; esac
case "$(uname -m)" in x86_64) ARCH=x64 ;; aarch64) ARCH=arm64 ;; *) ARCH=$(uname -m) ;; esac
[ "$(cat "$HERE/arch")" = "$ARCH" ] || fail wrong-arch "gói dành cho $(cat "$HERE/arch"), máy này là $ARCH" "the package is for $(cat "$HERE/arch"), this machine is $ARCH"
(cd "$HERE" && sha256sum --check --strict --quiet SHA256SUMS) >/dev/null 2>&1 || fail wrong-hash "một tệp của gói không đúng mã băm: chép lại gói" "a file of the package has another hash: copy the package again"

# 2. Unpack beside, and give it its name when it is whole.
RELEASE=$(sha256sum < "$HERE/payload.tar.gz" | cut -c1-16)
TARGET=$BASE/releases/$RELEASE
if [ ! -d "$TARGET" ]; then
  mkdir -p "$BASE/releases"
  NEEDED=$(($(wc -c < "$HERE/payload.tar.gz") * 5 / 1024))
  FREE=$(df -Pk "$BASE" | awk 'NR == 2 { print $4 }')
  [ "$FREE" -ge "$NEEDED" ] || fail no-space "$BASE còn $FREE KiB, cần $NEEDED KiB" "$BASE has $FREE KiB left, $NEEDED KiB are needed"
  NEW=$(mktemp -d "$BASE/releases/.new-XXXXXX")
  tar -xzf "$HERE/payload.tar.gz" -C "$NEW" --no-same-owner || fail no-space "không giải nén được vào $BASE" "it could not be unpacked into $BASE"
  chmod -R u=rwX,go=rX "$NEW"
  mv -T "$NEW" "$TARGET"
  NEW=
fi

# 3. An account of its own, where its configuration and secrets stand, the unit.
getent group "$ACCOUNT" >/dev/null || groupadd --system "$ACCOUNT"
id "$ACCOUNT" >/dev/null 2>&1 || useradd --system --gid "$ACCOUNT" --no-create-home --home-dir /var/lib/vonggac-deadman --shell /usr/sbin/nologin "$ACCOUNT"
install -d -m 0750 -o root -g "$ACCOUNT" "$CONF" "$CONF/secrets"
install -d -m 0700 -o "$ACCOUNT" -g "$ACCOUNT" /var/lib/vonggac-deadman
install -m 0640 -o root -g "$ACCOUNT" "$HERE/deadman.json.example" "$CONF/deadman.json.example"
mkdir -p "$UNITS"
install -m 0644 "$TARGET/units/vonggac-deadman.service" "$UNITS/vonggac-deadman.service"

# 4. What an operator wrote must hold before the new release takes its place.
if [ ! -f "$CONF/deadman.json" ]; then
  ln -sfn "releases/$RELEASE" "$BASE/current.new"
  mv -T "$BASE/current.new" "$BASE/current"
  say "Đã cài. Hãy chép $CONF/deadman.json.example thành deadman.json, sửa lại, đặt mã bí mật vào $CONF/secrets (0440 root:$ACCOUNT), rồi chạy lại đúng lệnh này." \
    "Installed. Copy $CONF/deadman.json.example to deadman.json, edit it, put the secrets into $CONF/secrets (0440 root:$ACCOUNT), and run the same command again."
  exit 0
fi
SAID=$(setpriv --reuid="$ACCOUNT" --regid="$ACCOUNT" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
  env -i LD_LIBRARY_PATH="$TARGET/lib" "$TARGET/bin/node" "$TARGET/app/deadman.mjs" --config "$CONF/deadman.json" --check 2>&1) || {
  echo "$SAID" >&2
  fail config-wrong "$CONF/deadman.json chưa đúng; lỗi ở trên" "$CONF/deadman.json is not right; its fault is above"
}
ln -sfn "releases/$RELEASE" "$BASE/current.new"
mv -T "$BASE/current.new" "$BASE/current"

# 5. Start.
if [ -z "$START" ] || [ ! -d /run/systemd/system ]; then
  say "Đã cài và kiểm tra cấu hình; chưa khởi động (không có systemd)." "Installed, and its configuration is right; not started (no systemd here)."
  exit 0
fi
systemctl daemon-reload
systemctl enable --quiet vonggac-deadman.service
systemctl restart vonggac-deadman.service
say "Đang canh. Hãy thử: dừng bảng điều khiển lâu hơn silentAfterSeconds và xem có tin báo." "It watches. Try it: stop the console for longer than silentAfterSeconds and see that you are told."
