#!/usr/bin/env bash
# Machines that boot Debian under systemd-nspawn, with a person on each, and are installed by scripts/install.sh. To be
# sourced. The image is made once and kept; each machine writes into a layer of its own.
image=${CONCUR_IMAGE:-/var/cache/concur/debian-image-2}
person=ada
machine_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
declare -A nspawn_pid=()
# Below /home on one of them, and not on the other: the units differ.
declare -A root_of=([server1]=/home/$person/files [server2]=/srv/files [client]=/srv/files)

make_image() {
  [ ! -d "$image" ] || return 0
  echo "-- making an image of Debian: $image"
  mkdir -p "$(dirname "$image")"
  rm -rf "$image.new"
  mmdebstrap --quiet --variant=minbase \
    --include=systemd,systemd-sysv,dbus,iproute2,sudo,openssh-server,openssh-client,procps,bash-completion,man-db \
    bookworm "$image.new" || return 1
  local home=$image.new/home/$person
  chroot "$image.new" useradd --create-home --shell /bin/bash "$person" &&
    echo "$person ALL=(ALL) NOPASSWD: ALL" >"$image.new/etc/sudoers.d/$person" &&
    mkdir -m 700 "$home/.ssh" &&
    ssh_keys "$image.new" "$home/.ssh" &&
    chroot "$image.new" chown -R "$person:" "/home/$person" || return 1
  local machine
  for machine in "${machines[@]}"; do echo "${address_of[$machine]} $machine"; done >>"$image.new/etc/hosts"
  mv "$image.new" "$image"
}

# Everybody may go everywhere with scp, and knows every machine.
ssh_keys() {
  chroot "$1" ssh-keygen -q -t ed25519 -N '' -f "/home/$person/.ssh/id_ed25519" &&
    cp "$2/id_ed25519.pub" "$2/authorized_keys" &&
    printf 'Host *\n  StrictHostKeyChecking accept-new\n  LogLevel ERROR\n' >"$2/config"
}

start_machines() {
  make_image || return 1
  local machine
  for machine in "${machines[@]}"; do boot "$machine" || return 1; done
  for machine in "${machines[@]}"; do await_boot "$machine" || return 1; done
}

boot() {
  local of=$work/$1
  mkdir -p "$of/upper" "$of/work" "$of/system" "$of/files"
  mount -t overlay overlay -o "lowerdir=$image,upperdir=$of/upper,workdir=$of/work" "$of/system" || return 1
  echo "$1" >"$of/system/etc/hostname"
  mkdir -p "$of/system${root_of[$1]}" "$of/system/home/$person/concur"
  chown --reference="$of/system/home/$person" "$of/system${root_of[$1]}" "$of/files"
  power_on "$1"
}

power_on() {
  local of=$work/$1
  systemd-nspawn --quiet --boot --register=no --keep-unit --console=pipe --machine="$1" --directory="$of/system" \
    --network-namespace-path="/run/netns/$(network_of "$1")" --bind-ro="$(readlink -f "$(command -v node)"):/usr/local/bin/node" \
    --bind-ro="$checkout:/home/$person/concur" --bind="$of/files:${root_of[$1]}" >"$of/console" 2>&1 </dev/null &
  nspawn_pid[$1]=$!
}

# The first process of the machine.
leader_of() {
  pgrep --parent "${nspawn_pid[$1]}" | head -n 1
}

as_root() {
  local leader
  leader=$(leader_of "$1")
  [ -n "$leader" ] && nsenter --target "$leader" --all -- /usr/bin/env -i PATH="$machine_path" /bin/bash -c "$2"
}

# as_person MACHINE COMMAND: as if typed there.
as_person() {
  as_root "$1" "runuser --login $person --command $(printf '%q' "$2")"
}

await_boot() {
  local i
  for ((i = 0; i < 300; i++)); do
    case $(as_root "$1" 'systemctl is-system-running' 2>/dev/null) in running | degraded) return 0 ;; esac
    sleep 0.1
  done
  echo "$1 did not boot:"
  cat "$work/$1/console"
  return 1
}

stop_machines() {
  local machine
  for machine in "${!nspawn_pid[@]}"; do kill -9 "$(leader_of "$machine")" 2>/dev/null; done
  wait
  for machine in "${machines[@]}"; do umount "$work/$machine/system" 2>/dev/null; done
}

files_of() {
  echo "$work/$1/files"
}

# What the README says, word by word, but for what the image has already: Node.js, and the checkout.
install_all() {
  typed server1 'sudo concur/scripts/install.sh coordinator --root files --name server1 --address 192.168.1.101 --replica server2=192.168.1.102' || return 1
  typed server2 'scp -qr server1:concur-keys/server2 .' || return 1
  typed server2 'sudo concur/scripts/install.sh replica --root /srv/files --name server2 --address 192.168.1.102 --keys server2' || return 1
  typed client 'scp -qr server1:concur-keys/client .' || return 1
  typed client 'sudo concur/scripts/install.sh client --server 192.168.1.101,192.168.1.102 --keys client' || return 1
}

unit_of() {
  [ "$1" = server1 ] && echo concur-coordinator || echo concur-replica
}

start_server() {
  as_root "$1" "systemctl start $(unit_of "$1")"
}

stop_server() {
  as_root "$1" "systemctl stop $(unit_of "$1")"
}

# systemd starts it again by itself.
kill_server() {
  as_root "$1" "systemctl kill --signal=SIGKILL $(unit_of "$1")"
}

# nspawn cannot start a machine on an overlay again by itself.
reboot_machine() {
  as_root "$1" 'systemctl poweroff' 2>/dev/null
  wait "${nspawn_pid[$1]}" 2>/dev/null
  power_on "$1"
  await_boot "$1"
}

# on WHAT PATTERN MACHINE COMMAND: root types it there.
on() {
  local out
  out=$(as_root "$3" "$4" 2>&1)
  if grep -qE -- "$2" <<<"$out"; then ok "$1"; else not_ok "$1: $4" "$out"; fi
}

# What holds only for machines that were installed.
machine_parts() {
  local unit machine
  for machine in server1 server2; do
    unit=$(unit_of "$machine")
    on "$unit tells systemd where it listens" 'listening on 192.168.1.10[12]:600[12]' "$machine" "systemctl status --no-pager $unit"
    on "$unit says nothing that verify minds" '^$' "$machine" "systemd-analyze verify $unit.service"
    on "$unit is exposed little: at most 2.0" 'exposure level .* ([01]\.[0-9]|2\.0) ' "$machine" "systemd-analyze security --no-pager $unit.service"
    as_root "$machine" "systemd-analyze security --no-pager $unit.service" | tail -n 1
    on "$unit runs as the owner of the files" "^$person" "$machine" "ps -o user= -C node"
  done
  on 'what clients put belongs to the owner of the files' "^$person" server2 "stat -c %U /srv/files/today.txt"
  says 'there is a manual page' 0 'CONCUR' 'man concur | head -n 1'
  says 'and completion' 0 'complete' 'cat /usr/share/bash-completion/completions/concur'
  hang_server
  soon 'and is in step again' 60 0 'server2 .*up' 'concur status'
  refusals
  on 'installed again, from elsewhere, it keeps its keys' 'keys are as they were' server1 \
    "cd / && /home/$person/concur/scripts/install.sh coordinator --root /home/$person/files --name server1 --address 192.168.1.101 --replica server2=192.168.1.102"
  soon 'and the others know it still' 60 0 'copies 2 of 2' 'concur write again.txt yes'
  on 'an upgrade' 'is version' server1 "/home/$person/concur/scripts/install.sh upgrade"
  soon 'which goes on where it was' 60 0 'copies 2 of 2' 'concur write upgraded.txt yes'
  on 'uninstalled it leaves files, keys and configuration' 'are as they were' server2 "/home/$person/concur/scripts/install.sh uninstall"
  on 'they are there, and the program is not' '^left as it was$' server2 \
    'cd /etc/concur && [ -f replica.json ] && [ -f token ] && [ -f /srv/files/upgraded.txt ] && [ ! -e /opt/concur ] && ! command -v concur && echo left as it was'
}

# A server whose loop does not go round says nothing to systemd, which kills it then.
hang_server() {
  as_root server2 'systemctl kill --signal=SIGSTOP concur-replica'
  local i
  for ((i = 0; i < 450; i++)); do
    [ "$(as_root server2 'systemctl show -P NRestarts concur-replica')" = 0 ] || break
    sleep 0.1
  done
  on 'a server that hangs is killed and started again' 'Watchdog timeout' server2 'journalctl -u concur-replica --no-pager'
}

# fake PROGRAM LINE…: from here on the client's machine has this one instead, as if it were another machine.
fake() {
  fakes=/srv/fakes/$1
  as_root client "mkdir -p $fakes && printf '%s\\n' '#!/bin/sh' $(printf '%q ' "${@:2}") > $fakes/$1 && chmod +x $fakes/$1"
}

# refused PATTERN ARGUMENT…: one sentence, and nothing was changed.
refused() {
  local before after out status=0
  before=$(as_root client 'find /opt /etc/concur /etc/systemd/system /usr/local -newermt 1970-01-02 2>/dev/null | sort')
  out=$(as_root client "cd /home/$person && PATH=$fakes:\$PATH concur/scripts/install.sh ${*:2}" 2>&1) || status=$?
  after=$(as_root client 'find /opt /etc/concur /etc/systemd/system /usr/local -newermt 1970-01-02 2>/dev/null | sort')
  if [ "$status" = 2 ] && [ "$(wc -l <<<"$out")" = 1 ] && grep -qE -- "$1" <<<"$out" && [ "$before" = "$after" ]; then
    ok "refused: install.sh ${*:2}"
  else
    not_ok "refused: install.sh ${*:2} (status $status)" "$out"
  fi
}

# shellcheck disable=SC2016 # What the fakes do is theirs to expand.
refusals() {
  local out fakes=/nowhere
  local place=(--name n --address 192.168.1.103)
  as_root client "mkdir -p /srv/root"
  refused 'no .*server.* to install' server
  refused 'wants a value' coordinator --root
  refused 'coordinator has no option --nonsense' coordinator --nonsense
  refused 'replica has no option --replica' replica --replica server2=192.168.1.102
  refused '--name is missing' replica --root /srv/files --address 192.168.1.103
  refused '1 to 32 of a-z' replica --root /srv/files --name N --address 192.168.1.103
  refused '--address is missing.* it has 192.168.1.103' replica --root /srv/files --name n
  refused 'none of this machine' replica --root /srv/files --name n --address 192.168.1.7 --insecure
  refused 'no such folder' replica --root nowhere "${place[@]}"
  refused "the system's folder" replica --root /etc "${place[@]}"
  refused 'belongs to root' replica --root /srv/root "${place[@]}"
  as_root client "chown $person: /srv/root"
  refused '--keys is missing' replica --root /srv/root "${place[@]}"
  refused 'tls-cert.pem is missing' replica --root /srv/files "${place[@]}" --keys client
  as_root client 'mkdir -p /srv/foreign && touch /srv/foreign/file'
  refused 'no folder of keys of all machines' coordinator --root /srv/root "${place[@]}" --keys /srv/foreign
  refused 'no folder of keys of all machines' coordinator --root /srv/root "${place[@]}" --keys /etc/hosts
  refused 'NAME=HOST' coordinator --root /srv/files "${place[@]}" --replica server2
  refused '1 to 65535' replica --root /srv/files "${place[@]}" --port 70000
  refused 'is taken' replica --root /srv/files "${place[@]}" --port 22 --insecure
  refused '--server is missing' client
  fake findmnt 'echo nfs4'
  refused 'lies on nfs4: a file system of this machine' replica --root /srv/files "${place[@]}" --keys client
  fake findmnt 'echo vfat'
  refused 'lies on vfat, which does not keep names' replica --root /srv/files "${place[@]}" --keys client
  fake findmnt 'echo fuse.sshfs'
  refused 'lies on fuse.sshfs' replica --root /srv/files "${place[@]}" --keys client
  # It makes a and A together, as where they are one.
  fake touch 'for file; do /usr/bin/touch "$file"; done; /usr/bin/touch "$(dirname "$1")/A"'
  refused 'takes a and A for one name' replica --root /srv/files "${place[@]}" --keys client
  fake node '[ "$1" != --version ] || echo v18.20.4; [ "$1" != -e ] || exit 1'
  refused 'v18.20.4 is too old: it must be 20.19' client --server 192.168.1.101
  fakes=/nowhere
  if out=$(as_person client 'concur/scripts/install.sh client --server 192.168.1.101' 2>&1); then
    not_ok 'refused: a person without sudo' "$out"
  elif [[ $out == *'this needs root'* ]]; then ok 'refused: a person without sudo'; else not_ok 'refused: a person without sudo' "$out"; fi
}
