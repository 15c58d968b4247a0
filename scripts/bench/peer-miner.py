"""Lines per second of Drain3 on a file, with the masks its own example ships. Prints one JSON object."""
import json, resource, sys, time

from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig

START, END = r"((?<=[^A-Za-z0-9])|^)", r"((?=[^A-Za-z0-9])|$)"
MASKS = [
    (r"(([0-9a-f]{2,}:){3,}([0-9a-f]{2,}))", "ID"),
    (r"(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})", "IP"),
    (r"([0-9a-f]{6,} ?){3,}", "SEQ"),
    (r"([0-9A-F]{4} ?){4,}", "SEQ"),
    (r"(0x[a-f0-9A-F]+)", "HEX"),
    (r"([\-\+]?\d+)", "NUM"),
]
config = TemplateMinerConfig()
if sys.argv[3] == "masks":
    config.masking_instructions = [MaskingInstruction(START + mask + END, name) for mask, name in MASKS]
miner = TemplateMiner(config=config)
limit = int(sys.argv[2])
started, before = time.perf_counter(), time.process_time()
lines = 0
with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
    for line in file:
        miner.add_log_message(line.rstrip("\n"))
        lines += 1
        if lines == limit:
            break
seconds = time.perf_counter() - started
cpu = time.process_time() - before
rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps({"lines": lines, "templates": len(miner.drain.clusters), "rate": lines / seconds, "cpuRate": lines / cpu, "rss": rss}))
