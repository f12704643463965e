#!/bin/sh
# Starts an edge node with its secrets: edge_node.sh FOLDER_OF_SECRETS [options of `plantverse edge run`]
set -eu
secrets=$1
shift
PLANTVERSE_TOKEN=$(cat "$secrets/edge_token")
PLANTVERSE_MQTT_PASSWORD=$(cat "$secrets/edge_password")
export PLANTVERSE_TOKEN PLANTVERSE_MQTT_PASSWORD
exec plantverse edge run "$@"
