#!/usr/bin/env bash
# Builds the guest programs into bin/. `build.sh --check` builds into a temporary folder and compares the bytes.
set -eu
cd "$(dirname "$0")"

PINNED="12-win32"
CLANG="14.0.6"
RUSTC="1.63.0"
GO="go1.19.8"
TARGET=x86_64-w64-mingw32
CC=$TARGET-gcc
CFLAGS="-std=gnu11 -O1 -g0 -fno-builtin -fno-ident -D__USE_MINGW_ANSI_STDIO=0 -Wall -Wextra -Werror -Wno-format -Wno-infinite-recursion"
CXX="$TARGET-g++ ${CFLAGS/gnu11/gnu++17} -Wno-terminate"
LDFLAGS="-s -Wl,--no-insert-timestamp -Wl,--build-id=none"
export SOURCE_DATE_EPOCH=0 LC_ALL=C

found=$($CC -dumpversion 2>/dev/null) || { echo "skipped: $CC is not installed"; exit 0; }
[ "$found" = "$PINNED" ] || { echo "skipped: $CC is version $found, the programs are pinned to $PINNED"; exit 0; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=$work/bin
lib=$work/lib
mkdir "$out" "$lib"

# prog NAME [FLAGS..]: one source file, one program.
prog() {
    local name=$1
    shift
    $CC $CFLAGS -o "$out/$name.exe" "src/$name.c" $LDFLAGS "$@"
}

# library NAME [FLAGS..]: one source file, one DLL, exports from its .def file when it has one.
library() {
    local name=$1 def=
    shift
    [ ! -f "src/$name.def" ] || def=src/$name.def
    $CC $CFLAGS -shared -o "$out/$name.dll" "src/$name.c" $def $LDFLAGS "$@"
}

# import_library NAME: lib/NAME.a from src/NAME.def, so that a DLL can be imported before it is built.
import_library() {
    $TARGET-dlltool -d "src/$1.def" -l "$lib/$1.a"
}

# visual NAME [FLAGS..]: a program of Visual C++'s format without a runtime, with its PDB; as it was where clang is missing or another version.
visual() {
    local name=$1 clang
    shift
    clang=$(clang -dumpversion 2>/dev/null || true)
    if [ "$clang" != "$CLANG" ] || ! command -v lld-link >/dev/null; then
        echo "not built: $name, which needs clang and lld $CLANG"
        cp "bin/$name.exe" "bin/$name.pdb" "$out"
        return
    fi
    clang --target=x86_64-pc-windows-msvc -O1 -g -gcodeview -ffreestanding -fasynchronous-unwind-tables \
        -fdebug-compilation-dir=. -fcoverage-compilation-dir=. -c -o "$out/$name.obj" "src/$name.c" "$@"
    cp src/visual.def "$out"
    (cd "$out" && $TARGET-dlltool -d visual.def -t visual -l visual.lib && lld-link /debug /Brepro /entry:start /subsystem:console /nodefaultlib "/pdbaltpath:$name.pdb" \
        /pdbsourcepath:. "/out:$name.exe" "$name.obj" visual.lib)
    rm "$out/$name.obj" "$out"/visual.*
}

# rust NAME: a program of Rust's; as it was where Debian's compiler with its library for Windows is missing or another version.
rust() {
    local name=$1 version
    version=$(/usr/bin/rustc --version 2>/dev/null | cut -d' ' -f2)
    if [ "$version" != "$RUSTC" ] || [ ! -d /usr/lib/rustlib/x86_64-pc-windows-gnu/lib ]; then
        echo "not built: $name, which needs Debian's rustc and libstd-rust-dev-windows $RUSTC"
        cp "bin/$name.exe" "$out"
        return
    fi
    /usr/bin/rustc --target x86_64-pc-windows-gnu --edition 2021 -D warnings -C opt-level=s -C lto -C codegen-units=1 -C strip=symbols \
        -C linker="$CC" -C link-args=-Wl,--no-insert-timestamp,--build-id=none -o "$out/$name.exe" "src/$name.rs"
}

# go_program NAME: a program of Go's; as it was where Debian's compiler is missing or another version.
go_program() {
    local name=$1
    if [ "$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null)" != "$GO" ]; then
        echo "not built: $name, which needs $GO"
        cp "bin/$name.exe" "$out"
        return
    fi
    GOCACHE=$work/go GOTOOLCHAIN=local GO111MODULE=off GOOS=windows GOARCH=amd64 GOAMD64=v1 CGO_ENABLED=0 \
        go build -trimpath -ldflags "-s -w -buildid=" -o "$out/$name.exe" "src/$name.go"
}

# Plain programs.
for name in \
    hello args exitcode env printf printf_float files \
    crash crash_ends tls last_thread fls modules kuser version threads sync locks apc completion heap virtual sections pipes \
    stdio stdin lowio dirs unicode_paths console \
    shared_names strings numbers scanf sorting time codepages fpcontrol \
    errors bad_pointers pointers overflow longjmp vectored continues seh faults in_page startup wprintf crt_variables suspend system_dlls \
    control pool timer_queue placeholders write_watch reservations sysinfo fibers keyed_events waits \
    rawcall_copied rawcall_versions rawcall_runtime rawcall_random; do
    prog $name
done
$CXX -static -o "$out/throws.exe" src/throws.cpp $LDFLAGS
$CC $CFLAGS -g -ffile-prefix-map="$PWD=." -o "$out/crash_symbols.exe" src/crash_symbols.c ${LDFLAGS/-s /}
$CC $CFLAGS -g -ffile-prefix-map="$PWD=." -o "$out/dbghelp.exe" src/dbghelp.c ${LDFLAGS/-s /} -ldbghelp
visual crash_pdb
go_program go_runtime
rust panics
$CC -c -o "$lib/unwinds_code.o" src/unwinds_code.s
prog unwinds "$lib/unwinds_code.o"
prog wargs -municode
prog barriers -lsynchronization
prog nls -luser32
prog registry_read -ladvapi32
prog bstr -loleaut32
prog wsprintf -luser32
prog stack -Wl,--stack,0x400000
prog fixed -Wl,--image-base,0x400000 -Wl,--disable-dynamicbase -Wl,--disable-high-entropy-va -Wl,--disable-reloc-section
prog rawcall_cost -lntdll
prog nt_services -lntdll -luser32
prog nt_files -lntdll -luser32
prog nt_objects -lntdll
prog nt_timers -lntdll
prog nt_threads -lntdll -luser32 -Wno-multichar
prog pool_io
prog mxcsr -nostdlib -Wl,-e,start -lkernel32

# Resources. The message table comes from the message compiler, by way of a resource script of its own.
$TARGET-windmc -h "$work" -r "$work" src/messages.mc
$TARGET-windres -I "$work" "$work/messages.rc" -O coff -o "$lib/messages.o"
$TARGET-windres src/resources.rc -O coff -o "$lib/resources.o"
prog resources "$lib/resources.o" -luser32
prog callbacks "$lib/resources.o" -luser32
prog formatmessage "$lib/messages.o"

# Visual C++'s runtimes, without mingw-w64's start-up.
prog ucrt -nostdlib -Wl,-e,start -lucrt -lkernel32
$TARGET-dlltool -d src/vcruntime140.def -l "$lib/vcruntime140.a"
prog vcruntime -nostdlib -Wl,-e,start "$lib/vcruntime140.a" -lucrt -lkernel32
prog hello_nocrt -nostdlib -Wl,-e,start -lkernel32

# DLLs: fixed bases, far from each other, because a base made from a file name would depend on the folder.
for name in dll_a dll_fwd dll_chain dll_x dll_y missing_api; do
    import_library $name
done
library dll_a -Wl,--image-base,0x180000000
$CC -c -o "$lib/dll_fwd_edata.o" src/dll_fwd_edata.s
$CC $CFLAGS -shared -o "$out/dll_fwd.dll" src/dll_fwd.c "$lib/dll_fwd_edata.o" "$lib/dll_a.a" $LDFLAGS \
    -Wl,--exclude-all-symbols -Wl,--image-base,0x190000000
library dll_x "$lib/dll_y.a" -Wl,--image-base,0x1a0000000
library dll_y "$lib/dll_x.a" -Wl,--image-base,0x1b0000000
library dll_refuses -Wl,--image-base,0x1c0000000
library dll_raises -Wl,--image-base,0x1f0000000
$CC -nostdlib -shared -o "$out/dll_chain.dll" src/dll_chain.s $LDFLAGS -Wl,-e,0 -Wl,--image-base,0x1d0000000
prog dll_import "$lib/dll_fwd.a" "$lib/dll_chain.a" "$lib/dll_a.a"
prog dll_load
library dll_clash -Wl,--image-base,0x180000000
prog dll_moved
prog dll_circular "$lib/dll_x.a"
$TARGET-dlltool -d src/dll_a.def -y "$lib/dll_a_delay.a"
prog dll_delay "$lib/dll_a_delay.a"
prog missing_api "$lib/missing_api.a"

# Exceptions across DLLs: GCC's C++ runtime in a DLL of its own, one for the program and the DLL that it throws to.
import_library dll_cxx
$CC -shared -static-libgcc -o "$out/dll_cxx.dll" src/dll_cxx.def -lsupc++ $LDFLAGS -Wl,--image-base,0x1f0000000
$CXX -c -o "$lib/dll_across.o" src/dll_across.cpp
$CC -shared -static-libgcc -o "$out/dll_across.dll" "$lib/dll_across.o" "$lib/dll_cxx.a" $LDFLAGS -Wl,--image-base,0x200000000 \
    -Wl,--out-implib,"$lib/dll_across.a"
$CXX -c -o "$lib/throws_across.o" src/throws_across.cpp
$CC -static-libgcc -o "$out/throws_across.exe" "$lib/throws_across.o" "$lib/dll_across.a" "$lib/dll_cxx.a" $LDFLAGS

# Microsoft's C++ ABI: only clang makes it here. Headers and import libraries are our own.
CLANG_PINNED="14.0.6"
CLANGFLAGS="--target=x86_64-pc-windows-msvc -std=c++17 -O1 -ffreestanding -fexceptions -fcxx-exceptions -fno-threadsafe-statics -fno-ident -Wall -Wextra -Werror -Wno-exceptions -c"
clang_found=$(clang++ -dumpversion 2>/dev/null) || clang_found=none
if [ "$clang_found" = "$CLANG_PINNED" ] && command -v lld-link >/dev/null; then
    for name in vcruntime140 vcruntime140_1 ucrtbase kernel32; do
        $TARGET-dlltool -d "src/msvc_$name.def" -l "$lib/msvc_$name.lib"
    done
    clang++ $CLANGFLAGS -fno-rtti -o "$lib/msvc_runtime.obj" src/msvc_runtime.cpp
    # link NAME.SUFFIX [FILES..]: links lib/NAME.obj.
    link() {
        local name=$1
        shift
        lld-link "/out:$out/$name" /nodefaultlib /entry:start /timestamp:0 "$lib/${name%.*}.obj" "$lib/msvc_runtime.obj" \
            "$lib/msvc_vcruntime140.lib" "$lib/msvc_vcruntime140_1.lib" "$lib/msvc_ucrtbase.lib" "$lib/msvc_kernel32.lib" "$@"
    }
    for name in dll_throws throws_msvc throws_compressed; do
        clang++ $CLANGFLAGS -o "$lib/$name.obj" src/$name.cpp
    done
    clang --target=x86_64-pc-windows-msvc -c -o "$lib/compressed.obj" src/throws_compressed.s
    link dll_throws.dll /dll "/implib:$lib/dll_throws.lib" /base:0x1e0000000
    link throws_msvc.exe /subsystem:console "$lib/dll_throws.lib"
    link throws_compressed.exe /subsystem:console "$lib/compressed.obj"
else
    echo "skipped: clang++ is version $clang_found, the programs of Microsoft's C++ ABI are pinned to $CLANG_PINNED, with lld-link"
    cp bin/dll_throws.dll bin/throws_msvc.exe bin/throws_compressed.exe "$out/"
fi

if [ "${1:-}" = --check ]; then
    diff -rq "$out" bin && echo "bin/ is what the sources give"
else
    mkdir -p bin
    rm -f bin/*
    cp "$out"/* bin/
    echo "built $(ls bin | wc -l) files, $(du -sk bin | cut -f1) KB"
fi
