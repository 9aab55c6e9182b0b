#!/bin/sh
# Installs the agent of this package and enrols it. Run by the printed command, which has vouched for every file here by SHA-256.
# Rules: nothing of the package runs before its signature holds; a failure has a name and leaves what ran before running; the same
# command may be run again. The token comes from --token-file, from a pipe, or is asked for: never from the command line.
# usage: install.sh AGENT [--token-file FILE] [--read-logs] [--no-start]
set -eu
umask 022
HERE=$(cd "$(dirname "$0")" && pwd)
BASE=/opt/vonggac-agent
CONF=/etc/vonggac-agent
STATE=/var/lib/vonggac-agent
ACCOUNT=vonggac-agent
NEW=

case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in vi*) VI=1 ;; *) VI= ;; esac
say() { if [ -n "$VI" ]; then echo "$1"; else echo "$2"; fi; }
# fail CODE VIETNAMESE ENGLISH
fail() {
  [ -z "$NEW" ] || rm -rf "$NEW"
  if [ -n "$VI" ]; then echo "Lỗi [$1] $2" >&2; else echo "Error [$1] $3" >&2; fi
  exit 1
}

AGENT=${1:-}
[ $# -eq 0 ] || shift
TOKEN_FILE= READ_LOGS= START=1
while [ $# -gt 0 ]; do
  case "$1" in
    --token-file) TOKEN_FILE=${2:-}; shift ;;
    --read-logs) READ_LOGS=1 ;;
    --no-start) START= ;;
    *) fail usage "không hiểu: $1" "not understood: $1" ;;
  esac
  shift
done
case "$AGENT" in '' | -* | *[!a-z0-9-]*) fail usage "cách dùng: install.sh TÊN-TÁC-TỬ [--token-file TỆP] [--read-logs] [--no-start]" "usage: install.sh AGENT [--token-file FILE] [--read-logs] [--no-start]" ;; esac
[ "$(id -u)" -eq 0 ] || fail not-root "cần quyền root: chạy bằng sudo" "root is needed: run it with sudo"

fact() { sed -n "s/^$1 //p" "$HERE/release.txt"; }

# 1. This machine.
OS=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${ID_LIKE:-}") || OS=
case " $OS " in *" debian "* | *" ubuntu "*) ;; *) fail unknown-os "hệ điều hành «${OS:-?}» không phải Debian hay Ubuntu" "the system '${OS:-?}' is neither Debian nor Ubuntu" ;; esac
case "$(uname -m)" in x86_64) ARCH=x64 ;; aarch64) ARCH=arm64 ;; *) ARCH=$(uname -m) ;; esac
[ "$(fact arch)" = "$ARCH" ] || fail wrong-arch "gói dành cho $(fact arch), máy này là $ARCH" "the package is for $(fact arch), this machine is $ARCH"

# 2. The package: every hash, then the signature.
(cd "$HERE" && sha256sum --check --strict --quiet SHA256SUMS) >/dev/null 2>&1 || fail wrong-hash "một tệp của gói không đúng mã băm: chép lại gói" "a file of the package has another hash: copy the package again"
[ "$(sha256sum < "$HERE/payload.tar.gz")" = "$(fact sha256)  -" ] || fail wrong-hash "payload.tar.gz không phải của bản phát hành này" "payload.tar.gz is not of this release"
if [ -f "$CONF/release-key.pem" ] && ! cmp -s "$CONF/release-key.pem" "$HERE/release-key.pem"; then
  fail other-key "máy này đã tin một khóa ký khác ($CONF/release-key.pem)" "this machine trusts another signing key already ($CONF/release-key.pem)"
fi
# Where there is no OpenSSL the package's own Node looks, once it is unpacked: its bytes are vouched for by the printed command.
verify_by_openssl() { openssl pkeyutl -verify -pubin -inkey "$HERE/release-key.pem" -rawin -in "$HERE/release.txt" -sigfile "$HERE/release.sig" >/dev/null 2>&1; }
verify_by_node() {
  LD_LIBRARY_PATH="$1/lib" "$1/bin/node" -e 'const { readFileSync: r } = require("fs"), [k, t, s] = process.argv.slice(1).map((f) => r(f));
    process.exit(require("crypto").verify(null, t, k.toString(), s) ? 0 : 1)' "$HERE/release-key.pem" "$HERE/release.txt" "$HERE/release.sig" >/dev/null 2>&1
}
BAD_SIGNATURE="chữ ký của bản phát hành không đúng: không chạy gì trong gói này"
BAD_SIGNATURE_EN="the release's signature is wrong: nothing of this package was run"
if command -v openssl >/dev/null 2>&1; then verify_by_openssl || fail wrong-signature "$BAD_SIGNATURE" "$BAD_SIGNATURE_EN"; fi

# 3. Not backwards.
SERIAL=$(fact serial)
INSTALLED=$(sed -n 's/^serial //p' "$BASE/current/release.txt" 2>/dev/null || true)
[ -z "$INSTALLED" ] || [ "$SERIAL" -ge "$INSTALLED" ] || fail older-release "bản đang cài mới hơn ($INSTALLED > $SERIAL)" "a newer release is installed ($INSTALLED > $SERIAL)"

# 4. Unpack beside, and give it its name when it is whole.
TARGET=$BASE/releases/$SERIAL
if [ ! -d "$TARGET" ]; then
  mkdir -p "$BASE/releases"
  NEEDED=$(($(fact bytes) * 5 / 1024))
  FREE=$(df -Pk "$BASE" | awk 'NR == 2 { print $4 }')
  [ "$FREE" -ge "$NEEDED" ] || fail no-space "$BASE còn $FREE KiB, cần $NEEDED KiB" "$BASE has $FREE KiB left, $NEEDED KiB are needed"
  NEW=$(mktemp -d "$BASE/releases/.new-XXXXXX")
  tar -xzf "$HERE/payload.tar.gz" -C "$NEW" --no-same-owner || fail no-space "không giải nén được vào $BASE" "it could not be unpacked into $BASE"
  cp "$HERE/release.txt" "$NEW/release.txt"
  chmod -R u=rwX,go=rX "$NEW"
  command -v openssl >/dev/null 2>&1 || verify_by_node "$NEW" || fail wrong-signature "$BAD_SIGNATURE" "$BAD_SIGNATURE_EN"
  mv -T "$NEW" "$TARGET"
  NEW=
fi

# 5. An account of its own, what it trusts, where it keeps things.
getent group "$ACCOUNT" >/dev/null || groupadd --system "$ACCOUNT"
id "$ACCOUNT" >/dev/null 2>&1 || useradd --system --gid "$ACCOUNT" --no-create-home --home-dir "$STATE" --shell /usr/sbin/nologin "$ACCOUNT"
mkdir -p "$CONF" /var/lib/vonggac-agent-update
install -d -m 0700 -o "$ACCOUNT" -g "$ACCOUNT" "$STATE"
for f in roots.pem config-key.pem release-key.pem; do install -m 0644 "$HERE/$f" "$CONF/$f"; done
sed "s/@AGENT@/$AGENT/" "$HERE/agent.json" > "$CONF/agent.json.new"
mv "$CONF/agent.json.new" "$CONF/agent.json"
ln -sfn "releases/$SERIAL" "$BASE/current.new"
mv -T "$BASE/current.new" "$BASE/current"
UNITS=/etc/systemd/system
mkdir -p "$UNITS"
for unit in "$TARGET"/units/*; do install -m 0644 "$unit" "$UNITS/$(basename "$unit")"; done
if [ -n "$READ_LOGS" ]; then
  mkdir -p "$UNITS/vonggac-agent.service.d"
  printf '[Service]\nSupplementaryGroups=adm\n' > "$UNITS/vonggac-agent.service.d/logs.conf"
fi

# 6. Enrol, in the agent's own account, before anything is started.
if [ ! -f "$STATE/identity.pem" ]; then
  if [ -n "$TOKEN_FILE" ]; then
    [ -r "$TOKEN_FILE" ] || fail token-missing "không đọc được $TOKEN_FILE" "$TOKEN_FILE cannot be read"
    TOKEN=$(head -n 1 "$TOKEN_FILE")
  else
    if [ -t 0 ]; then
      say "Mã ghi danh dùng một lần của $AGENT (không hiện khi gõ):" "One-time token of $AGENT (not shown while you type):"
      stty -echo; IFS= read -r TOKEN || TOKEN=; stty echo
    else
      IFS= read -r TOKEN || [ -n "$TOKEN" ] || TOKEN=
    fi
  fi
  [ -n "$TOKEN" ] || fail token-missing "thiếu mã ghi danh" "a token is needed"
  (umask 077 && printf '%s\n' "$TOKEN" > "$STATE/token")
  TOKEN=
  chown "$ACCOUNT:$ACCOUNT" "$STATE/token"
  SAID=$(setpriv --reuid="$ACCOUNT" --regid="$ACCOUNT" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
    env -i LD_LIBRARY_PATH="$BASE/current/lib" "$BASE/current/bin/node" "$BASE/current/app/agent.mjs" --config "$CONF/agent.json" --enrol-once 2>&1) || {
    rm -f "$STATE/token"
    echo "$SAID" >&2
    fail not-enrolled "máy chủ không ghi danh tác tử này; tên lỗi ở trên. Xin mã mới rồi chạy lại đúng lệnh này" "the console did not enrol this agent; its words are above. Ask for a new token and run the same command again"
  }
fi

# 7. Start.
if [ -z "$START" ] || [ ! -d /run/systemd/system ]; then
  say "Đã cài và ghi danh $AGENT; chưa khởi động (không có systemd)." "$AGENT is installed and enrolled; not started (no systemd here)."
  exit 0
fi
systemctl daemon-reload
systemctl enable --quiet vonggac-agent.service vonggac-agent-update.path vonggac-agent-update.service
systemctl restart vonggac-agent.service
systemctl start vonggac-agent-update.path
i=0
while [ ! -f "$STATE/acked.json" ]; do
  i=$((i + 1))
  [ "$i" -lt 60 ] || fail not-acked "tác tử chạy nhưng máy chủ chưa xác nhận: xem journalctl -u vonggac-agent" "the agent runs, and the console has not acknowledged it: see journalctl -u vonggac-agent"
  sleep 1
done
say "$AGENT đã cài, ghi danh và đang báo về." "$AGENT is installed, enrolled and reports."
