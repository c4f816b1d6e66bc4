"""Builds powerloss.c once and says how to run a program under it."""

import os
import subprocess
import tempfile

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "powerloss.c")


def build(directory=None):
    """Compiles the library into `directory` (a new temporary one by default) and returns its path."""
    target = os.path.join(directory or tempfile.mkdtemp(prefix="tideline-powerloss-"), "powerloss.so")
    subprocess.run(
        ["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", target, SOURCE, "-ldl", "-lpthread"],
        check=True,
    )
    return target


def environment(library, data, mirror):
    """The variables that make a program's writes below `data` survive in `mirror` only once they are synced."""
    return {"LD_PRELOAD": library, "POWERLOSS_DIR": data, "POWERLOSS_MIRROR": mirror}
