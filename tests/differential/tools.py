"""Other people's programs, and mounts, as far as this machine allows them."""
import contextlib
import os
import shutil
import subprocess
import tempfile


class Missing(Exception):
    """What this file system needs is not on this machine."""


def need(*programs):
    for program in programs:
        if not shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            raise Missing(f"{program} is not installed")


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          env=dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin", **options.pop("env", {})),
                          timeout=300, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(str(part) for part in command)}: {done.returncode}: {done.stdout[-600:].decode('utf-8', 'replace')}")
    return done.stdout


@contextlib.contextmanager
def mounted(image, *options, program=("mount",), kind=()):
    """The volume under a folder. Missing where this machine mounts no such thing."""
    folder = tempfile.mkdtemp(prefix="mounted.")
    try:
        try:
            run(*program, *kind, *options, image, folder)
        except (RuntimeError, FileNotFoundError) as error:
            raise Missing(f"cannot be mounted here: {error}") from error
        try:
            yield folder
        finally:
            os.sync()
            for _ in range(50):
                if subprocess.run(["umount", folder], stderr=subprocess.DEVNULL).returncode == 0:
                    break
            else:
                raise RuntimeError(f"{folder} cannot be unmounted")
    finally:
        with contextlib.suppress(OSError):
            os.rmdir(folder)


@contextlib.contextmanager
def loop_device(image):
    """For programs that mount devices alone."""
    try:
        device = run("losetup", "--find", "--show", image).decode().strip()
    except (RuntimeError, FileNotFoundError) as error:
        raise Missing(f"no loop device: {error}") from error
    try:
        yield device
    finally:
        run("losetup", "--detach", device)


def blank(path, size_bytes):
    with open(path, "wb") as file:
        file.truncate(size_bytes)
    return path
