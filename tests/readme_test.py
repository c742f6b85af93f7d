#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the examples of README.md: every block fenced as ```console example, in order, in one temporary folder.

usage: tests/readme_test.py README.md     TRUCE names the program

A line "$ COMMAND" is run by bash and must succeed; the lines below it, up to the next "$", are its output. In these "..." stands for any text
within a line, and a line "..." for any lines. The folder has what `make demo` makes under demo/.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def blocks(text):
    return re.findall(r"^```console example\n(.*?)^```", text, re.M | re.S)


def steps(block):
    """Pairs of a command and the lines that it should print; a command goes on after a backslash."""
    out = []
    for line in block.splitlines():
        if line.startswith("$ "):
            out.append([line[2:], []])
        elif out and not out[-1][1] and out[-1][0].endswith("\\"):
            out[-1][0] += "\n" + line
        else:
            out[-1][1].append(line)
    return out


def pattern(lines):
    parts = []
    for line in lines:
        parts.append(r"(?:.*\n)*?" if line.strip() == "..." else ".*".join(map(re.escape, line.rstrip().split("..."))) + r"[ ]*\n")
    return re.compile("".join(parts))


def main():
    readme = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    truce = pathlib.Path(os.environ["TRUCE"]).resolve()
    found = blocks(readme)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "bin").mkdir()
        for program in (truce, truce.with_name("truce-verify")):
            pathlib.Path(folder, "bin", program.name).symlink_to(program)
        env = dict(os.environ, PATH=f"{folder}/bin:{os.environ['PATH']}", HOME=folder, LC_ALL="C.UTF-8")
        subprocess.run([ROOT / "tools/make_demo_ged", "demo"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        for block in found:
            for command, lines in steps(block):
                # The folder that a block changed to is kept for its next command.
                script = f'[ -f "{folder}/.cwd" ] && cd "$(cat {folder}/.cwd)"\n{command}\ns=$?\npwd >"{folder}/.cwd"\nexit $s'
                run = subprocess.run(["bash", "-c", script], cwd=folder, env=env, text=True, capture_output=True, check=False, stdin=subprocess.DEVNULL)
                name = command.split("\n")[0][:100]
                if run.returncode != 0:
                    print(f"FAIL {name}\n     exit {run.returncode}: {run.stderr.strip()[-300:]}")
                    failed += 1
                elif lines and not any(pattern(lines).fullmatch(text) for text in (run.stdout, run.stderr, run.stderr + run.stdout, run.stdout + run.stderr)):
                    print(f"FAIL {name}: prints other lines than README shows\n--- stdout\n{run.stdout}--- stderr\n{run.stderr}")
                    failed += 1
                else:
                    print(f"ok {name}")
                    passed += 1
            pathlib.Path(folder, ".cwd").unlink(missing_ok=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
