"""What a step costs: CPU and memory of the server, UDP and RTP counts, idle share of the machine."""
import json
import os
import shutil
import subprocess
import time

CLOCK_HZ = os.sysconf("SC_CLK_TCK")
COUNTERS_TABLE = "sippcnt"
RTP_UDP_LENGTH = 180  # 8 UDP + 12 RTP + 160 bytes of G.711, 20 ms


def cpu_s(pids):
    """User and system seconds of processes; those that ended count nothing."""
    user = system = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        user += int(fields[11])
        system += int(fields[12])
    return user / CLOCK_HZ, system / CLOCK_HZ


def memory(pids):
    rss = pss = threads = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/status") as status:
                for line in status:
                    if line.startswith("VmRSS"):
                        rss += int(line.split()[1])
                    if line.startswith("Threads"):
                        threads += int(line.split()[1])
            with open(f"/proc/{pid}/smaps_rollup") as rollup:
                pss += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        except OSError:
            pass
    return {"rss_mib": round(rss / 1024, 1), "pss_mib": round(pss / 1024, 1), "threads": threads}


def machine():
    """Ticks of all cores: total, idle (with waiting for disks), stolen by the host."""
    with open("/proc/stat") as stat:
        ticks = [int(word) for word in stat.readline().split()[1:9]]
    return sum(ticks), ticks[3] + ticks[4], ticks[7]


class Network:
    """The network namespace of the server, or the machine's own when `name` is None."""

    def __init__(self, name, server_ip, trunk_ip, phones_ip):
        self.prefix = ["ip", "netns", "exec", name] if name else []
        self.pairs = {
            "rtp_uac_srv": (trunk_ip, server_ip),
            "rtp_srv_uas": (server_ip, phones_ip),
            "rtp_uas_srv": (phones_ip, server_ip),
            "rtp_srv_uac": (server_ip, trunk_ip),
        }
        self.counting = False

    def count_rtp(self):
        """Count RTP packets by direction, in a namespace only: nobody else's rules are touched."""
        if not self.prefix or not shutil.which("nft"):
            return
        subprocess.run([*self.prefix, "nft", "delete", "table", "inet", COUNTERS_TABLE], capture_output=True)
        counters = "".join(f"counter {name} {{}}\n" for name in self.pairs)
        rules = "".join(
            f"ip saddr {source} ip daddr {target} udp length {RTP_UDP_LENGTH} counter name {name}\n"
            for name, (source, target) in self.pairs.items()
        )
        table = f"table inet {COUNTERS_TABLE} {{\n{counters}chain i {{ type filter hook input priority 0;\n{rules}}}\n}}\n"
        self.counting = subprocess.run([*self.prefix, "nft", "-f", "-"], input=table, text=True).returncode == 0

    def rtp_packets(self):
        if not self.counting:
            return {}
        listed = self._read("nft", "-j", "list", "counters", "table", "inet", COUNTERS_TABLE)
        entries = json.loads(listed)["nftables"]
        return {e["counter"]["name"]: e["counter"]["packets"] for e in entries if "counter" in e}

    def udp(self):
        names, values = [line.split()[1:] for line in self._read("cat", "/proc/net/snmp").splitlines() if line.startswith("Udp:")]
        found = dict(zip(names, map(int, values)))
        return {"udp_in": found["InDatagrams"], "udp_rcvbuf_err": found["RcvbufErrors"]}

    def _read(self, *command):
        return subprocess.run([*self.prefix, *command], capture_output=True, text=True, check=True).stdout


class Window:
    """Differences of everything above between its making and `end`."""

    def __init__(self, network, server_pids, generator_pids):
        self.network, self.server_pids, self.generator_pids = network, server_pids, generator_pids
        self.start_s = time.monotonic()
        self.before = self._read()

    def _read(self):
        return (cpu_s(self.server_pids), cpu_s(self.generator_pids), machine(), self.network.udp(), self.network.rtp_packets())

    def end(self):
        seconds = time.monotonic() - self.start_s
        server, generator, ticks, udp, rtp = self._read()
        server0, generator0, ticks0, udp0, rtp0 = self.before
        total = max(1, ticks[0] - ticks0[0])
        return {
            "win_s": round(seconds, 2),
            "srv_user_s": round(server[0] - server0[0], 2),
            "srv_sys_s": round(server[1] - server0[1], 2),
            "srv_cpu_s": round(sum(server) - sum(server0), 2),
            "sipp_cpu_s": round(sum(generator) - sum(generator0), 2),
            "idle_pct": round(100 * (ticks[1] - ticks0[1]) / total, 1),
            "steal_pct": round(100 * (ticks[2] - ticks0[2]) / total, 2),
            **{name: udp[name] - udp0[name] for name in udp},
            **{name: rtp[name] - rtp0.get(name, 0) for name in rtp},
        }
