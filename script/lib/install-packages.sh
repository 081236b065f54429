#!/bin/sh
# Install Debian packages as root, without any of their services being started or
# enabled. Arguments: names of packages.
set -eu
policy=/usr/sbin/policy-rc.d
saved=$policy.saved-by-shop

restore() {
  rm -f "$policy"
  if [ -e "$saved" ]; then mv "$saved" "$policy"; fi
}

# Debian asks this program before it starts a service; 101 means "forbidden".
if [ -e "$policy" ] && [ ! -e "$saved" ]; then mv "$policy" "$saved"; fi
trap restore EXIT
trap 'exit 130' INT TERM
printf '#!/bin/sh\nexit 101\n' > "$policy"
chmod 755 "$policy"

export DEBIAN_FRONTEND=noninteractive
apt-get -q -o DPkg::Lock::Timeout=120 update
apt-get -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends "$@"

# Nor may the package's own Redis take port 6379 at the next boot.
for name in "$@"; do
  if [ "$name" = redis-server ]; then
    deb-systemd-helper disable redis-server.service > /dev/null 2>&1 || true
    update-rc.d redis-server disable > /dev/null 2>&1 || true
  fi
done
