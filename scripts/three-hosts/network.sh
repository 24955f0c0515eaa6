#!/usr/bin/env bash
# A switch and three machines' networks, all of namespaces of this script's own. To be sourced.
tag=concur$$
switch=$tag-switch

network_of() {
  echo "$tag-$1"
}

# The cable of a machine: its end in the switch. A name has at most 15 letters.
cable_of() {
  echo "c-$1"
}

make_network() {
  ip netns add "$switch"
  ip -n "$switch" link add br0 type bridge
  ip -n "$switch" link set br0 up
  local machine namespace cable
  for machine in "${machines[@]}"; do
    namespace=$(network_of "$machine") cable=$(cable_of "$machine")
    ip netns add "$namespace"
    ip -n "$namespace" link set lo up
    ip -n "$switch" link add "$cable" type veth peer name eth0 netns "$namespace"
    ip -n "$switch" link set "$cable" master br0 up
    ip -n "$namespace" addr add "${address_of[$machine]}/24" dev eth0
    ip -n "$namespace" link set eth0 up
  done
}

remove_network() {
  local machine
  for machine in "${machines[@]}"; do ip netns del "$(network_of "$machine")" 2>/dev/null; done
  ip netns del "$switch" 2>/dev/null
}

pull_cable() {
  ip -n "$switch" link set "$(cable_of "$1")" down
}

plug_cable() {
  ip -n "$switch" link set "$(cable_of "$1")" up
}
