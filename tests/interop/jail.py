"""A folder that a program takes for the whole file system.

For programs that read fixed paths (/etc/resolv.conf, /etc/passwd): they see ours, and the machine's own stay as
they are. `chroot` needs less privilege than a mount namespace, which containers often refuse.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from .daemon import run


def jail(folder: Path, program: Path, inside: str, files: dict[str, str]) -> list[str]:
    """Makes the folder, and returns the beginning of the command that runs the program in it.

    program, inside -- where the program is, and the absolute path it shall have in the jail.
    files -- text by absolute path; /etc/passwd and /etc/group are the machine's unless given.
    """
    _copy(program, folder, inside)
    for library in _libraries(program):
        _copy(Path(library), folder, library)
    ours = {name: Path(name).read_text() for name in ("/etc/passwd", "/etc/group", "/etc/services")}
    ours["/dev/null"] = ""  # a plain file does, and needs no right to make devices
    for name, text in (ours | files).items():
        _place(folder, name).write_text(text)
    _place(folder, "/dev/null").chmod(0o666)
    return ["chroot", str(folder), inside]


def _libraries(program: Path) -> list[str]:
    """The shared objects the program is linked with, loader included."""
    return re.findall(r"(/\S+) \(0x", run(["ldd", str(program)]))


def _place(folder: Path, name: str) -> Path:
    path = folder / name.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _copy(source: Path, folder: Path, name: str) -> None:
    shutil.copy(source.resolve(), _place(folder, name))
