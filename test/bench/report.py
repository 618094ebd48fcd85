# SPDX-License-Identifier: ISC
"""The table, the JSON and the plot of what was found."""

import json
import shutil
import statistics
import subprocess

import idle
import rows
import servers


def medians(samples):
    """{name: {row: median}} of {name: {row: [figures]}}."""
    return {name: {row: statistics.median(figures) for row, figures in found.items()}
            for name, found in samples.items()}


def _with_idle(names, steps, found, memory):
    """The rows and the figures of the sessions that were held, too."""
    wanted = list(rows.ROWS)
    for count in steps if memory else []:
        row = rows.Row(f"idle, {count}", "kB", "imap", "implicit", -1, rows.IDLE_GOAL)
        wanted.append(row)
        for name in names:
            size = idle.a_session(memory.get(name), count)
            if size is not None:
                found.setdefault(name, {})[row.name] = size / 1000
    return wanted


def judge(row, found):
    """Ours to the best peer: the ratio, its name, and whether the goal was reached."""
    figures = {name: found[name][row.name] for name in servers.PEERS
               if row.name in found.get(name, {})}
    mine = found.get(servers.OURS, {}).get(row.name)
    if not figures or mine is None:
        return None
    best = (min if row.better < 0 else max)(figures, key=figures.get)
    ratio = mine / figures[best]
    reached = None if row.goal is None else \
        ratio <= row.goal if row.better < 0 else ratio >= row.goal
    return {"ratio": ratio, "best": best, "goal": row.goal, "reached": reached}


def table(names, steps, found, memory):
    """(lines to print, what goes into the JSON)."""
    lines = ["".join([f"{'':22}", *(f"{name:>11}" for name in names),
                      f"  {'ratio':>6} {'goal':>7}"])]
    kept = []
    for row in _with_idle(names, steps, found, memory):
        figures = {name: found.get(name, {}).get(row.name) for name in names}
        if all(figure is None for figure in figures.values()):
            continue
        verdict = judge(row, found)
        line = f"{row.name:12}{row.unit:>10}"
        for figure in figures.values():
            shape = ".1f" if row.unit == "kB" else ".0f"
            line += f"{'-' if figure is None else format(figure, shape):>11}"
        lines.append(line + (_verdict(row, verdict) if verdict else ""))
        kept.append({"row": row.name, "unit": row.unit, "figures": figures, "verdict": verdict})
    return lines, kept


def _verdict(row, verdict):
    if verdict["goal"] is None:
        return f"  {verdict['ratio']:6.2f} {'':7}  of {verdict['best']}"
    sign = "<=" if row.better < 0 else ">="
    word = "reached" if verdict["reached"] else "missed"
    return f"  {verdict['ratio']:6.2f} {sign} {verdict['goal']:4}  of {verdict['best']}: {word}"


def write_json(path, about, kept, memory):
    path.write_text(json.dumps({**about, "rows": kept, "memory": memory}, indent=1) + "\n")


def write_memory(path, memory):
    """Columns of MB: sessions, and each server's."""
    counts = sorted({count for found in memory.values() for count in found["points"]})
    lines = ["# sessions held, and MB of each server, the kernel's part included",
             " ".join(["sessions", *memory])]
    for count in counts:
        line = [str(count)]
        for found in memory.values():
            point = found["points"].get(count)
            line.append(f"{(found['base'] + point['user'] + point['kernel']) / 1e6:.2f}"
                        if point else "nan")
        lines.append(" ".join(line))
    path.write_text("\n".join(lines) + "\n")


def plot(data, path, memory):
    """Sessions held against memory; False where there is no gnuplot."""
    if not shutil.which("gnuplot"):
        return False
    curves = ", ".join(
        f'"{data}" using 1:{column} with linespoints linewidth {3 if name == servers.OURS else 1}'
        f' title "{name}"' for column, name in enumerate(memory, 2))
    subprocess.run(["gnuplot"], check=True, text=True, input=(
        'set terminal svg size 800,520 background "white"\n'
        f'set output "{path}"\nset key left top\nset grid\n'
        'set xlabel "idle sessions held"\nset ylabel "MB, the kernel\'s part included"\n'
        f"plot {curves}\n"))
    return True
