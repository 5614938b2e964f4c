#!/bin/sh
# Makes the keys of the gpu-host and of those who use it: sh containers/make_keys.sh [FOLDER]
# FOLDER/host is mounted at /keys of the gpu-host, FOLDER/client at ~/.ssh of the other services. No image holds a key.
set -eu
umask 077
folder=${1:-$(dirname -- "$0")/keys}
mkdir -p -- "$folder/host" "$folder/client"
for key in "$folder/host/ssh_host_ed25519_key" "$folder/client/id_ed25519"; do
  test -e "$key" || ssh-keygen -q -t ed25519 -N "" -C montage-recipe -f "$key"
done
cp -- "$folder/client/id_ed25519.pub" "$folder/host/authorized_keys"
printf '[gpu-host]:2222 %s\n' "$(cat -- "$folder/host/ssh_host_ed25519_key.pub")" > "$folder/client/known_hosts"
