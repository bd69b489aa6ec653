"""psql in a terminal of its own: what Tab makes of each line of standard input. Prints one JSON object, line to what was shown.

Usage: complete.py psql-program connection-string
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import tempfile
import termios
import time

psql, address = sys.argv[1:]
lines = [line.rstrip("\n") for line in sys.stdin if line.strip()]

inputrc = tempfile.NamedTemporaryFile("w", suffix=".inputrc")
inputrc.write("set completion-query-items 100000\nset page-completions off\nset enable-bracketed-paste off\nset bell-style none\n")
inputrc.flush()
os.environ.update(TERM="dumb", INPUTRC=inputrc.name, PAGER="cat", LC_ALL="C.UTF-8", PSQL_HISTORY="/dev/null")

process, terminal = pty.fork()
if process == 0:
    os.execv(psql, [psql, "-X", "-q", "-v", "PROMPT1=> ", address])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 500, 160, 0, 0))


def quiet(least):
    """Everything printed until nothing has come for a while, `least` seconds at the least."""
    given = b""
    end = time.monotonic() + least
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.05)[0]:
            given += os.read(terminal, 65536)
            end = max(end, time.monotonic() + 0.2)
    return given.decode()


def shown(line):
    os.write(terminal, line.encode() + b"\t\t")
    text = quiet(0.3)
    # A line that is given up, so that the next begins on its own.
    os.write(terminal, b"\x15\x03")
    quiet(0.05)
    return text


def settled(line):
    """A server may be slow, and a terminal does not tell when it is done: what was shown twice is what it shows."""
    before = shown(line)
    for _ in range(6):
        now = shown(line)
        if now == before:
            return now
        before = now
    return before


while "> " not in quiet(0.5):
    pass
print(json.dumps({line: settled(line) for line in lines}))
os.write(terminal, b"\\q\n")
