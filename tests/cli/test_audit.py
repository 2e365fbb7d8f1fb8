"""What the programs ask of the kernel, seen from outside by strace: after the start nothing is opened but the evidence
and the case folder, no socket is made but the pairs to the workers, and nothing is run but the workers."""
import os
import re
import unittest

import images
import phone
import support

FILES = "open,openat,openat2,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,symlink,symlinkat,link,linkat"
SOCKETS = "socket,socketpair,connect,bind,listen,accept,accept4,sendto,sendmsg"
PROCESSES = "execve,execveat,fork,vfork,clone,clone3,ptrace,kill,seccomp,prctl"
WORKERS = ("limier-fs", "limier-sweep", "limier-content")
BIRTHS = ("clone", "clone3", "vfork", "fork")
LINE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+|\?)")
# Where a process may look while it is linked and starts: libraries, the zone, libmagic's database, what the run-time
# reads of the machine.
START_UP = re.compile(r"^(/etc/ld\.so|/lib|/usr/lib|/usr/share/zoneinfo|/usr/share/locale|/usr/share/misc/magic|/etc/localtime|/proc/|/sys/|/dev/(null|urandom))")


class Call:
    def __init__(self, process, name, arguments, result):
        self.process, self.name, self.arguments, self.result = process, name, arguments, result
        quoted = re.search(r'"((?:[^"\\]|\\.)*)"', arguments)
        self.path = quoted.group(1) if quoted else ""

    def __repr__(self):
        return f"{self.process} {self.name}({self.arguments[:300]}) = {self.result}"


class Audit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.evidence = cls.scratch.path / "evidence"
        cls.evidence.mkdir()

    def trace(self, *arguments, cwd=None):
        log = self.scratch.path / "strace.log"
        done = support.call(
            images.tool("strace"), "-f", "-qq", "-s", "400", "-o", log,
            "-e", f"trace={FILES},{SOCKETS},{PROCESSES},pread64,chdir,truncate,ftruncate,chmod,chown",
            "-e", "signal=none", support.LIMIER, *arguments, cwd=cwd,
        )
        calls, unfinished = [], {}
        for line in log.read_text(errors="replace").splitlines():
            process, _, rest = line.partition(" ")
            if rest.rstrip().endswith("<unfinished ...>"):
                unfinished[process] = rest.rstrip()[: -len("<unfinished ...>")].rstrip()
                continue
            resumed = re.match(r" *<\.\.\. \w+ resumed>(.*)", rest)
            if resumed:
                line = f"{process} {unfinished.pop(process, '')}{resumed.group(1)}"
            match = LINE.match(line)
            if match:
                calls.append(Call(match[1], match[2], match[3], match[4]))
        self.assertGreater(len(calls), 50, "strace saw nothing")
        return done, calls

    def check(self, calls, evidence, case_folder, expected=("limier-fs", "limier-sweep")):
        folders = [str(folder) for folder in ([case_folder] if case_folder else [])]
        supervisor = calls[0].process
        parents = {call.result: (call.process, "CLONE_THREAD" in call.arguments) for call in calls
                   if call.name in BIRTHS and call.result.isdigit()}
        programs = {supervisor: "limier"}  # process or thread: program
        started, jailed, opened = set(), set(), 0
        runs = []

        def meet(process):
            """Its first call may stand before the return of the call that made it; a thread begins as its maker is."""
            if process in programs:
                return
            parent, is_thread = parents[process]
            meet(parent)
            programs[process] = programs[parent] if is_thread else None  # None: between fork and exec
            for marked in (jailed, started):
                if is_thread and parent in marked:
                    marked.add(process)

        for call in calls:
            meet(call.process)
            if call.name in BIRTHS and call.result.isdigit():
                meet(call.result)
            if call.name == "execve" and call.result == "0":
                programs[call.process] = os.path.basename(call.path)
                runs.append(call.path)
            program = programs[call.process]
            if program in WORKERS:
                if call.name == "pread64" and self.descriptor(call) in range(5, 5 + len(evidence)):
                    self.assertIn(call.process, jailed, f"evidence was read outside the jail: {call}")
                if call.process in jailed:
                    self.assertIn(call.name, ("pread64", "clone", "clone3"), f"{program} in its jail: {call}")
            if call.name == "seccomp" and call.result == "0" and "SET_MODE_FILTER" in call.arguments:
                jailed.add(call.process)
            if call.name in ("socket", "connect", "bind", "listen", "accept", "accept4", "ptrace"):
                self.fail(f"{program}: {call}")
            if call.name == "socketpair":
                self.assertEqual(program, "limier")
                self.assertIn("AF_UNIX", call.arguments)
            if call.path and call.name not in ("execve", "prctl", "pread64", "sendto") and call.result != "-1":
                opened += self.check_path(call, program, call.process in started, evidence, folders)
            if program == "limier" and call.path in map(str, evidence):
                started.add(call.process)
        programs_run = {os.path.basename(path) for path in runs}
        self.assertLessEqual({"limier", *expected}, programs_run)
        self.assertLessEqual(programs_run, {"limier", *WORKERS})
        self.assertEqual(len([path for path in runs if path.endswith("/limier")]), 1)
        workers = {process for process, program in programs.items() if program in WORKERS}
        self.assertTrue(workers <= jailed, "a worker was never jailed")
        return opened

    @staticmethod
    def descriptor(call):
        number = call.arguments.split(",", 1)[0]
        return int(number) if number.isdigit() else -1

    def check_path(self, call, program, started, evidence, folders):
        path = call.path
        if path in map(str, evidence):
            self.assertEqual(program, "limier", f"only the supervisor opens evidence: {call}")
            self.assertIn("O_RDONLY", call.arguments)
            self.assertNotRegex(call.arguments, "O_CREAT|O_WRONLY|O_RDWR|O_TRUNC")
            return 1
        if program == "limier" and any(path == folder or path.startswith(folder + "/") for folder in folders):
            return 1
        if re.fullmatch(r"/proc/(self|\d+)/(statm|oom_score_adj)", path):
            return 0  # how much memory the workers use; a worker offers itself to the system that runs out of it
        if START_UP.match(path) and (not started or program != "limier"):
            return 0
        # Programs are hashed into the manifest; the folder above is listed for the other segments and synced.
        if program == "limier" and "O_RDONLY" in call.arguments:
            allowed = [str(support.LIMIER.parent), str(support.LIMIER.parent.parent / "libexec")]
            allowed += [str(folder) for folder in {entry.parent for entry in evidence}]
            allowed += [os.path.dirname(folder) for folder in folders]
            if any(path == folder or path.startswith(folder + "/") for folder in allowed):
                return 0
        if program == "limier" and path in ("/dev/urandom", "/sys/devices/system/cpu/online", "/proc/self/exe"):
            return 0  # SQLite, malloc, and the program itself, which is hashed into the manifest
        if program == "limier" and re.fullmatch(r"(/var/tmp|/tmp|/usr/tmp)/etilqs_\w+", path):
            return 0  # a sorter of SQLite
        self.fail(f"{program} reached for something else: {call}")
        return 0

    def test_triage(self):
        cases = [(support.SAMPLES / "laptop.E01", [support.SAMPLES / "laptop.E01"]),
                 (support.SAMPLES / "stick.001", sorted(support.SAMPLES.glob("stick.00?"))),
                 (support.SAMPLES / "phone.E01", [support.SAMPLES / "phone.E01"])]
        disc = self.evidence / "disc.iso"
        tree = self.scratch.path / "tree"
        tree.mkdir()
        (tree / "file.bin").write_bytes(images.noise(70_000, 3))
        images.run("genisoimage", "-quiet", "-R", "-o", disc, tree)
        cases.append((disc, [disc]))
        handset = self.scratch.path / "phone"
        handset.mkdir()
        image, _ = phone.make(handset)
        cases.append((image, [image]))
        for image, segments in cases:
            with self.subTest(image.name):
                folder = self.scratch.path / f"case {image.name}"
                done, calls = self.trace("triage", image, "--out", folder, "--authority", "training: audit",
                                         "--progress", "none")
                self.assertIn(done.returncode, (0, 5), done.stderr)
                workers = WORKERS if image.is_relative_to(handset) else WORKERS[:2]
                self.assertGreater(self.check(calls, segments, folder, workers), len(segments) + 5)

    def test_info_and_verify_write_nothing(self):
        image = support.SAMPLES / "laptop.E01"
        for command in ("info", "verify"):
            with self.subTest(command):
                done, calls = self.trace(command, image)
                self.assertIn(done.returncode, (0, 5), done.stderr)
                for call in calls:
                    self.assertNotIn(call.name, ("creat", "mkdir", "rename", "unlink", "symlink", "link"))
                    if call.name.startswith("open") and call.result != "-1" and "/dev/null" not in call.path:
                        if "oom_score_adj" not in call.path:
                            self.assertNotRegex(call.arguments, "O_CREAT|O_WRONLY|O_RDWR|O_TRUNC", repr(call))


if __name__ == "__main__":
    unittest.main()
