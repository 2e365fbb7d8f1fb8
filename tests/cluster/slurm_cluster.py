"""A private Slurm of two virtual nodes in a scratch folder: own key, own ports, own state; nothing outlives the test.

    with SlurmCluster(folder) as cluster:
        subprocess.run(["sbatch", …], env=cluster.environment())

The daemons run in the foreground as children of the test and are killed with it (PR_SET_PDEATHSIG), so a test that is
itself killed leaves none behind. Needs root, because slurmd starts tasks as the user who submitted them.
"""
import contextlib
import ctypes
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import time

SBIN = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
NODES = ("exam1", "exam2")
CPUS_PER_NODE = 2
START_LIMIT_S = 60.0
MAX_ARRAY_SIZE = 8  # tiny on purpose: arrays must be split in the tests
CREDENTIAL_LIFE_S = 5  # slurmctld holds a requeued job back for as long
PR_SET_PDEATHSIG = 1


def tool(name):
    path = shutil.which(name, path=SBIN)
    if path is None:
        raise AssertionError(f"{name} is not installed; scripts/install-deps --tests installs it")
    return path


def free_ports(count):
    """Ports nobody listens on now; all held open together so that they differ."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class SlurmCluster:
    def __init__(self, folder, settings=()):
        self.folder = pathlib.Path(folder)
        self.conf = self.folder / "slurm.conf"
        self.socket = self.folder / "munge.socket"
        self.settings = settings
        self.daemons = {}

    # ---- life

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        if os.geteuid() != 0:
            raise AssertionError("the cluster tests start slurmd and need root")
        for name in ("state", "log", *(f"spool/{node}" for node in NODES)):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self._write_key()
        self._write_conf()
        self.start_munge()
        self.start_controller()
        for node in NODES:
            self.start_node(node)
        self.wait_until_idle()

    def stop(self):
        """Ends the jobs in good order where the daemons for it still live, then every daemon, then what is left."""
        if set(self.daemons) >= {"slurmctld", *NODES}:
            with contextlib.suppress(subprocess.SubprocessError, AssertionError):
                self.run("scancel", "--user", "root", check=False, timeout=10)
                self.wait_until(lambda: not self.jobs(), 10, "no job")
        for name in reversed(list(self.daemons)):
            self.kill(name, signal.SIGTERM)
        # The step of a node whose slurmd was killed lives on, and its job may have been given to the other node.
        for pid in self.leftovers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.wait_until(lambda: not self.leftovers(), 10, "the last process")

    def leftovers(self):
        """Processes that were started with our slurm.conf and are none of our daemons."""
        mark = f"SLURM_CONF={self.conf}".encode()
        ours = {os.getpid(), *(daemon.pid for daemon in self.daemons.values())}
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) not in ours:
                with contextlib.suppress(OSError):
                    if mark in (entry / "environ").read_bytes().split(b"\0"):
                        found.append(int(entry.name))
        return found

    # ---- daemons

    def start_munge(self):
        self._start("munged", [tool("munged"), "--foreground", "--force", "--num-threads=2",
                               f"--key-file={self.folder}/munge.key", f"--socket={self.socket}",
                               f"--pid-file={self.folder}/munge.pid", f"--log-file={self.folder}/log/munged.log",
                               f"--seed-file={self.folder}/munge.seed"])
        self.wait_until(self.socket.exists, 20, "munge's socket")

    def start_controller(self):
        self._start("slurmctld", [tool("slurmctld"), "-D", "-f", str(self.conf)])
        self.wait_until(lambda: self.run("scontrol", "ping", check=False).returncode == 0, START_LIMIT_S, "slurmctld")

    def start_node(self, node):
        self._start(node, [tool("slurmd"), "-D", "-N", node, "-f", str(self.conf)])

    def wait_until_saved(self, seconds=10):
        """The controller writes its jobs down a few seconds after they change; killed before that, it has lost them."""
        since, end = time.time(), time.monotonic() + seconds
        saved = self.folder / "state" / "job_state"
        while time.monotonic() < end:
            try:
                if saved.stat().st_mtime > since:
                    return
            except FileNotFoundError:
                pass  # not yet, or being replaced
            time.sleep(0.1)

    def kill(self, name, how=signal.SIGKILL):
        """A daemon's end, waited for. SIGTERM turns into SIGKILL after a while."""
        process = self.daemons.pop(name, None)
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill_node(self, node):
        """The machine is gone: slurmd, the steps below it, and all they started."""
        self.kill(node)
        mark = f"SLURMD_NODENAME={node}".encode()
        below = []
        for pid in self.leftovers():
            with contextlib.suppress(OSError):
                if mark in pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                    below.append(pid)
        # slurmstepd first, or it would still report how its script ended.
        for pid in [*filter(self._is_step, map(self._parent, below)), *below]:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    def revive(self):
        """Starts every daemon that was killed."""
        if "slurmctld" not in self.daemons:
            self.start_controller()
        for node in NODES:
            if node not in self.daemons:
                self.start_node(node)

    @staticmethod
    def _parent(pid):
        with contextlib.suppress(OSError):
            return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        return 0

    @staticmethod
    def _is_step(pid):
        with contextlib.suppress(OSError):
            return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"slurmstepd")
        return False

    def _start(self, name, command):
        with open(self.folder / "log" / f"{name}.out", "ab") as log:
            self.daemons[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                  env=self.environment(), preexec_fn=die_with_parent)

    # ---- talking to it

    def environment(self, **changes):
        env = {key: value for key, value in os.environ.items() if not key.startswith(("SLURM_", "SBATCH_"))}
        return {**env, "PATH": SBIN, "SLURM_CONF": str(self.conf), **changes}

    def run(self, name, *arguments, check=True, timeout=30):
        return subprocess.run([tool(name), *map(str, arguments)], env=self.environment(), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=timeout, check=check)

    def jobs(self):
        """Every job slurmctld knows that has not ended: 'id_task state name'."""
        done = self.run("squeue", "--noheader", "--array", "--format=%i %T %j", check=False)
        return [line.split() for line in done.stdout.splitlines()] if done.returncode == 0 else []

    def node_states(self):
        done = self.run("sinfo", "--noheader", "--Node", "--format=%N %T", check=False)
        return dict(line.split() for line in done.stdout.splitlines()) if done.returncode == 0 else {}

    def wait_until_idle(self):
        self.wait_until(lambda: self.node_states() == dict.fromkeys(NODES, "idle"), START_LIMIT_S, "idle nodes")

    def wait_until(self, condition, limit_s, what, interval_s=0.2):
        end = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"waited {limit_s} s for {what}\n{self.tail()}")
            time.sleep(interval_s)

    def tail(self):
        """What a person needs when something did not come true."""
        parts = [f"jobs: {self.jobs()}", f"nodes: {self.node_states()}"] if "slurmctld" in self.daemons else []
        for log in sorted((self.folder / "log").iterdir()):
            lines = log.read_text(errors="replace").splitlines()
            parts += [f"--- {log.name}", *lines[-15:]]
        return "\n".join(parts)

    # ---- files

    def _write_key(self):
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)

    def _write_conf(self):
        host = socket.gethostname().split(".")[0]
        controller, *ports = free_ports(1 + len(NODES))
        lines = [
            "ClusterName=limier-test", f"SlurmctldHost={host}(127.0.0.1)", f"SlurmctldPort={controller}",
            "SlurmUser=root", "SlurmdUser=root", "AuthType=auth/munge", "CredType=cred/munge",
            f"AuthInfo=socket={self.socket},cred_expire={CREDENTIAL_LIFE_S}",
            f"StateSaveLocation={self.folder}/state", f"SlurmdSpoolDir={self.folder}/spool/%n",
            f"SlurmctldPidFile={self.folder}/slurmctld.pid", f"SlurmdPidFile={self.folder}/slurmd-%n.pid",
            "ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none", "JobAcctGatherType=jobacct_gather/none",
            "AccountingStorageType=accounting_storage/none", "MpiDefault=none", "SwitchType=switch/none",
            "SelectType=select/cons_tres", "SelectTypeParameters=CR_CPU_Memory", "SlurmdParameters=config_overrides",
            "SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=100000",
            "ReturnToService=2", "SlurmdTimeout=5", "MessageTimeout=5", "TCPTimeout=1", "KillWait=5", "JobRequeue=1",
            f"MaxArraySize={MAX_ARRAY_SIZE}", "MinJobAge=10", *self.settings,
            *(f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={CPUS_PER_NODE} RealMemory=4000"
              for node, port in zip(NODES, ports)),
            "PreemptType=preempt/partition_prio", "PreemptMode=REQUEUE",
            f"PartitionName=triage Nodes={','.join(NODES)} Default=YES State=UP PriorityTier=1",
            f"PartitionName=urgent Nodes={','.join(NODES)} State=UP PriorityTier=2",
        ]
        self.conf.write_text("\n".join(lines) + "\n")
