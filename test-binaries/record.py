#!/usr/bin/env python3
"""Records what the programs in bin/ print under Wine into expected/NAME.toml.

record.py [--diff] [NAME..]

A case with any other provenance than the Wine package alone was corrected by hand from documentation: it is
never overwritten; where Wine differs, the difference is shown. --diff shows every difference and writes nothing.
"""

import argparse
import difflib
import os
import pathlib
import subprocess
import sys
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
WINE = "/usr/lib/wine/wine64"
PACKAGE = "wine 8.0 (Debian 8.0~repack-4)"
TIMEOUT_SECONDS = 60
# Written in this order; anything else in a case is an error.
KEYS = ["name", "about", "args", "env", "stdin", "exit", "signal", "provenance", "newlines", "encoding",
        "stdout", "stderr", "stderr_contains", "pending"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--diff", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    absent = [name for name in options.names if not (HERE / "bin" / f"{name}.exe").exists()]
    if absent:
        parser.error(f"not in bin/: {' '.join(absent)}; build.sh makes them")
    names = options.names or sorted(p.stem for p in (HERE / "bin").glob("*.exe"))
    with tempfile.TemporaryDirectory() as prefix:
        env = wine_environment(prefix)
        subprocess.run([WINE, "wineboot", "-i"], env=env, capture_output=True, timeout=120)
        subprocess.run([WINE, "winecfg", "-v", "win10"], env=env, capture_output=True, timeout=120)
        changed = [name for name in names if record(name, env, options.diff)]
        subprocess.run(["/usr/lib/wine/wineserver64", "-k"], env=env, capture_output=True)
    print(f"{len(names)} programs, {len(changed)} changed: {' '.join(changed)}")


def wine_environment(prefix):
    return {
        "HOME": prefix,
        "LC_ALL": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        "TZ": "UTC",
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree,mshtml,winedbg.exe=",
        "WINEPREFIX": prefix + "/wine",
        "WINESERVER": "/usr/lib/wine/wineserver64",
    }


def record(name, env, only_diff):
    path = HERE / "expected" / f"{name}.toml"
    text = path.read_text() if path.exists() else ""
    head = text.split("[[case]]")[0].rstrip("\n")
    cases = tomllib.loads(text)["case"] if text else [{"name": "default"}]
    before = [dict(case) for case in cases]
    for case in cases:
        run(name, case, env)
    after = "\n\n".join(([head] if head else []) + [render(case) for case in cases]) + "\n"
    if only_diff or cases != before:
        for old, new in zip(before, cases):
            show_difference(name, old, new)
    if not only_diff and after != text:
        path.write_text(after)
    return after != text


def run(name, case, env):
    unknown = set(case) - set(KEYS)
    if unknown:
        sys.exit(f"{name}: unknown keys {unknown}")
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/.out", "wb") as out, open(folder + "/.err", "wb") as err:
            os.mkdir(folder + "/cwd")
            try:
                status = subprocess.run(
                    [WINE, str(HERE / "bin" / f"{name}.exe"), *case.get("args", [])],
                    env=env | case.get("env", {}), cwd=folder + "/cwd", stdout=out, stderr=err,
                    input=case.get("stdin", "").encode(), timeout=TIMEOUT_SECONDS).returncode
            except subprocess.TimeoutExpired:
                sys.exit(f"{name} / {case['name']}: no end after {TIMEOUT_SECONDS} s")
        stdout = pathlib.Path(folder + "/.out").read_bytes()
        stderr = pathlib.Path(folder + "/.err").read_bytes()
    found = dict(case)
    set_text(found, stdout, stderr)
    # The host sees 8 bits of the exit code; a longer one in the case stays when these agree.
    known = case.get("exit", 0)
    if known & 0xff != status and (known & 0xff or status != 1):
        found["exit"] = status
    found.setdefault("exit", status)
    if case.get("provenance", PACKAGE) == PACKAGE:
        found["provenance"] = PACKAGE
        case.update(found)
        if "stderr" in case and not case["stderr"]:
            del case["stderr"]
    else:
        show_difference(f"{name} (documented, kept)", case, found)


def set_text(case, stdout, stderr):
    try:
        out, err = stdout.decode(), stderr.decode()
    except UnicodeDecodeError:
        case["encoding"] = "latin1"
        out, err = stdout.decode("latin1"), stderr.decode("latin1")
    case.pop("newlines", None)
    both = out + ("" if "stderr_contains" in case else err)
    if "\r\n" in both and "\r" not in both.replace("\r\n", "") and both.count("\n") == both.count("\r\n"):
        case["newlines"] = "crlf"
        out, err = out.replace("\r\n", "\n"), err.replace("\r\n", "\n")
    case["stdout"] = out
    if "stderr_contains" not in case:
        case["stderr"] = err


def show_difference(name, old, new):
    for key in ("stdout", "stderr"):
        if old.get(key, "") != new.get(key, "") and key in old:
            lines = difflib.unified_diff(old[key].splitlines(), new.get(key, "").splitlines(),
                                         f"{name}/{old['name']} {key}", "now", n=0, lineterm="")
            print("\n".join(lines))
    if old.get("exit", new.get("exit")) != new.get("exit"):
        print(f"{name}/{old['name']}: exit {old['exit']} -> {new['exit']}")


def render(case):
    lines = ["[[case]]"]
    for key in KEYS:
        if key in case:
            lines.append(f"{key} = {value(key, case[key])}")
    return "\n".join(lines)


def value(key, v):
    if isinstance(v, int):
        return f"0x{v:08X}" if v > 0xffff else str(v)
    if isinstance(v, list):
        return "[" + ", ".join(quoted(x) for x in v) + "]"
    if isinstance(v, dict):
        return "{ " + ", ".join(f"{k} = {quoted(x)}" for k, x in v.items()) + " }"
    if key in ("stdout", "stderr", "stdin") and "\n" in v:
        plain = "'''" not in v and not v.endswith("'") and all(c in "\n\t" or " " <= c != "\x7f" for c in v)
        return f"'''\n{v}'''" if plain and v.endswith("\n") else '"""\n' + escaped(v, "\n\t") + '"""'
    return quoted(v)


def quoted(s):
    return f'"{escaped(s, "")}"'


def escaped(s, allowed):
    short = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    out = []
    for c in s:
        if c in allowed:
            out.append(c)
        elif c in short:
            out.append(short[c])
        elif c < " " or c == "\x7f":
            out.append(f"\\u{ord(c):04x}")
        else:
            out.append(c)
    return "".join(out)


main()
