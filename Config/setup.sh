#!/usr/bin/env bash
# Installs what this machine lacks to build and run Tideline (`run`), to test it (`test`), or both; nothing that is there
# already. Debian package names; as root, or by sudo. No service that a package brings is started.
set -euo pipefail

# What each package is for, and how to see that it is there: "package|check|purpose".
build=(
    "make|command -v make|runs the targets of the Makefile"
    "pkg-config|command -v pkg-config|finds the C libraries"
    "libssl-dev|pkg-config --exists openssl|tokens and hashes"
    "libsqlite3-dev|pkg-config --exists sqlite3|the event log"
    "zlib1g-dev|pkg-config --exists zlib|compression"
    "libjs-chart.js|test -e /usr/share/javascript/chart.js/chart.min.js|the lines in the dashboard's cards"
    "util-linux|command -v taskset && command -v setpriv|pins processes for benchmarks"
)
test=(
    "gcc|command -v cc|builds the power-loss library"
    "libc6-dev|test -e /usr/include/stdio.h|builds the power-loss library"
    "python3|command -v python3|soak test, mutants, feature table"
    "python3-venv|python3 -c 'import ensurepip, venv'|the Python environment of the tests"
    "openssl|command -v openssl|makes the key pairs that token tests sign with"
    "curl|command -v curl|talks to the server as a stranger would"
    "faketime|ls /usr/lib/*/faketime/libfaketimeMT.so.1|figures on days when clocks change"
    "sqlite3|command -v sqlite3|looks into the log from outside"
    "nginx-light|test -x /usr/sbin/nginx|streams through a reverse proxy"
    "haproxy|test -x /usr/sbin/haproxy|streams through another"
    "openssl|command -v openssl|certificates for both"
    "chromium|command -v chromium|the dashboard in a real browser"
    "fonts-inter|ls /usr/share/fonts/*/inter/Inter-Regular.*|screenshots look as the page does elsewhere"
    "fonts-noto-color-emoji|test -e /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf|screenshots show reactions"
    "chromium-driver|command -v chromedriver|drives that browser"
    "prometheus|command -v promtool|promtool checks the metrics text"
)

wanted=()
for group in "${@:-run}"; do
    case "$group" in
        run) wanted+=("${build[@]}") ;;
        test) wanted+=("${test[@]}") ;;
        *) echo "usage: $0 [run] [test]" >&2; exit 2 ;;
    esac
done

if ! command -v swift >/dev/null; then
    echo "swift is not on the PATH: install Swift 6.3 from https://www.swift.org/install/linux/" >&2
    exit 1
fi

# The server serves what lies below public/ and follows no link out of it.
vendor() {
    local script=/usr/share/javascript/chart.js/chart.min.js copy
    copy="$(dirname "$0")/../public/vendor/chart.min.js"
    [ ! -e "$script" ] || cmp -s "$script" "$copy" || install -D -m 644 "$script" "$copy"
}

missing=()
for entry in "${wanted[@]}"; do
    IFS='|' read -r package check purpose <<<"$entry"
    if ! bash -c "$check" >/dev/null 2>&1; then
        echo "setup: $package is missing ($purpose)"
        missing+=("$package")
    fi
done
if [ ${#missing[@]} -eq 0 ]; then
    vendor
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup: run this as root: apt-get install ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi

# prometheus, nginx and haproxy would start listening when installed. Debian asks this file first; 101 means no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi

echo "setup: apt-get install ${missing[*]}"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
vendor
