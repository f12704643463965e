#!/bin/sh
# Run once by the image of InfluxDB 2 after it has made the bucket: lets InfluxQL ask the bucket as a database.
set -eu
influx v1 dbrp create \
  --org "$DOCKER_INFLUXDB_INIT_ORG" \
  --bucket-id "$DOCKER_INFLUXDB_INIT_BUCKET_ID" \
  --db "$PLANTVERSE_DATABASE" \
  --rp autogen \
  --default
