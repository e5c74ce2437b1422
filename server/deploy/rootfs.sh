#!/bin/sh
# Makes the root of the image: the two programs, the libraries that they link,
# and the certificates of the authorities. It has no shell and no package manager,
# because nothing in the image needs one.
#
#   rootfs.sh PROGRAMS TARGET     # a folder with the programs; a new folder, or a .tar
#
# Needs mmdebstrap and binutils, and a Debian 12 whose programs these are.
set -eu
programs=$1 target=$2

# What segrid-server depends on as a Debian package; a test compares.
libraries="libgrpc++1.51 libprotobuf32 libssl3 libsimdjson14 libyaml-cpp0.7 libspdlog1.10-fmt9 libisal2 liblz4-1
  libcjose0 libjansson4 zlib1g libpq5 libsqlite3-0 librocksdb7.8"

scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
cd "$scratch"
chmod 755 .
for name in segrid-server segrid; do strip -o "$name" "$programs/$name"; done
# Its scripts would need a shell in the image, so only its files are taken.
apt-get --quiet=2 -o APT::Sandbox::User=root download ca-certificates
dpkg-deb --extract ca-certificates_*.deb authorities
cat authorities/usr/share/ca-certificates/mozilla/*.crt > ca-certificates.crt

cat > finish <<'END'
#!/bin/sh
set -eu
root=$1 from=$2
rm -rf "$root"/usr/share/locale "$root"/usr/share/man "$root"/usr/share/lintian "$root"/usr/share/gdb "$root"/usr/share/gcc \
  "$root"/usr/lib/*/gconv
install -D -m 755 "$from/segrid-server" "$from/segrid" -t "$root/usr/bin"
install -D -m 644 "$from/ca-certificates.crt" "$root/etc/ssl/certs/ca-certificates.crt"
install -D -m 644 "$from/authorities/usr/share/doc/ca-certificates/copyright" -t "$root/usr/share/doc/ca-certificates"
mkdir -p "$root/usr/lib/ssl" "$root/etc/segrid"
ln -s /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem" # Where OpenSSL looks.
echo 'segrid:x:10001:10001::/nonexistent:/usr/sbin/nologin' > "$root/etc/passwd"
echo 'segrid:x:10001:' > "$root/etc/group"
printf 'passwd: files\ngroup: files\nhosts: files dns\n' > "$root/etc/nsswitch.conf"
install -d -m 1777 "$root/tmp"
install -d -m 700 -o 10001 -g 10001 "$root/var/lib/segrid"
END
chmod 755 finish
mmdebstrap --quiet --variant=extract --skip=output/dev --include="$libraries" \
  --extract-hook="$scratch/finish \"\$1\" $scratch" bookworm "$target"
