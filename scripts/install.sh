#!/usr/bin/env bash
# Puts concur on this machine, started at boot; run again it upgrades. For Debian and Ubuntu.
#
#   sudo scripts/install.sh coordinator --root DIR --name NAME --address HOST [--replica NAME=HOST[:PORT] …] [OPTION…]
#   sudo scripts/install.sh replica --root DIR --name NAME --address HOST --keys DIR [OPTION…]
#   sudo scripts/install.sh client --server HOST[:PORT][,…] [--keys DIR]
#   sudo scripts/install.sh upgrade       what is here, by what is in this checkout
#   sudo scripts/install.sh uninstall     all but files, keys and configuration
#
#   --root DIR      the folder whose files are served; it exists, and the server runs as its owner
#   --name NAME     what this node is called: 1 to 32 of a-z 0-9 -
#   --address HOST  where the other machines find this one
#   --port PORT     6001 for a coordinator, 6002 for a replica, unless stated
#   --keys DIR      the folder of this machine that `concur-coordinator init` made, or for a coordinator that of all: it is
#                   made where there is none, and is concur-keys here unless stated
#   --insecure      no keys and no TLS: whoever reaches this machine may do everything
#
# Each thing that stands in the way is one sentence and exit status 2, before anything was changed.
set -euo pipefail

source_dir=$(cd "$(dirname "$0")/.." && pwd)
program_dir=/opt/concur
config_dir=/etc/concur
unit_dir=/etc/systemd/system
completion_file=/usr/share/bash-completion/completions/concur
manual_file=/usr/local/share/man/man1/concur.1
programs=(concur:client.cjs concur-coordinator:coordinator.js concur-replica:replica.js)
node_version_min=20.19
person=${SUDO_USER:-root}

refuse() {
  echo "install.sh: $*" >&2
  exit 2
}

usage() {
  sed -n '2,/^set -euo/{/^#/s/^# \{0,1\}//p}' "$0"
}

# Options that each role knows.
declare -A options_of=(
  [coordinator]=' --root --name --address --port --replica --keys --insecure '
  [replica]=' --root --name --address --port --keys --insecure '
  [client]=' --server --keys '
  [upgrade]=' '
  [uninstall]=' '
)

# --- what is asked

role=${1:-}
[ "$#" -eq 0 ] || shift
root='' name='' address='' port='' keys='' server='' insecure=''
replicas=()
case $role in
  -h | --help | help) usage && exit 0 ;;
  '') usage >&2 && exit 2 ;;
esac
[ -n "${options_of[$role]:-}" ] || refuse "there is no $role to install: coordinator, replica, client, upgrade or uninstall"
while [ "$#" -gt 0 ]; do
  case $1 in -h | --help) usage && exit 0 ;; esac
  [[ ${options_of[$role]} == *" $1 "* ]] || refuse "$role has no option $1; --help lists them"
  if [ "$1" = --insecure ]; then
    insecure=1
    shift
    continue
  fi
  [ "$#" -ge 2 ] || refuse "$1 wants a value"
  case $1 in
    --root) root=$2 ;;
    --name) name=$2 ;;
    --address) address=$2 ;;
    --port) port=$2 ;;
    --keys) keys=$2 ;;
    --server) server=$2 ;;
    --replica) replicas+=("$2") ;;
  esac
  shift 2
done

# --- what stands in the way

check_machine() {
  [ "$(id -u)" -eq 0 ] || refuse "this needs root: sudo scripts/install.sh $role …"
  local id='' like=''
  id=$(os_release ID)
  like=$(os_release ID_LIKE)
  case " $id $like " in
    *" debian "* | *" ubuntu "*) ;;
    *) refuse "this is for Debian and Ubuntu, and here is ${id:-another system}" ;;
  esac
}

# os_release KEY: what /etc/os-release says.
os_release() {
  sed -n "s/^$1=\"\{0,1\}\([^\"]*\)\"\{0,1\}$/\1/p" /etc/os-release 2>/dev/null
}

check_node() {
  node=$(command -v node) || refuse "Node.js is missing: version $node_version_min or later, from Debian 13 (apt install nodejs npm) or nodejs.org"
  node=$(readlink -f "$node")
  local version
  version=$("$node" --version)
  "$node" -e '
    const [major, minor] = process.versions.node.split(".").map(Number)
    const [wantedMajor, wantedMinor] = process.argv[1].split(".").map(Number)
    process.exit(major > wantedMajor || (major === wantedMajor && minor >= wantedMinor) ? 0 : 1)
  ' "$node_version_min" || refuse "Node.js $version is too old: it must be $node_version_min or later"
  case $node in
    /home/* | /root/*) refuse "Node.js lies in $node, where a service may not look: install it for all, with apt or below /usr/local" ;;
  esac
}

check_systemd() {
  [ -d /run/systemd/system ] || refuse "systemd does not run here, and starts the server"
}

check_name() {
  [ -n "$name" ] || refuse "--name is missing: what this node is called, server1 for example"
  [[ $name =~ ^[a-z0-9-]{1,32}$ ]] || refuse "--name $name: it must be 1 to 32 of a-z 0-9 -"
}

check_address() {
  [ -n "$address" ] || refuse "--address is missing: where the other machines find this one; it has $(own_addresses)"
  case $address in
    localhost | 127.* | ::1) [ "${#replicas[@]}" -eq 0 ] || refuse "--address $address: no other machine finds this one there" ;;
  esac
}

own_addresses() {
  local found
  found=$(hostname -I 2>/dev/null | xargs) || found=''
  echo "${found:-none}"
}

check_root() {
  [ -n "$root" ] || refuse "--root is missing: the folder whose files are served"
  [ -d "$root" ] || refuse "--root $root: there is no such folder; make it, as the one who will edit the files"
  root=$(cd "$root" && pwd -P)
  case $root in
    / | /home | /root | /etc | /etc/* | /usr | /usr/* | /opt/concur | /opt/concur/* | /proc/* | /sys/* | /run/* | /dev/*)
      refuse "--root $root: that is the system's folder; take one of its own, /srv/files for example" ;;
  esac
  case $root in *[[:space:]%]* | *['\"']*) refuse "--root $root: a name without spaces, quotes and % is wanted here" ;; esac
  user=$(stat -c %U "$root")
  group=$(stat -c %G "$root")
  [ "$user" != root ] || refuse "--root $root belongs to root: give it to whoever edits the files, with chown"
  { [ "$user" != UNKNOWN ] && [ "$group" != UNKNOWN ]; } || refuse "--root $root belongs to nobody who is known here"
  check_file_system
}

check_file_system() {
  local type
  type=$(findmnt --noheadings --output FSTYPE --target "$root" | tail -n 1)
  case $type in
    nfs | nfs4 | cifs | smb3 | smbfs | 9p | afs | ceph | coda | gfs2 | ocfs2 | lustre | glusterfs | fuse | fuse.*)
      refuse "--root $root lies on $type: a file system of this machine's own is wanted, as ext4, xfs or btrfs" ;;
    vfat | msdos | exfat | ntfs | ntfs3 | fuseblk | hfs | hfsplus | apfs)
      refuse "--root $root lies on $type, which does not keep names and modes as they are: ext4, xfs or btrfs is wanted" ;;
  esac
  local probe
  probe=$(runuser -u "$user" -- mktemp -d "$root/.concur-probe-XXXXXX" 2>/dev/null) ||
    refuse "--root $root: its owner $user cannot write there"
  touch "$probe/a"
  local is_one=''
  [ ! -e "$probe/A" ] || is_one=1
  rm -r "$probe"
  [ -z "$is_one" ] || refuse "--root $root takes a and A for one name: a folder that tells them apart is wanted"
}

check_port() {
  port=${port:-$1}
  if ! [[ $port =~ ^[0-9]{1,5}$ ]] || [ "$port" -lt 1 ] || [ "$port" -gt 65535 ]; then
    refuse "--port $port: it must be 1 to 65535"
  fi
  ! systemctl is-active --quiet "concur-$role" || return 0
  local code
  code=$("$node" -e '
    const server = require("node:net").createServer()
    server.on("error", ({ code }) => { console.log(code); process.exit(0) })
    server.listen({ port: Number(process.argv[1]), host: process.argv[2] }, () => process.exit(0))
  ' "$port" "$address")
  case $code in
    '') ;;
    EADDRINUSE) refuse "--port $port is taken on $address by another program" ;;
    EADDRNOTAVAIL | ENOTFOUND | EAI_AGAIN) refuse "--address $address is none of this machine's, which has $(own_addresses)" ;;
    *) refuse "--address $address --port $port cannot be listened on: $code" ;;
  esac
}

check_other_role() {
  local other=replica
  [ "$role" = coordinator ] || other=coordinator
  [ ! -e "$config_dir/$other.json" ] || refuse "a $other is installed here: a machine has one node; uninstall it, and move $config_dir/$other.json away"
}

# A machine's folder has four files.
check_keys() {
  local file
  for file in token tls-cert.pem tls-key.pem tls-ca.pem; do
    [ -f "$1/$file" ] || refuse "--keys $keys: $1/$file is missing; concur-coordinator init makes it"
  done
}

check_replicas() {
  local one
  for one in ${replicas[@]+"${replicas[@]}"}; do
    [[ $one =~ ^[a-z0-9-]{1,32}=.+$ ]] || refuse "--replica $one: it must be NAME=HOST or NAME=HOST:PORT"
  done
}

# --- what is done

# Installs and builds in the checkout what is missing there, as whoever it belongs to.
build() {
  [ ! -f "$source_dir/dist/client.cjs" ] || return 0
  local owner
  owner=$(stat -c %U "$source_dir")
  command -v npm >/dev/null || refuse "npm is missing, which builds the program: apt install npm"
  echo "building the program …"
  (cd "$source_dir" && runuser -u "$owner" -- npm ci --no-audit --no-fund --silent) || refuse "npm ci failed in $source_dir"
}

# The program lies ready beside the old one before it takes its place.
install_program() {
  build
  local new=$program_dir.new
  rm -rf "$new"
  mkdir -p "$new"
  cp -r "$source_dir/dist" "$source_dir/package.json" "$source_dir/LICENSE" "$source_dir/README.md" "$new/"
  mkdir -p "$new/scripts"
  cp -r "$source_dir/scripts/install.sh" "$source_dir/scripts/systemd" "$new/scripts/"
  production_packages | while IFS= read -r package; do
    mkdir -p "$new/$(dirname "$package")"
    cp -r "$source_dir/$package" "$new/$package"
  done
  ln -s "$node" "$new/node"
  chown -R root:root "$new"
  chmod -R u+rwX,go+rX,go-w "$new"
  rm -rf "$program_dir.old"
  [ ! -e "$program_dir" ] || mv "$program_dir" "$program_dir.old"
  mv "$new" "$program_dir"
  rm -rf "$program_dir.old"
  local program
  for program in "${programs[@]}"; do
    ln -sfn "$program_dir/dist/${program#*:}" "/usr/local/bin/${program%%:*}"
  done
  mkdir -p "$(dirname "$completion_file")" "$(dirname "$manual_file")"
  "$node" "$program_dir/dist/client.cjs" completion >"$completion_file"
  cp "$program_dir/dist/concur.1" "$manual_file"
}

# What package-lock.json says that the program needs, and what of it is there: some is for other platforms.
production_packages() {
  "$node" -e '
    const { existsSync, readFileSync } = require("node:fs")
    const { packages } = JSON.parse(readFileSync(process.argv[1] + "/package-lock.json", "utf8"))
    const needed = Object.keys(packages).filter(path => path !== "" && !packages[path].dev && !packages[path].devOptional)
    const tops = needed.filter(path => !needed.some(other => path.startsWith(other + "/")))
    for (const path of tops) if (existsSync(process.argv[1] + "/" + path)) console.log(path)
  ' "$source_dir"
}

# Makes the keys of all machines, where the folder lacks those of one.
make_keys() {
  local one hosts=(--node "$name=$address") missing=''
  [ -d "$keys/$name" ] || missing=1
  for one in ${replicas[@]+"${replicas[@]}"}; do
    local replica=${one%%=*} host=${one#*=}
    case $host in *:*) host=${host%:*} ;; esac
    hosts+=(--node "$replica=$host")
    [ -d "$keys/$replica" ] || missing=1
  done
  [ -n "$missing" ] || return 0
  "$node" "$program_dir/dist/coordinator.js" init --dir "$keys" "${hosts[@]}" >/dev/null
  chown -R "$person:" "$keys"
}

install_keys() {
  mkdir -p "$config_dir"
  local file
  for file in token tls-cert.pem tls-key.pem tls-ca.pem; do
    install -m 600 "$1/$file" "$config_dir/$file"
  done
}

# write_json FILE KEY=JSON …: these keys, beside those that stand there already.
write_json() {
  mkdir -p "$(dirname "$1")"
  "$node" -e '
    const { existsSync, readFileSync, writeFileSync } = require("node:fs")
    const [file, ...pairs] = process.argv.slice(1)
    const config = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {}
    for (const pair of pairs) {
      const at = pair.indexOf("=")
      config[pair.slice(0, at)] = JSON.parse(pair.slice(at + 1))
    }
    writeFileSync(file, JSON.stringify(config, null, 2) + "\n")
  ' "$@"
}

json_string() {
  "$node" -p 'JSON.stringify(process.argv[1])' "$1"
}

# {"NAME":"HOST:PORT"}
replicas_json() {
  "$node" -p '
    JSON.stringify(Object.fromEntries(process.argv.slice(1).map(text => {
      const at = text.indexOf("=")
      const host = text.slice(at + 1)
      return [text.slice(0, at), /:\d+$/.test(host) ? host : host + ":6002"]
    })))
  ' ${replicas[@]+"${replicas[@]}"}
}

# What belongs to this machine: whose files, where they lie, which secrets.
write_unit() {
  local unit=concur-$role.service
  local credentials=/run/credentials/$unit
  cp "$source_dir/scripts/systemd/$unit" "$unit_dir/$unit"
  mkdir -p "$unit_dir/$unit.d"
  {
    echo "# Written by install.sh."
    echo "[Unit]"
    echo "RequiresMountsFor=$root"
    echo
    echo "[Service]"
    echo "User=$user"
    echo "Group=$group"
    echo "ReadWritePaths=$root"
    case $root in
      /home/* | /root/*)
        echo "ProtectHome=tmpfs"
        echo "BindPaths=$root"
        ;;
      *) echo "ProtectHome=yes" ;;
    esac
    if [ -f "$config_dir/token" ]; then
      local file
      for file in token tls-cert.pem tls-key.pem tls-ca.pem; do echo "LoadCredential=$file:$config_dir/$file"; done
      echo "Environment=CONCUR_TOKEN_FILE=$credentials/token CONCUR_TLS_CERT=$credentials/tls-cert.pem"
      echo "Environment=CONCUR_TLS_KEY=$credentials/tls-key.pem CONCUR_TLS_CA=$credentials/tls-ca.pem"
    fi
  } >"$unit_dir/$unit.d/machine.conf"
  systemctl daemon-reload
}

start_unit() {
  local unit=concur-$role.service
  systemctl enable --quiet "$unit"
  systemctl restart "$unit" || {
    systemctl stop "$unit"
    echo "install.sh: the server does not start; its last words:" >&2
    journalctl --unit "$unit" --lines 5 --output cat --no-pager >&2
    exit 1
  }
}

# Where a person's client looks for its configuration, keys beside it. What is there stays.
configure_person() {
  local home from=$1
  home=$(getent passwd "$person" | cut -d: -f6)
  local folder=$home/.config/concur
  [ ! -e "$folder/config.json" ] || return 0
  install -d -o "$person" -g "$(id -gn "$person")" "$home/.config" "$folder"
  local pairs=("server=$(json_string "$server")")
  if [ -n "$from" ]; then
    local file
    for file in token tls-ca.pem; do install -m 600 -o "$person" "$from/$file" "$folder/$file"; done
    pairs+=("token-file=$(json_string "$folder/token")" "tls-ca=$(json_string "$folder/tls-ca.pem")")
  fi
  write_json "$folder/config.json" "${pairs[@]}"
  chown "$person:" "$folder/config.json"
}

install_server() {
  local default_port=$1
  check_machine
  check_node
  check_systemd
  check_name
  check_address
  check_replicas
  check_root
  check_other_role
  check_port "$default_port"
  local machine_keys=''
  if [ "$role" = replica ] && [ -z "$insecure" ]; then
    [ -n "$keys" ] || [ -f "$config_dir/token" ] || refuse "--keys is missing: the folder of $name that the coordinator's machine has made"
    [ -z "$keys" ] || check_keys "$keys"
    machine_keys=$keys
  fi
  local keeps_keys=''
  if [ "$role" = coordinator ] && [ -z "$insecure" ]; then
    # Other keys than those that are in use would shut out everybody who has those.
    if [ -z "$keys" ] && [ -f "$config_dir/token" ] && [ ! -d "$PWD/concur-keys" ]; then keeps_keys=1; fi
    keys=${keys:-$PWD/concur-keys}
    [ ! -e "$keys" ] || [ -f "$keys/ca-key.pem" ] || [ -z "$(ls -A "$keys" 2>/dev/null || echo none)" ] ||
      refuse "--keys $keys is no folder of keys of all machines, and no empty one"
  fi
  [ -z "$insecure" ] || [ ! -f "$config_dir/token" ] || refuse "--insecure, but keys lie in $config_dir: remove them first if you mean it"

  install_program
  if [ "$role" = coordinator ] && [ -z "$insecure$keeps_keys" ]; then
    make_keys
    machine_keys=$keys/$name
  fi
  [ -z "$machine_keys" ] || install_keys "$machine_keys"
  local pairs=("root=$(json_string "$root")" "name=$(json_string "$name")" "listen=$(json_string "$(listen_text)")")
  [ "$role" = replica ] || pairs+=("replica=$(replicas_json)")
  [ -z "$insecure" ] || pairs+=("insecure=true")
  write_json "$config_dir/$role.json" "${pairs[@]}"
  write_unit
  start_unit
  server=$(listen_text)
  if [ "$role" = coordinator ] && [ -z "$keeps_keys" ]; then configure_person "${machine_keys:+$keys/admin}"; fi
  tell_server "$keeps_keys"
}

listen_text() {
  case $address in
    *:*) echo "[$address]:$port" ;;
    *) echo "$address:$port" ;;
  esac
}

tell_server() {
  echo "$role $name serves $root on $(listen_text), as $user, and starts at boot"
  if [ -n "$1" ]; then
    echo "keys are as they were; those of a new replica are made with --keys DIR, the folder of all"
  elif [ "$role" = coordinator ] && [ -z "$insecure" ]; then
    local one
    for one in ${replicas[@]+"${replicas[@]}"}; do
      echo "for ${one%%=*}: its keys are in $keys/${one%%=*}"
    done
    echo "for each person: keys are in $keys/client; $keys itself is nobody else's"
  fi
  echo "its log: journalctl -u concur-$role"
}

install_client() {
  check_machine
  check_node
  [ -n "$server" ] || refuse "--server is missing: HOST of the coordinator, and of replicas behind a comma"
  local from=''
  if [ -n "$keys" ]; then
    { [ -f "$keys/token" ] && [ -f "$keys/tls-ca.pem" ]; } || refuse "--keys $keys: token or tls-ca.pem is missing; concur-coordinator init makes them"
    from=$keys
  fi
  server=$(servers_text)
  install_program
  configure_person "$from"
  echo "concur is there; $person's configuration: $(getent passwd "$person" | cut -d: -f6)/.config/concur/config.json"
  echo "next: concur status"
}

# The first is the coordinator, the others are replicas, where they say no port.
servers_text() {
  "$node" -p '
    process.argv[1].split(",").map((text, place) => /:\d+$/.test(text) ? text : text + (place === 0 ? ":6001" : ":6002")).join(",")
  ' "$server"
}

upgrade() {
  check_machine
  check_node
  [ -d "$program_dir" ] || refuse "nothing is installed here; --help says how to"
  install_program
  local found
  for found in coordinator replica; do
    [ -f "$unit_dir/concur-$found.service" ] || continue
    cp "$source_dir/scripts/systemd/concur-$found.service" "$unit_dir/"
    systemctl daemon-reload
    role=$found
    start_unit
  done
  echo "concur is version $("$node" "$program_dir/dist/client.cjs" --version) now"
}

uninstall() {
  check_machine
  local found program
  for found in coordinator replica; do
    [ -f "$unit_dir/concur-$found.service" ] || continue
    systemctl disable --quiet --now "concur-$found.service"
    rm -rf "$unit_dir/concur-$found.service" "$unit_dir/concur-$found.service.d"
    systemctl daemon-reload
  done
  for program in "${programs[@]}"; do rm -f "/usr/local/bin/${program%%:*}"; done
  rm -rf "$completion_file" "$manual_file" "$program_dir"
  echo "concur is gone; what was served, its .concur folder, $config_dir and people's ~/.config/concur are as they were"
}

case $role in
  coordinator) install_server 6001 ;;
  replica) install_server 6002 ;;
  client) install_client ;;
  upgrade) upgrade ;;
  uninstall) uninstall ;;
esac
