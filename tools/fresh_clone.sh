#!/usr/bin/env bash
# What somebody sees who clones the repository: times `make run` until the server answers, cold and warm, then `make test`.
# Usage: tools/fresh_clone.sh [--no-test]; the clone takes what is committed. PORT=8499 picks another port.
set -euo pipefail
source=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
port=${PORT:-8498}
work=$(mktemp -d)
server=
asks='import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=2)'

stop() {
  [ -z "$server" ] && return
  # The server and what it started are one process group, since the shell runs with job control.
  kill -INT -- "-$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=
}
trap 'stop; rm -rf "$work"' EXIT

start_and_time() {
  local begin=$EPOCHREALTIME
  set -m
  make -C "$work/plantverse" run ARGS="--no-browser --port $port --mqtt-port $((port + 1))" >"$work/run.log" 2>&1 &
  server=$!
  set +m
  until no_proxy=127.0.0.1 python3 -c "$asks" "http://127.0.0.1:$port/api/v1/health" 2>/dev/null; do
    kill -0 "$server" 2>/dev/null || { tail -n 40 "$work/run.log"; echo "make run ended before the server answered"; exit 1; }
    sleep 0.2
  done
  awk -v name="$1" -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "make run, %s: %.1f s until health answers\n", name, b - a }'
  stop
}

git clone --quiet "$source" "$work/plantverse"
start_and_time cold
start_and_time warm
[ "${1:-}" = --no-test ] || make -C "$work/plantverse" test
