#!/bin/sh
# Makes the container image without Docker: the last stage of the Dockerfile over
# a root of rootfs.sh, in a file that `docker load` and `podman load` take.
#
#   image.sh PROGRAMS IMAGE.tar NAME:TAG
#
# Needs mmdebstrap and buildah, and mount namespaces; as another user than root also
# user namespaces. Without them it ends with 77 and says so.
set -eu
programs=$(realpath "$1") image=$(realpath "$2") name=$3
here=$(dirname "$(realpath "$0")")

if [ "$(id -u)" = 0 ]; then
  if ! unshare --mount true 2>/dev/null; then
    echo "Skipped: root has no mount namespaces here." >&2
    exit 77
  fi
else
  if ! unshare --user --map-root-user true 2>/dev/null || ! grep -q "^$(id -un):" /etc/subuid; then
    echo "Skipped: there are no user namespaces for $(id -un), or no numbers for it in /etc/subuid." >&2
    exit 77
  fi
fi
scratch=$(mktemp -d)
# The storage is temporary, so that any driver of another storage does not matter. Its files are of other users.
export CONTAINERS_STORAGE_CONF="$scratch/storage.conf"
printf '[storage]\ndriver = "vfs"\nrunroot = "%s"\ngraphroot = "%s"\n' "$scratch/run" "$scratch/layers" > "$scratch/storage.conf"
trap 'buildah unshare rm -r "$scratch" 2>/dev/null || rm -rf "$scratch"' EXIT

mkdir "$scratch/context"
"$here/rootfs.sh" "$programs" "$scratch/context/rootfs.tar"
sed -n '/^FROM scratch/,$p' "$here/Dockerfile" | sed 's#^COPY --from=build /rootfs /$#ADD rootfs.tar /#' > "$scratch/Dockerfile"
grep -q '^ADD rootfs.tar /$' "$scratch/Dockerfile"
buildah build --quiet --isolation chroot --format docker --file "$scratch/Dockerfile" --tag "$name" "$scratch/context" > "$scratch/id"
rm -f "$image"
buildah push --quiet "$name" "docker-archive:$image:$name"
