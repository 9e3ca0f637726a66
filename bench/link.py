#!/usr/bin/env python3
"""Transfers between two daemons of ours and between two of Syncthing's, in turn: over loopback, or over a link that is as slow as one of the world.

  link.py rounds VAULT WORK CORPUS RUNS CASE…   a JSON line for each; a case is ACROSS:HOW:FILES, as link:plain:big
  link.py page   FILE                           the tables

ACROSS is loopback or link; HOW is plain, encrypted (the receiver holds no keys) or both (each has half of the files and gets the other's).
The kernels of small machines have no netem, so the link is a process of this script: two network namespaces, a tun device in each, and between
them every packet waits until those before it have gone at the link's rate, and then for the delay. TCP is the kernel's own, with all it does.
"""
import collections, fcntl, http.client, json, os, select, shutil, signal, socket, statistics, struct, subprocess, sys, time
from daemons import Daemon, Socket, run, settle, usage
from swarm import import_files, pull

BITS_PER_SECOND = 100_000_000
DELAY = 0.010   # each way
QUEUE = 1000    # packets of one direction that wait or travel, as netem has it; beyond it they are lost
ADDRESSES = "10.77.0.1", "10.77.0.2"


def carry(tuns):
    """Both directions, for ever; what was carried is told whoever sends SIGUSR1."""
    clock = time.monotonic
    travelling, free_at, carried, lost = [collections.deque(), collections.deque()], [0.0, 0.0], [0, 0], [0, 0]
    signal.signal(signal.SIGUSR1, lambda *_: print(json.dumps({"bytes": sum(carried), "lost": sum(lost)}), flush=True))
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    for tun in tuns: os.set_blocking(tun, False)
    while True:
        due = min((line[0][0] for line in travelling if line), default=None)
        select.select(tuns, [], [], None if due is None else max(0, due - clock()))
        for way in (0, 1):
            line, target = travelling[way], tuns[1 - way]
            try:
                while True:
                    packet = os.read(tuns[way], 65536)
                    if len(line) >= QUEUE:
                        lost[way] += 1
                        continue
                    free_at[way] = max(clock(), free_at[way]) + 8 * len(packet) / BITS_PER_SECOND
                    line.append((free_at[way] + DELAY, packet))
            except BlockingIOError: pass
            now = clock()
            while line and line[0][0] <= now:
                packet = line.popleft()[1]
                carried[way] += len(packet)
                try: os.write(target, packet)
                except OSError: lost[way] += 1


def tun(name):
    handle = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(handle, 0x400454CA, struct.pack("16sH22x", name.encode(), 0x1001)) # TUNSETIFF: IP packets without a header of the device's
    return handle


class Link:
    """Two network namespaces and what is between them; all of it ends with the processes that stand for it."""

    addresses = ADDRESSES

    def __init__(self):
        self.rooms = [subprocess.Popen(["unshare", "-n", "sleep", "infinity"]) for _ in ADDRESSES]
        self.within = [["nsenter", "-t", str(room.pid), "-n"] for room in self.rooms]
        own = os.readlink("/proc/self/ns/net")
        for room in self.rooms:
            while os.readlink(f"/proc/{room.pid}/ns/net") == own: time.sleep(0.01)
        names = [f"link{number}" for number in (0, 1)]
        tuns = [tun(name) for name in names]
        for room, within, name, address in zip(self.rooms, self.within, names, ADDRESSES):
            subprocess.run(["ip", "link", "set", name, "netns", str(room.pid)], check=True)
            for command in (f"address add {address}/24 dev {name}", f"link set {name} txqueuelen {QUEUE} up", "link set lo up"): subprocess.run([*within, "ip", *command.split()], check=True)
        said, says = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            os.dup2(says, 1)
            carry(tuns)
        for handle in (*tuns, says): os.close(handle)
        self.said = os.fdopen(said)

    def carried(self):
        os.kill(self.process, signal.SIGUSR1)
        return json.loads(self.said.readline())

    def close(self):
        os.kill(self.process, signal.SIGTERM)
        os.waitpid(self.process, 0)
        for room in self.rooms:
            room.kill()
            room.wait()


class Loopback:
    addresses, within = ("127.0.0.1", "127.0.0.1"), ((), ())

    def carried(self): return {"bytes": int(next(line for line in open("/proc/net/dev") if line.strip().startswith("lo:")).split()[9]), "lost": 0}

    def close(self): pass


class SyncthingSocket(Socket):
    def __init__(self, path):
        super().__init__("")
        self.path = path


class Syncthing:
    """One Syncthing with one folder, which finds nobody by itself."""

    def __init__(self, home, folder, address, within):
        self.home, self.folder, self.within = home, folder, within
        self.address = f"tcp4://{address}:{22000 + len(os.path.basename(home))}"
        subprocess.run(["syncthing", "generate", "--no-default-folder", "--home", home], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.id = subprocess.run(["syncthing", "--device-id", "--home", home], check=True, capture_output=True, text=True).stdout.strip()
        os.makedirs(os.path.join(folder, ".stfolder"), exist_ok=True)

    def start(self, other, kind, password="", away=False):
        """Scans its folder; the other device is known, and met when it isn't away."""
        secret = f"<encryptionPassword>{password}</encryptionPassword>" if password else ""
        with open(os.path.join(self.home, "config.xml"), "w") as file: file.write(f"""<configuration version="35">
            <folder id="f" label="f" path="{self.folder}" type="{kind}" rescanIntervalS="86400" fsWatcherEnabled="true"><device id="{self.id}"/><device id="{other.id}">{secret}</device></folder>
            <device id="{self.id}" name="here"><address>{self.address}</address></device>
            <device id="{other.id}" name="there"><address>{other.address}</address><paused>{str(away).lower()}</paused></device>
            <gui enabled="true" tls="false"><address>{self.home}/gui.sock</address><apikey>bench</apikey></gui>
            <options><listenAddress>{self.address}</listenAddress><globalAnnounceEnabled>false</globalAnnounceEnabled><localAnnounceEnabled>false</localAnnounceEnabled>
            <relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled><urAccepted>-1</urAccepted><crashReportingEnabled>false</crashReportingEnabled>
            <autoUpgradeIntervalH>0</autoUpgradeIntervalH><startBrowser>false</startBrowser><reconnectionIntervalS>2</reconnectionIntervalS></options></configuration>""")
        self.process = subprocess.Popen([*self.within, "syncthing", "serve", "--no-browser", "--no-restart", "--home", self.home], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "STNOUPGRADE": "1"})

    def call(self, method, path, body=None):
        connection = SyncthingSocket(os.path.join(self.home, "gui.sock"))
        connection.request(method, path, body=body and json.dumps(body), headers={"X-API-Key": "bench"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300: raise SystemExit(f"syncthing {path}: {answer.status} {text[:200]}")
        return json.loads(text) if text.strip() else None

    def until(self, is_so):
        while True:
            try:
                if is_so(self.call("GET", "/rest/db/status?folder=f")): return
            except (OSError, http.client.HTTPException): pass
            if self.process.poll() is not None: raise SystemExit("syncthing has ended")
            time.sleep(0.03)

    def usage(self):
        """As a daemon's, but of two processes: the first only watches the second."""
        tasks = f"/proc/{self.process.pid}/task"
        processes = [self.process.pid, *(int(child) for task in os.listdir(tasks) for child in open(f"{tasks}/{task}/children").read().split())]
        all = [usage(process) for process in processes]
        return sum(one[0] for one in all), *(max(one[figure] for one in all) for figure in (1, 2))

    stop = Daemon.stop


def halves(source, folders):
    """Every second file for each, as links."""
    files = sorted(os.path.relpath(os.path.join(at, name), source) for at, _, names in os.walk(source) for name in names)
    for number, name in enumerate(files):
        target = os.path.join(folders[number % 2], name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.link(os.path.join(source, name), target)
    return folders


def measured(across, daemons, transfer):
    os.sync()
    before, wire, began = [one.usage() for one in daemons], across.carried(), time.monotonic()
    transfer()
    seconds = time.monotonic() - began
    after, carried = [one.usage() for one in daemons], across.carried()
    return {"wall": round(seconds, 3), "cpu": round(sum(b[0] - a[0] for a, b in zip(before, after)), 2), "rss_mib": round(max(b[2] for b in after), 1),
        "wire_bytes": carried["bytes"] - wire["bytes"], "lost": carried["lost"] - wire["lost"]}


def vault(program, room, across, how, source):
    stores = [os.path.join(room, name) for name in ("a", "b")]
    if how == "both":
        mine, theirs = halves(source, [os.path.join(room, name) for name in ("half-a", "half-b")])
        import_files(program, *stores, mine)
        run(program, stores[1], "add", "bench", theirs, "--as", ".")
    else: import_files(program, *stores, source, "blind" if how == "encrypted" else "write")
    daemons = [Daemon(program, store, host=address, within=within) for store, address, within in zip(stores, across.addresses, across.within)]
    try:
        def transfer():
            pull(*stores)
            if how == "both": settle(Socket(stores[1]), Socket(stores[0]))
        return measured(across, daemons, transfer)
    finally:
        for one in daemons: one.stop()


def syncthing(_, room, across, how, source):
    folders = [os.path.join(room, name) for name in ("files-a", "files-b")]
    if how == "both": halves(source, folders)
    else: subprocess.run(["cp", "-al", source, folders[0]], check=True)
    daemons = [Syncthing(os.path.join(room, name), folder, address, within) for name, folder, address, within in zip(("home", "home-b"), folders, across.addresses, across.within)]
    files = sum(len(names) for _, _, names in os.walk(source))
    first, second = daemons
    try:
        for one, other in ((first, second), (second, first)):
            encrypted = how == "encrypted"
            mine = sum(len(names) for _, _, names in os.walk(one.folder))
            one.start(other, "receiveencrypted" if encrypted and one is second else "sendreceive", "secret" if encrypted and one is first else "", away=one is second)
            one.until(lambda status: status["state"] == "idle" and status["localFiles"] >= mine)
        def transfer():
            second.call("PATCH", "/rest/config/devices/" + first.id, {"paused": False})
            for one in ([second, first] if how == "both" else [second]):
                one.until(lambda status: status["state"] == "idle" and status["globalFiles"] >= files and status["localFiles"] >= files and status["needFiles"] == 0 and status["needBytes"] == 0)
        return measured(across, daemons, transfer)
    finally:
        for one in daemons:
            if hasattr(one, "process"): one.stop()


def rounds(program, work, corpus, runs, *cases):
    for case in cases:
        name, how, files = case.split(":")
        source = os.path.join(corpus, files)
        size = sum(os.path.getsize(os.path.join(at, one)) for at, _, names in os.walk(source) for one in names)
        for turn in range(int(runs)):
            for tool in (vault, syncthing):
                if tool is syncthing and not shutil.which("syncthing"): continue
                room = os.path.join(work, "link")
                shutil.rmtree(room, ignore_errors=True)
                os.makedirs(room)
                across = Link() if name == "link" else Loopback()
                try: figures = tool(program, room, across, how, source)
                finally: across.close()
                print(json.dumps({"across": name, "how": how, "files": files, "tool": tool.__name__, "run": turn, "src_bytes": size, **figures}), flush=True)
    shutil.rmtree(os.path.join(work, "link"), ignore_errors=True)


def page(file):
    rows = [json.loads(line) for line in open(file)]
    of_all = {}
    for row in rows: of_all.setdefault((row["across"], row["how"], row["files"]), {}).setdefault(row["tool"], []).append(row)
    titles = {"plain": "one way", "encrypted": "to a receiver without keys", "both": "half of the files each, both ways at once"}
    for across, title in (("loopback", "On loopback"), ("link", f"Over a link of {BITS_PER_SECOND / 1e6:.0f} Mbit/s each way and {2000 * DELAY:.0f} ms there and back")):
        if not any(key[0] == across for key in of_all): continue
        share = "| of the link " if across == "link" else ""
        print(f"\n## {title}\n\n| files | how | program | wall s: least, median, greatest | MB/s {share}| ours / theirs in one round | CPU s of both | peak MiB | MB on the wire |")
        print("|---" * (10 if share else 9) + "|")
        for (where, how, files), tools in of_all.items():
            if where != across: continue
            ours = {row["run"]: row["wall"] for row in tools["vault"]}
            for tool, all in tools.items():
                walls = sorted(row["wall"] for row in all)
                middle = statistics.median(walls)
                rate = all[0]["src_bytes"] / middle
                # Both ways at once the link is there twice. What is compressed may be more than the link carries.
                share = f"| {100 * rate * 8 / BITS_PER_SECOND / (2 if how == 'both' else 1):.0f} % " if across == "link" else ""
                ratio = "" if tool == "vault" else f"{statistics.median(ours[row['run']] / row['wall'] for row in all):.2f}"
                print(f"| `{files}`, {all[0]['src_bytes'] / 1e6:.0f} MB | {titles[how]} | {tool} | {walls[0]:.2f} / {middle:.2f} / {walls[-1]:.2f} | {rate / 1e6:.1f} {share}| {ratio} "
                      f"| {statistics.median(row['cpu'] for row in all):.1f} | {max(row['rss_mib'] for row in all):.0f} | {statistics.median(row['wire_bytes'] for row in all) / 1e6:.1f} |")


verbs = {"rounds": rounds, "page": page}
if len(sys.argv) < 3 or sys.argv[1] not in verbs: raise SystemExit(__doc__)
verbs[sys.argv[1]](*sys.argv[2:])
