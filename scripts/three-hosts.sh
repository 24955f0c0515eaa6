#!/usr/bin/env bash
# Three machines on one: server1 (192.168.1.101) with the coordinator, server2 (.102) with a replica, client (.103) with a
# person, each with a network of its own behind one switch. Everything is set up as the README says, used as a person
# would, hurt, and looked at again.
#
#   scripts/three-hosts.sh           the servers are processes
#   scripts/three-hosts.sh --boot    each machine boots Debian with systemd, and is installed by scripts/install.sh
#
# Needs root; with --boot also mmdebstrap and systemd-nspawn. The last line: N passed, N failed. Build first.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
checkout=$PWD

machines=(server1 server2 client)
declare -A address_of=([server1]=192.168.1.101 [server2]=192.168.1.102 [client]=192.168.1.103)

[ "$(id -u)" -eq 0 ] || {
  echo "three-hosts: namespaces need root" >&2
  exit 2
}
work=$(mktemp -d /tmp/concur-three-hosts-XXXXXX)
began=$SECONDS
typed_count=0

# shellcheck source-path=SCRIPTDIR/..
source scripts/three-hosts/network.sh
case ${1:-} in
  --boot) source scripts/three-hosts/booted.sh ;;
  '') source scripts/three-hosts/plain.sh ;;
  *)
    sed -n '2,/^set -/{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
    ;;
esac
source scripts/three-hosts/story.sh

# typed MACHINE COMMAND: shows what a person types there, counts it, and does it.
typed() {
  echo "$1\$ $2"
  typed_count=$((typed_count + 1))
  as_person "$1" "$2"
}

clean_up() {
  trap - EXIT INT TERM
  stop_machines
  remove_network
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

make_network
start_machines || {
  echo "0 passed, 1 failed"
  exit 1
}
install_began=$SECONDS
if ! install_all; then
  echo "the machines could not be installed"
  echo "0 passed, 1 failed"
  exit 1
fi
echo "-- installed in $((SECONDS - install_began)) s, by $typed_count typed commands"
tell_story
echo "-- all of it took $((SECONDS - began)) s"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
