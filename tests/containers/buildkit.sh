#!/usr/bin/env bash
# Builds the image from the Containerfile with BuildKit (as root on Debian; without Docker and without a registry) into an archive:
#   buildkit.sh TOOLS PLACE ARCHIVE [--opt=build-arg:NAME=VALUE ...]
# BuildKit mounts nothing of this machine. In place of the builder's image stands a folder of copies: the C compiler, the shell and
# what they need, as Debian's packages have them, and Rust. TOOLS gets BuildKit where there is none, PLACE keeps what was built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
tools=$(mkdir -p "$1" && cd "$1" && pwd)
place=$(mkdir -p "$2" && cd "$2" && pwd)
archive=$3
shift 3

BUILDKIT=v0.34.2
if ! command -v buildkitd > /dev/null || ! command -v buildctl > /dev/null; then
    if [ ! -x "$tools/bin/buildctl" ]; then
        if ! command -v go > /dev/null; then
            echo "BuildKit is missing, and Go to build it; to mend it: install buildkitd and buildctl, or Go" >&2
            exit 1
        fi
        echo "building BuildKit $BUILDKIT"
        # Its go.mod excludes modules, which `go install NAME@VERSION` refuses; in its own folder it builds.
        source=$(go mod download -json github.com/moby/buildkit@$BUILDKIT | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
        export GOFLAGS="${GOFLAGS:-} -p=2"
        for program in buildkitd buildctl; do (cd "$source" && go build -o "$tools/bin/$program" ./cmd/$program); done
    fi
    PATH="$tools/bin:$PATH"
fi

builder="$place/builder-$(rustc --version | cut -d ' ' -f 2)"
if [ ! -d "$builder" ]; then
    if ! command -v apt-cache > /dev/null; then
        echo "this is not Debian, whose packages the builder's image is copied from; make containers builds without it" >&2
        exit 1
    fi
    rm -rf "$place"/builder*
    part="$place/builder.part"
    mkdir -p "$part"/{usr/local,etc/ssl/certs,root,var/tmp}
    mkdir -m 1777 "$part/tmp"
    for link in /bin /sbin /lib /lib32 /lib64; do
        if [ -L "$link" ]; then ln -s "usr$link" "$part$link"; fi
    done
    {
        apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
            bash dash coreutils sed gcc libc6-dev | grep '^[a-z]' | xargs dpkg-query --listfiles \
            | grep -v -e '^/usr/share/' -e '^/etc/' | sed -E 's#^/(bin|sbin|lib|lib32|lib64)/#/usr/\1/#' | sort -u \
            | while read -r file; do if [ -f "$file" ]; then echo "${file#/}"; fi; done
        printf '%s\n' usr/bin/sh usr/bin/cc etc/alternatives/cc etc/passwd etc/group etc/ld.so.cache
    } > "$place/files"
    tar -C / -c --no-recursion -T "$place/files" | tar -C "$part" -x
    cp -L /etc/ssl/certs/ca-certificates.crt "$part/etc/ssl/certs/"
    tar -C "$(rustc --print sysroot)" -c bin/cargo bin/rustc lib | tar -C "$part/usr/local" -x
    mv "$part" "$builder"
fi

# Not in PLACE: the path of a socket has its limit.
run=$(mktemp -d /tmp/mahila-buildkit.XXXXXX)
buildkitd --root "$place/state" --addr "unix://$run/socket" --oci-worker-net host --containerd-worker=false > "$place/log" 2>&1 &
daemon=$!
trap 'kill "$daemon" 2> /dev/null || :; wait "$daemon" || :; rm -rf "$run"' EXIT
until buildctl --addr "unix://$run/socket" debug workers > /dev/null 2>&1; do
    kill -0 "$daemon" 2> /dev/null || { tail "$place/log" >&2; exit 1; }
    sleep 0.1
done
buildctl --addr "unix://$run/socket" build --progress plain --frontend dockerfile.v0 --opt filename=Containerfile \
    --local context=. --local dockerfile=. --local builder="$builder" --opt context:builder=local:builder --opt build-arg:BUILDER=builder \
    --output type=oci,dest="$archive" "$@"
