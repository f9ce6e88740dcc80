"""Runs other load generators in turns with the engine against one simulator, and prints ratios.

Started by ci/bench --peers. A generator is used if it is in PATH or in one of the folders of
STREAMGATE_PEERS (colon-separated bin folders of virtual environments). What each reports as its
0.99 quantile of the time to first token is held against the simulator's ledger of the same
requests. CPU is that of the generator's processes between its first request and its last token.
"""
import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

TOKENS = 100
WHERE = {
    "locust": "pip install locust",
    "guidellm": "pip install guidellm",
    "aiperf": "pip install aiperf",
}


def locustfile():
    """One user asks again and again and reads the stream line by line."""
    return f'''
import json, os, time
from locust import FastHttpUser, constant, events, task

FIRST = []
BODY = {{"model": "model", "stream": True, "max_tokens": {TOKENS},
         "messages": [{{"role": "user", "content": "Tell a story."}}]}}


class Reader(FastHttpUser):
    wait_time = constant(0)

    @task
    def ask(self):
        sent, first = time.monotonic(), None
        with self.client.post("/v1/chat/completions", json=BODY, stream=True) as response:
            # Its own iterator waits until so many bytes are there; a line comes when it is whole.
            while line := response._response.readline(b"\\n"):
                if not line.startswith(b"data: {{"):
                    continue
                choices = json.loads(line[6:]).get("choices")
                if first is None and choices and choices[0]["delta"].get("content"):
                    first = time.monotonic()
        if first is not None:
            FIRST.append((first - sent) * 1000)


@events.quitting.add_listener
def keep(environment, **_):
    with open(os.environ["FIRST_TOKENS"], "w") as file:
        json.dump(FIRST, file)
'''


# A tokenizer of single bytes: those of model hubs cannot be had without a network.
TOKENIZER = '''
import sys
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
letters = sorted(pre_tokenizers.ByteLevel.alphabet())
made = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(letters)}, merges=[]))
made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
made.decoder = decoders.ByteLevel()
PreTrainedTokenizerFast(
    tokenizer_object=made, eos_token=letters[0], pad_token=letters[0]).save_pretrained(sys.argv[1])
'''


def quantile(values, q):
    values = sorted(values)
    h = (len(values) - 1) * q
    low = int(h)
    high = min(low + 1, len(values) - 1)
    return values[low] + (h - low) * (values[high] - values[low])


class Cpu(threading.Thread):
    """Samples the CPU seconds of a process and all that descend from it."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.samples, self.seen = pid, [], {}
        self.tick, self.is_over = os.sysconf("SC_CLK_TCK"), threading.Event()

    def run(self):
        while not self.is_over.wait(0.1):
            parents, used = {}, {}
            for name in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{name}/stat") as file:
                        fields = file.read().rpartition(")")[2].split()
                except OSError:
                    continue
                parents[int(name)] = int(fields[1])
                used[int(name)] = (int(fields[11]) + int(fields[12])) / self.tick
            for process in used:
                ancestor = process
                while ancestor and ancestor != self.pid:
                    ancestor = parents.get(ancestor, 0)
                if ancestor == self.pid or process in self.seen:
                    self.seen[process] = used[process]
            self.samples.append((time.monotonic_ns(), sum(self.seen.values())))

    def between(self, start, end):
        def at(moment):
            before = [used for taken, used in self.samples if taken <= moment]
            return before[-1] if before else 0.0

        return at(end) - at(start)


class Peer:
    """A generator's command and where it leaves its quantile."""

    def __init__(self, name, program, folder, url, bench):
        self.name, self.program, self.folder = name, program, folder
        self.url, self.bench = url, bench
        self.result = os.path.join(folder, name + ".json")
        self.tokenizer = os.path.join(folder, "tokenizer")
        if name in ("guidellm", "aiperf") and not os.path.exists(self.tokenizer):
            python = os.path.join(os.path.dirname(os.path.realpath(program)), "python3")
            python = python if os.path.exists(python) else first_line_program(program)
            subprocess.run([python, "-c", TOKENIZER, self.tokenizer], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def command(self, streams, seconds):
        if self.name == "streamgate":
            return [self.bench, "client", "--url", self.url, "--streams", str(streams),
                    "--seconds", str(seconds), "--tokens", str(TOKENS), "--csv", self.result]
        if self.name == "locust":
            path = os.path.join(self.folder, "locustfile.py")
            with open(path, "w") as file:
                file.write(locustfile())
            return [self.program, "-f", path, "--headless", "-u", str(streams), "-r",
                    str(streams), "-t", f"{seconds}s", "--host", self.url, "--only-summary"]
        if self.name == "guidellm":
            return [
                self.program, "run", "--disable-console",
                "--backend", f"kind=openai_http,target={self.url},model=model",
                "--profile", f"kind=concurrent,streams={streams}",
                "--constraint", f"kind=max_duration,seconds={seconds}",
                "--tokenizer", f"kind=hf_auto,model={self.tokenizer}",
                "--data", f"kind=synthetic_text,prompt_tokens=32,output_tokens={TOKENS}",
                "--output", f"kind=json,path={self.result}"]
        return [
            self.program, "profile", "--model", "model", "--url", self.url, "--endpoint-type",
            "chat", "--streaming", "--concurrency", str(streams), "--benchmark-duration",
            str(seconds), "--tokenizer", self.tokenizer, "--ui", "none", "--artifact-dir",
            os.path.join(self.folder, "aiperf"), "--synthetic-input-tokens-mean", "32",
            "--output-tokens-mean", str(TOKENS)]

    def first_token_p99(self):
        """Milliseconds, as the generator says."""
        if self.name == "streamgate":
            with open(self.result) as file:
                rows = [line.split(",") for line in file.read().splitlines()[1:]]
            return quantile([int(row[2]) / 1e6 for row in rows], 0.99)
        if self.name == "aiperf":
            path = os.path.join(self.folder, "aiperf", "profile_export_aiperf.json")
            with open(path) as file:
                return json.load(file)["time_to_first_token"]["p99"]
        with open(self.result) as file:
            result = json.load(file)
        if self.name == "locust":
            return quantile(result, 0.99)
        metric = result["benchmarks"][0]["metrics"]["time_to_first_token_ms"]
        return metric["successful"]["percentiles"]["p99"]

    def run(self, streams, seconds, ledger):
        start = os.path.getsize(ledger)
        for stale in (self.result, os.path.join(self.folder, "aiperf")):
            shutil.rmtree(stale) if os.path.isdir(stale) else os.path.exists(stale) and os.unlink(
                stale)
        log = os.path.join(self.folder, self.name + ".log")
        environment = dict(os.environ, FIRST_TOKENS=self.result)
        with open(log, "w") as file:
            process = subprocess.Popen(
                self.command(streams, seconds), stdout=file, stderr=subprocess.STDOUT,
                env=environment, start_new_session=True)
        cpu = Cpu(process.pid)
        cpu.start()
        try:
            process.wait(timeout=seconds + 180)
        except subprocess.TimeoutExpired:
            print(f"{self.name}: not over after {seconds + 180} s, ended", flush=True)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            cpu.is_over.set()
            cpu.join()
        try:
            truth = read_ledger(ledger, start)
            return figures(self.first_token_p99(), truth, cpu)
        except (OSError, KeyError, ValueError, IndexError) as error:
            with open(log) as file:
                said = "".join(file.readlines()[-5:])
            print(f"{self.name}: no figures ({error!r}); it said:\n{said}", flush=True)
            return None


def first_line_program(script):
    """The Python that a console script is run by."""
    with open(script, "rb") as file:
        return file.readline()[2:].strip().decode()


def read_ledger(path, start):
    """The chats that began after `start`, once the simulator has written them."""
    time.sleep(1)
    with open(path, "rb") as file:
        file.seek(start)
        rows = [json.loads(line) for line in file if line.endswith(b"\n")]
    return [row for row in rows if row.get("chat") and row["token_sent_ns"]]


def figures(p99, truth, cpu):
    chunks = sum(len(row["token_sent_ns"]) for row in truth)
    start = min(row["received_ns"] for row in truth)
    end = max(row["token_sent_ns"][-1] for row in truth)
    server = quantile([(row["token_sent_ns"][0] - row["received_ns"]) / 1e6 for row in truth], 0.99)
    return {
        "requests": len(truth),
        "chunks_per_s": chunks / ((end - start) / 1e9),
        "cpu_us_per_chunk": cpu.between(start, end) / chunks * 1e6,
        "ttft_p99_ms": p99,
        "server_ttft_p99_ms": server,
        "ttft_err_p99_ms": p99 - server,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--bench", "--url", "--ledger", "--json"):
        parser.add_argument(option, required=True)
    parser.add_argument("--streams", type=int, nargs="+", default=[100, 500])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    counts, rounds, seconds = options.streams, options.rounds, 10
    if options.quick:
        counts, rounds, seconds = [10], 1, 5
    path = os.environ.get("STREAMGATE_PEERS", "") + os.pathsep + os.environ.get("PATH", "")
    results = []
    with tempfile.TemporaryDirectory(prefix="streamgate-peers-") as folder:
        peers = [Peer("streamgate", options.bench, folder, options.url, options.bench)]
        for name, how in WHERE.items():
            program = shutil.which(name, path=path)
            if program:
                peers.append(Peer(name, program, folder, options.url, options.bench))
            else:
                print(f"{name}: not there; {how}, and name its bin folder in STREAMGATE_PEERS")
        for streams in counts:
            rows = {peer.name: [] for peer in peers}
            for turn in range(rounds):
                for peer in peers[turn % len(peers):] + peers[:turn % len(peers)]:
                    rows[peer.name].append(peer.run(streams, seconds, options.ledger))
            results.append({"streams": streams, "rows": table(streams, rows)})
    with open(options.json, "w") as file:
        json.dump(results, file, indent=2)
    return 0


def table(streams, rows):
    """Prints medians, and the median of each round's ratio to the engine."""
    names = ["requests", "chunks_per_s", "cpu_us_per_chunk", "ttft_p99_ms", "server_ttft_p99_ms",
             "ttft_err_p99_ms"]
    print(f"{streams} streams, medians of {len(rows['streamgate'])} rounds")
    print(" " * 12 + "".join(f"{name:20}" for name in names + ["cpu_to_ours", "err_to_ours"]))
    shown = []
    for name, measured in rows.items():
        good = [row for row in measured if row]
        if not good:
            print(f"{name:12}-")
            continue
        row = {key: statistics.median(one[key] for one in good) for key in names}
        for key, ratio in (("cpu_us_per_chunk", "cpu_to_ours"), ("ttft_err_p99_ms", "err_to_ours")):
            ratios = [one[key] / ours[key] for one, ours in zip(measured, rows["streamgate"])
                      if one and ours and ours[key] > 0]
            row[ratio] = statistics.median(ratios) if ratios else None
        print(f"{name:12}" + "".join(
            f"{'-' if value is None else format(value, '.3f'):20}" for value in row.values()),
            flush=True)
        shown.append({"client": name, **row})
    return shown


if __name__ == "__main__":
    sys.exit(main())
