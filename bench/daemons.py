"""Real daemons on loopback, and what is asked of them: swarm.py, healing.py, wire.py and link.py drive them with this."""
import http.client, json, os, signal, socket, subprocess, time


def usage(process):
    """Seconds of processor, and resident MiB: now, and the most there was."""
    fields = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()
    memory = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in open(f"/proc/{process}/status") if line.startswith(("VmHWM", "VmRSS"))}
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), memory["VmRSS"], memory["VmHWM"]


class Daemon:
    """One daemon on a store of its own; where its network is another than ours, "within" is the command that goes there."""

    def __init__(self, program, store, port=0, host="127.0.0.1", within=()):
        self.store = store
        self.process = subprocess.Popen([*within, program, "--data", store, "daemon", "run", "--listen", f"/ip4/{host}/tcp/{port}", "--no-mdns", "--api", "127.0.0.1:0", "--json"], stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        if not line: raise SystemExit(f"the daemon on {store} didn't start")
        ready = json.loads(line)
        self.peer, self.address = ready["peer"], ready["listen"][0]
        self.port = int(self.address.split("/")[4])
        Socket(store).call("daemon") # it answers: its first answer is no part of what is measured, as with contenders that were asked whether they are there

    def usage(self): return usage(self.process.pid)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def kill(self):
        """As the power would."""
        self.process.kill()
        self.process.wait()


class Socket(http.client.HTTPConnection):
    """HTTP over the socket in a daemon's folder."""

    def __init__(self, store):
        super().__init__("localhost", timeout=3600)
        self.path = os.path.join(store, "daemon.sock")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def ask(self, method, path, body=None):
        self.request(method, path, body=body)
        answer = self.getresponse()
        return answer.status, answer.read()

    def call(self, name, **request):
        status, body = self.ask("POST", "/api/v1/" + name, json.dumps(request))
        answer = json.loads(body)
        if answer["status"] != "success": raise SystemExit(f"{name}: {answer['error']['message']}")
        return answer["data"]


def run(program, store, *arguments):
    subprocess.run([program, "--data", store, *arguments], check=True, stdout=subprocess.DEVNULL)


def settle(socket_a, socket_b):
    """Until the second has what the first has."""
    while True:
        root = socket_a.call("root", vault="bench")["root"] # each time: that somebody joined is a record too
        vaults = socket_b.call("daemon")["vaults"]
        if vaults and (here := vaults[0])["root"] == root and here["missingBlocks"] == 0 and not here["searching"] and here["inStepWith"]: return
        time.sleep(0.03) # more often, and the answers would take a part of what is measured


def share_network(program, source, *stores):
    """Gives these the swarm key of the first, so that any of them can dial any other."""
    file = os.path.join(source, "swarm.key")
    with open(file, "wb") as key: key.write(subprocess.run([program, "--data", source, "swarm-key", "show", "--reveal"], check=True, capture_output=True).stdout)
    for store in stores: run(program, store, "swarm-key", "import", file)
