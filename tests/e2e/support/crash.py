# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks crash(8) about a fixture: the second reader that kmortem is compared with."""
import os
import re
import subprocess
import tempfile

PLUGIN = os.environ.get("KMORTEM_CRASH_PLUGIN", "")


def ask(fixture, commands, timeout=300):
    """{command: output} from one crash session."""
    return dict(zip(commands, session(fixture.vmlinux, fixture.vmcore, commands, timeout)))


def session(vmlinux, vmcore, commands, timeout=300, cache=None):
    """The output of each command of one crash session, in order."""
    script = ["set scroll off", "set radix 16"]
    for number, command in enumerate(commands):
        script += [f"!echo @@{number}", command]
    script += ["!echo @@end", "quit"]
    with tempfile.NamedTemporaryFile("w", suffix=".crash") as file:
        file.write("\n".join(script) + "\n")
        file.flush()
        done = subprocess.run(
            ["crash", "-s", "-i", file.name, str(vmlinux), str(vmcore)],
            capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL,
            env=environment(cache))
    output = done.stdout.decode("utf-8", "surrogateescape")
    answers = []
    for number, command in enumerate(commands):
        match = re.search(rf"^@@{number}$\n(.*?)^@@", output, re.MULTILINE | re.DOTALL)
        if not match:
            raise RuntimeError(f"crash did not answer {command!r}:\n{output}\n{done.stderr}")
        answers.append(match.group(1))
    return answers


def environment(cache):
    """No pager, no debuginfod, and kmortem's cache where it is told to be."""
    variables = dict(os.environ)
    variables.pop("DEBUGINFOD_URLS", None)
    if cache is not None:
        variables["XDG_CACHE_HOME"] = str(cache)
    return variables


def members(text):
    """[(member, value)] of a structure as crash or `kmortem show` prints it. Strings behind
    pointers are dropped, for the two cut and escape them differently, and so is the symbol that
    crash names before a string, which kmortem leaves out."""
    text = re.sub(r'(0x[0-9a-f]+) <[^>]*> (?=")', r'\1 ', text)
    text = re.sub(r'"(?:[^"\\]|\\.)*"(\.\.\.)?', '', text)
    pairs = []
    for line in text.splitlines():
        match = re.match(r"\s*(\w+) = (.*?),?\s*$", line)
        if match and match.group(2) not in ("{", "{{"):
            pairs.append((match.group(1), " ".join(match.group(2).split())))
    return pairs
