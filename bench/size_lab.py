#!/usr/bin/env python3
"""What a night of many devices costs: core-hours, storage, network. The formulas and the measured constants of docs/cluster.md.

    bench/size_lab.py                                  the tables of docs/cluster.md
    bench/size_lab.py --devices 40 --device-gb 128 --entries 250000 --cores 8 --network-gbit 1
"""
import argparse
import math

# Measured on the machine and the device of docs/measurements.md (2.147 GB of NTFS, 66,466 entries, E01 made with `-c fast`),
# CPU seconds of all processes together, profile quick. GB is 1e9 bytes.
MEDIA_CPU_S_PER_GB = 5.24 / 2.147         # `limier verify`: inflating, chunk checksums, MD5, SHA-1 and SHA-256 of the media
ENTRY_CPU_S = (8.85 - 5.24) / 66466       # the rest of `limier triage`: listing, file digests, index, reports
INDEX_BYTES_PER_ENTRY = 30826496 / 66466
REPORT_BYTES_PER_ENTRY = (36133759 + 23945235) / 66466
EVIDENCE_BYTES_PER_MEDIA_BYTE = (681570173 + 219028456) / 2147483648
TASK_S = 1.5                              # scheduling, of each task
MEDIA_GB_PER_S = 0.8                      # MD5 of the media is one chain: no device is faster, however many cores it has


def human(seconds):
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"


def size(devices, device_gb, entries, cores, network_gbit):
    cpu_s = device_gb * MEDIA_CPU_S_PER_GB + entries * ENTRY_CPU_S
    evidence_gb = device_gb * EVIDENCE_BYTES_PER_MEDIA_BYTE
    result_gb = entries * (INDEX_BYTES_PER_ENTRY + REPORT_BYTES_PER_ENTRY) / 1e9
    tasks_at_once = max(1, cores // 2)
    compute_s = (devices * cpu_s) / cores + math.ceil(devices / tasks_at_once) * TASK_S
    network_s = devices * evidence_gb * 8 / network_gbit
    chain_s = device_gb / MEDIA_GB_PER_S
    return {
        "core-hours of one device": f"{cpu_s / 3600:.2f}",
        "core-hours of all": f"{devices * cpu_s / 3600:.0f}",
        "evidence read, once": f"{devices * evidence_gb / 1000:.1f} TB",
        "index and reports of one device": f"{result_gb:.2f} GB",
        "index and reports of all": f"{devices * result_gb:.0f} GB",
        "scratch on a node, for each task": f"{result_gb:.2f} GB",
        "time by cores": human(compute_s),
        "time by network": human(network_s),
        "time of one device at least": human(chain_s),
        "whole, the largest of these": human(max(compute_s, network_s, chain_s)),
    }


def table(columns):
    """Markdown: one column for each set of arguments."""
    rows = ["| | " + " | ".join(title for title, _ in columns) + " |", "|---|" + "---|" * len(columns)]
    for key in columns[0][1]:
        rows.append(f"| {key} | " + " | ".join(values[key] for _, values in columns) + " |")
    return "\n".join(rows)


def documented():
    """The tables that docs/cluster.md shows, as they must stand there."""
    night = dict(devices=300, device_gb=512, entries=500_000)
    return table([
        ("8 cores, 10 Gbit/s", size(**night, cores=8, network_gbit=10)),
        ("16 cores, 10 Gbit/s", size(**night, cores=16, network_gbit=10)),
        ("16 cores, 25 Gbit/s", size(**night, cores=16, network_gbit=25)),
        ("64 cores, 100 Gbit/s", size(**night, cores=64, network_gbit=100)),
    ])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int)
    parser.add_argument("--device-gb", type=float, default=512)
    parser.add_argument("--entries", type=int, default=500_000, help="names and streams on one device")
    parser.add_argument("--cores", type=int, default=16)
    parser.add_argument("--network-gbit", type=float, default=10)
    given = parser.parse_args()
    if given.devices is None:
        print(documented())
    else:
        values = size(given.devices, given.device_gb, given.entries, given.cores, given.network_gbit)
        print(table([(f"{given.cores} cores, {given.network_gbit:g} Gbit/s", values)]))


if __name__ == "__main__":
    main()
