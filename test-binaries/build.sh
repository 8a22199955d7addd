#!/usr/bin/env bash
# Builds the guest programs into bin/. `build.sh --check` builds into a temporary folder and compares the bytes.
set -eu
cd "$(dirname "$0")"

PINNED="12-win32"
TARGET=x86_64-w64-mingw32
CC=$TARGET-gcc
CFLAGS="-std=gnu11 -O1 -g0 -fno-builtin -fno-ident -D__USE_MINGW_ANSI_STDIO=0 -Wall -Wextra -Werror -Wno-format"
LDFLAGS="-s -Wl,--no-insert-timestamp -Wl,--build-id=none"
export SOURCE_DATE_EPOCH=0 LC_ALL=C

found=$($CC -dumpversion 2>/dev/null) || { echo "skipped: $CC is not installed"; exit 0; }
[ "$found" = "$PINNED" ] || { echo "skipped: $CC is version $found, the programs are pinned to $PINNED"; exit 0; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=$work/bin
mkdir "$out"

# prog NAME [FLAGS..]: one source file, one program.
prog() {
    local name=$1
    shift
    $CC $CFLAGS -o "$out/$name.exe" "src/$name.c" $LDFLAGS "$@"
}

for name in hello args exitcode env printf printf_float files; do
    prog $name
done
prog wargs -municode
prog hello_nocrt -nostdlib -Wl,-e,start -lkernel32

if [ "${1:-}" = --check ]; then
    diff -rq "$out" bin && echo "bin/ is what the sources give"
else
    mkdir -p bin
    rm -f bin/*
    cp "$out"/* bin/
    echo "built $(ls bin | wc -l) files, $(du -sk bin | cut -f1) KB"
fi
