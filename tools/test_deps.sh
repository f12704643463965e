#!/usr/bin/env bash
# Brings the programs that the tests drive: a real MQTT broker, its command line clients, two databases and a real
# browser with fonts.
# Installs only as root or with a sudo that asks nothing; else it says what to type and leaves the rest to the tests.
set -euo pipefail

packages=()
have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }
have mosquitto || packages+=(mosquitto)
have mosquitto_pub || packages+=(mosquitto-clients)
have influxd || packages+=(influxdb)
have victoria-metrics || packages+=(victoria-metrics)
have chromium || have google-chrome || packages+=(chromium)
# Chromium draws empty boxes without a font.
[ -d /usr/share/fonts/truetype/dejavu ] || packages+=(fonts-dejavu-core)

if [ ${#packages[@]} -eq 0 ]; then
  echo "test-deps: mosquitto, mosquitto-clients, influxdb, victoria-metrics, chromium and fonts are here"
  exit 0
fi

command="apt-get install -y --no-install-recommends ${packages[*]}"
if ! command -v apt-get >/dev/null 2>&1; then
  echo "test-deps: no apt-get here; please install: ${packages[*]}"
  exit 0
fi
if [ "$(id -u)" -eq 0 ]; then
  as=()
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
  as=(sudo -n)
else
  echo "test-deps: this user may not install packages; please type:"
  echo "  sudo $command"
  exit 0
fi
echo "test-deps: ${as[*]:+${as[*]} }$command"
"${as[@]}" apt-get update -qq
# A package must not start a broker on port 1883, or a database, now or at the next start of the machine: masked while
# it is installed where systemd runs, and disabled after that.
services=()
for package in "${packages[@]}"; do
  case $package in mosquitto | influxdb | victoria-metrics) services+=("$package") ;; esac
done
[ -d /run/systemd/system ] || services=()
[ ${#services[@]} -eq 0 ] || "${as[@]}" systemctl mask --runtime "${services[@]}"
"${as[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 $command >/dev/null
if [ ${#services[@]} -gt 0 ]; then
  "${as[@]}" systemctl unmask --runtime "${services[@]}"
  "${as[@]}" systemctl disable "${services[@]}"
fi
