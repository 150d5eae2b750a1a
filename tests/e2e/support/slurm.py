# SPDX-License-Identifier: GPL-3.0-or-later
"""A Slurm cluster of one machine: munged, slurmctld and slurmd of its own, in a folder of its own,
on free ports, without cgroups. Ends with the block it is used in."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

NODE = "localnode"
PATIENCE = 30

CONFIGURATION = """
ClusterName=kmortem-test
SlurmctldHost={host}(127.0.0.1)
MailProg=/bin/true
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
CryptoType=crypto/munge
SlurmctldPort={controller}
SlurmdPort={daemon}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
MinJobAge=300
KillWait=1
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdParameters=config_overrides
NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes={node} Default=YES MaxTime=INFINITE State=UP
"""


def missing():
    """The programs that it needs and that are not there."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return [name for name in ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol")
            if shutil.which(name, path=path) is None]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Cluster:
    def __init__(self, cpus=4):
        # A socket's name has to be short.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="km-slurm-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.cpus = cpus
        self.processes = []
        self.environment = dict(os.environ, SLURM_CONF=str(self.folder / "slurm.conf"),
                                PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        for name in list(self.environment):
            if name.startswith(("SLURM_", "SBATCH_")) and name != "SLURM_CONF":
                del self.environment[name]

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # The newest first; slurmd ends its steps, which are in sessions of their own.
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._end_steps()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end_steps(self):
        """What still works below our spool folder is ours: nobody else knows of it."""
        ours = str(self.folder).encode()
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if ours in (process / "environ").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)
            except (OSError, ValueError):
                continue

    def _start(self):
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(
            node=NODE, host=socket.gethostname().split(".")[0], folder=self.folder, controller=free_port(), daemon=free_port(),
            cpus=self.cpus))
        self._run("munged", "--foreground", "--force", f"--key-file={key}",
                  f"--socket={self.folder}/munge.socket", f"--pid-file={self.folder}/munged.pid",
                  f"--log-file={self.folder}/munged.log", f"--seed-file={self.folder}/munged.seed",
                  "--num-threads=2")
        self._wait(lambda: (self.folder / "munge.socket").exists(), "munged")
        self._run("slurmctld", "-D", "-c")
        self._run("slurmd", "-D", "-N", NODE)
        self._wait(lambda: self.ask("sinfo", "-h", "-o", "%T").strip() == "idle", "the node")

    def _run(self, name, *arguments):
        log = open(self.folder / f"{name}.out", "wb")
        with log:
            self.processes.append(subprocess.Popen(
                [name, *arguments], env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log))

    def logs(self):
        """The end of what the daemons said: for a test that fails."""
        texts = []
        for path in sorted(self.folder.glob("*.log")) + sorted(self.folder.glob("*.out")):
            texts.append(f"== {path.name}\n" + path.read_text(errors="replace")[-2000:])
        return "\n".join(texts)

    def _wait(self, condition, what):
        end = time.monotonic() + PATIENCE
        while not condition():
            dead = [process.args[0] for process in self.processes if process.poll() is not None]
            if dead or time.monotonic() > end:
                raise RuntimeError(f"{what} does not come up (ended: {dead})\n{self.logs()}")
            time.sleep(0.1)

    def ask(self, *command, check=False):
        done = subprocess.run([str(each) for each in command], env=self.environment, check=check,
                              capture_output=True, text=True, timeout=60)
        return done.stdout

    def submit(self, script, *arguments, array, environment=None, options=()):
        """sbatch; returns the job's number."""
        done = subprocess.run(
            ["sbatch", "--parsable", f"--array={array}", "-o", f"{self.folder}/task-%a.out",
             *options, str(script), *map(str, arguments)],
            env=dict(self.environment, **(environment or {})), capture_output=True, text=True,
            timeout=60, cwd=self.folder)
        if done.returncode != 0:
            raise RuntimeError(f"sbatch: {done.stderr}\n{self.logs()}")
        return done.stdout.strip().split(";")[0]

    def states(self, job):
        """{task number: state} of a job array."""
        text = self.ask("squeue", "-h", "-r", "-t", "all", "-j", job, "-o", "%K %T")
        return dict(line.split() for line in text.splitlines() if len(line.split()) == 2)

    def restarts(self, job, task):
        text = self.ask("scontrol", "show", "job", f"{job}_{task}")
        fields = dict(word.split("=", 1) for word in text.split() if "=" in word)
        return int(fields.get("Restarts", "0"))

    def requeue(self, job, task):
        """Kills a running task and queues it again, without the two minutes that Slurm waits for
        old credentials to expire. slurmd takes a credential of the second in which it revoked the
        job's for the revoked one, and fails the job: so the next start waits for another second."""
        self.ask("scontrol", "requeue", f"{job}_{task}", check=True)

        def waits_for_its_time():
            self.ask("scontrol", "update", f"JobId={job}_{task}", "StartTime=now")
            return self.states(job).get(task) != "PENDING"
        self.wait_for(lambda: self.states(job).get(task) == "PENDING")
        time.sleep(3)
        self.wait_for(waits_for_its_time)

    def wait_for(self, condition, seconds=150):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise RuntimeError(f"waited in vain\n{self.logs()}")
            time.sleep(0.2)
