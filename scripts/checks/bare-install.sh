#!/usr/bin/env bash
# Nobody needs a compiler: a copy of this tree, installed with --ignore-scripts and built, answers a read.
set -eu
cd "$(dirname "$0")/../.."
copy=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$copy"' EXIT

git ls-files -z | tar --null -T - -cf - | tar -xf - -C "$copy"
cd "$copy"
npm ci --ignore-scripts --no-audit --no-fund >/dev/null 2>&1
npm run --silent build
mkdir root
echo 'hello' >root/a.txt
node dist/coordinator.js --root root --listen 127.0.0.1:0 2>log &
server=$!
for _ in $(seq 100); do
  port=$(sed -nE '/"msg":"listening"/s/.*"port":([0-9]+).*/\1/p' log)
  [ -n "$port" ] && break
  sleep 0.1
done
[ "$(node dist/client.cjs --server "127.0.0.1:$port" cat a.txt)" = hello ]
