#!/bin/sh
# Makes the secrets of docker-compose.yml that do not exist yet: deploy/make_secrets.sh [FOLDER, `secrets` by default]
set -eu
folder=${1:-secrets}
mkdir -p "$folder"
# Nobody else gets into the folder. The files themselves must be readable for the users inside the containers.
chmod 700 "$folder"
for name in mqtt_password device_password edge_password influx_password influx_token; do
  [ -s "$folder/$name" ] && continue
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$folder/$name"
  chmod 644 "$folder/$name"
  echo "made $folder/$name"
done
