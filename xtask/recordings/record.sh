#!/usr/bin/env bash
# Records nt_status_to_dos_error.txt: every status of abi/src/generated/ntstatus.rs, asked of ntdll under Debian's wine64.
set -euo pipefail
cd "$(dirname "$0")"
wine=${WINE:-/usr/lib/wine/wine64}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
x86_64-w64-mingw32-gcc -O1 -Wall -Wextra -Wno-cast-function-type -o "$work/map.exe" nt_status_to_dos_error.c
{
    echo "# NTSTATUS (hexadecimal) and what ntdll!RtlNtStatusToDosError returned for it (decimal)."
    echo "# Recorded by record.sh with $("$wine" --version), the program nt_status_to_dos_error.c."
    sed -n 's/^    (0x\([0-9A-F]\{8\}\), ".*/\1/p' ../../abi/src/generated/ntstatus.rs |
        WINEPREFIX="$work/prefix" WINEDEBUG=-all "$wine" "$work/map.exe" | tr -d '\r'
} > "$work/out.txt"
mv "$work/out.txt" nt_status_to_dos_error.txt
