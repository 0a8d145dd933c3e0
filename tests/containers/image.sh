#!/usr/bin/env bash
# Builds the image from the Containerfile with plain buildah, as the tests need it: without a registry. In place of the builder's
# image stands an empty one in which this machine's own /usr and Rust are mounted. What is built stays in TARGET/containers:
# the store of buildah and what cargo built, so that the next time takes as long as the change; the image unpacked (rootfs/) and
# what it says of itself (image.json), for tests/containers/main.rs.
# PROFILE: one of Cargo.toml, or release. ENGINE=buildkit: built by BuildKit (buildkit.sh), and only looked at by buildah.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

place="${CARGO_TARGET_DIR:-$PWD/target}/containers"
cargo_home="${CARGO_HOME:-$HOME/.cargo}"
rustup_home="${RUSTUP_HOME:-$HOME/.rustup}"
mkdir -p "$place/tmp" "$place/builder"
export TMPDIR="$place/tmp"
buildah=(buildah --storage-driver vfs --root "$place/store" --runroot "$place/run")
epoch="$(git log -1 --format=%ct)"
arguments=(
    SOURCE_DATE_EPOCH="$epoch"
    VERSION="$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)"
    REVISION="$(git rev-parse HEAD)"
    PROFILE="${PROFILE:-release}"
)

case "${ENGINE:-buildah}" in
buildkit)
    bash tests/containers/buildkit.sh target/tools "$place/buildkit" "$place/image.tar" "${arguments[@]/#/--opt=build-arg:}"
    "${buildah[@]}" tag "$("${buildah[@]}" pull --quiet "oci-archive:$place/image.tar")" localhost/mahila:test
    ;;
buildah)
    # What /usr cannot bring: folders, the links into it, and who is who.
    skeleton="$(mktemp -d)"
    trap 'rm -rf "$skeleton"' EXIT
    mkdir -p "$skeleton"/{usr,etc,proc,sys,dev,root,var/tmp,cargo,rustup}
    mkdir -m 1777 "$skeleton/tmp"
    for link in /bin /sbin /lib /lib32 /lib64; do
        if [ -L "$link" ]; then ln -s "usr${link}" "$skeleton$link"; fi
    done
    cp /etc/passwd /etc/group /etc/ld.so.cache "$skeleton/etc/"
    tar --sort=name --owner=0 --group=0 --mtime=@0 -C "$skeleton" -cf "$place/builder/skeleton.tar" .
    printf '%s\n' 'FROM scratch' 'ADD skeleton.tar /' \
        'ENV PATH=/cargo/bin:/usr/local/bin:/usr/bin:/bin CARGO_HOME=/cargo RUSTUP_HOME=/rustup' > "$place/builder/Containerfile"
    "${buildah[@]}" bud --quiet --layers --isolation chroot --timestamp 0 --tag localhost/mahila-builder:host "$place/builder" > /dev/null

    volumes=(--volume /usr:/usr:ro --volume /etc/alternatives:/etc/alternatives:ro --volume /etc/ssl:/etc/ssl:ro)
    volumes+=(--volume "$cargo_home:/cargo")
    if [ -d "$rustup_home" ]; then volumes+=(--volume "$rustup_home:/rustup:ro"); fi
    "${buildah[@]}" bud --layers --isolation chroot "${volumes[@]}" --pull-never \
        --build-arg BUILDER=localhost/mahila-builder:host "${arguments[@]/#/--build-arg=}" --timestamp "$epoch" \
        --tag localhost/mahila:test .
    ;;
*)
    echo "ENGINE is buildah or buildkit" >&2
    exit 2
    ;;
esac

container="$("${buildah[@]}" from --pull-never localhost/mahila:test)"
rm -rf "$place/rootfs"
cp -a "$("${buildah[@]}" mount "$container")" "$place/rootfs"
"${buildah[@]}" inspect --type image localhost/mahila:test > "$place/image.json"
"${buildah[@]}" rm "$container" > /dev/null

# The SBOM against the schema of its format, by a library that did not write it.
if [ ! -x "$place/python/bin/pip" ] && ! python3 -m venv "$place/python" 2> /dev/null; then
    echo "python3 with venv is not installed: the SBOM was NOT held against the schema of CycloneDX"
    exit
fi
"$place/python/bin/pip" install --quiet --disable-pip-version-check 'cyclonedx-python-lib[json-validation]==11.12.0'
"$place/python/bin/python" - "$place/rootfs/sbom.cdx.json" <<'END'
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

wrong = JsonStrictValidator(SchemaVersion.V1_5).validate_str(open(sys.argv[1]).read())
if wrong is not None:
    sys.exit(f"{sys.argv[1]} is not CycloneDX 1.5: {wrong}")
print("the SBOM is CycloneDX 1.5")
END
