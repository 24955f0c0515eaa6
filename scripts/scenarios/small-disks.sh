#!/usr/bin/env bash
# Roots on file systems of their own that are small enough to be filled. What is mounted is seen by the scenario and its
# servers alone, and ends with them. Part of cluster.sh, which loads it.
# shellcheck disable=SC2154

small_disks=()

# small_disk NAME SIZE [INODES]: the node's root is a file system in memory of this size. To be called before anything is
# started: the scenario begins anew where it may mount.
small_disk() {
  local -a apart=(unshare --mount)
  if [ -z "${SCENARIO_IS_APART:-}" ]; then
    needs unshare
    [ "$(id -u)" -eq 0 ] || apart+=(--map-root-user)
    "${apart[@]}" true 2>unshare-says || skip "no small disks here: $(<unshare-says)"
    cd /
    rm -rf "$folder"
    trap - EXIT
    SCENARIO_IS_APART=1 exec "${apart[@]}" bash "$scenario_file"
  fi
  mount -t tmpfs -o "size=$2,nr_inodes=${3:-0}" tmpfs "$1"
  small_disks+=("$1")
}

# resize_disk NAME SIZE
resize_disk() {
  mount -o "remount,size=$2" "$1"
}

# fill_disk NAME: not a byte is left. A server that was about to write gives back what it had taken when it finds the disk
# full: the disk is full when nothing comes back.
fill_disk() {
  within 10 stays_full "$1" %a take_bytes
}

# take_inodes NAME: not an inode is left.
take_inodes() {
  mkdir -p "$1/ballast"
  within 10 stays_full "$1" %d take_every_inode
}

# stays_full NAME FREE TAKE: TAKE takes all that is left; FREE, a format of stat, is 0 also a moment later.
stays_full() {
  "$3" "$1"
  sleep 0.3
  [ "$(stat --file-system --format "$2" "$1")" -eq 0 ]
}

take_bytes() {
  cat /dev/zero >>"$1/ballast" 2>/dev/null || true
}

take_every_inode() {
  local number
  number=$(find "$1/ballast" -type f | wc -l)
  while : 2>/dev/null >"$1/ballast/$number"; do number=$((number + 1)); done
}

# make_room NAME: what was taken is given back.
make_room() {
  rm -r "$1/ballast"
}

unmount_small_disks() {
  local name
  for name in "${small_disks[@]}"; do umount "$folder/$name"; done
}
