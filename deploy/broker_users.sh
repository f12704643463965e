#!/bin/sh
# Writes Mosquitto's password file: broker_users.sh FOLDER_OF_SECRETS PASSWORD_FILE
set -eu
secrets=$1
passwords=$2
new=$passwords.new
rm -f "$new"
mosquitto_passwd -c -b "$new" plantverse "$(cat "$secrets/mqtt_password")"
mosquitto_passwd -b "$new" device "$(cat "$secrets/device_password")"
mosquitto_passwd -b "$new" edge "$(cat "$secrets/edge_password")"
# Mosquitto reads it as its own user, whose number the image fixes.
[ "$(id -u)" -ne 0 ] || chown "${BROKER_USER:-1883:1883}" "$new"
chmod 600 "$new"
mv "$new" "$passwords"
