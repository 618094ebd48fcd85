# SPDX-License-Identifier: ISC
"""The tables of policy services, and what goes into the JSON."""

import json

from policy_rows import GOALS, ROWS
from policy_servers import FLOOR, OURS, PEERS


def _verdict(figures, floor, goal, peer):
    """How many times as many; and what nobody could exceed."""
    if figures.get(OURS) is None or figures.get(peer) is None:
        return None
    ratio = figures[OURS] / figures[peer]
    most = floor / figures[peer] if floor else None
    return {"ratio": ratio, "goal": goal, "reached": ratio >= goal, "floor": most}


def _word(verdict):
    if not verdict:
        return f"{'-':>8}{'':30}"
    word = "reached" if verdict["reached"] else "missed"
    if not verdict["reached"] and verdict["floor"] and verdict["floor"] < verdict["goal"]:
        word = f"floor: {verdict['floor']:.1f}"
    return f"{verdict['ratio']:8.1f} >= {verdict['goal']:<3} {word:12}"


def _own(figures):
    """Microseconds above the floor, where that is not next to nothing."""
    return {name: 1e6 / figure - 1e6 / figures[FLOOR] for name, figure in figures.items()
            if figure and figures.get(FLOOR) and name != FLOOR}


def known(names, found):
    """(lines to print, what goes into the JSON)."""
    peers = [name for name in names if name in PEERS]
    lines = ["".join([f"{'questions/CPU s':18}", *(f"{name:>11}" for name in names),
                      *(f"  {'to ' + peer:<27}" for peer in peers)])]
    kept = []
    for row in ROWS:
        figures = {name: found.get(name, {}).get(row.name) for name in names}
        verdicts = {peer: _verdict(figures, figures.get(FLOOR), GOALS[peer], peer)
                    for peer in peers}
        line = f"{row.name:18}" + "".join(
            f"{'-' if figure is None else format(figure, '.0f'):>11}"
            for figure in figures.values())
        lines.append(line + "".join(map(_word, verdicts.values())).rstrip())
        kept.append({"row": row.name, "unit": "questions/CPU s", "figures": figures,
                     "own us": _own(figures), "verdict": verdicts})
    return lines + _own_lines(names, kept), kept


def _own_lines(names, kept):
    """What one question at a time costs above what the kernel takes for it."""
    lines = ["us above the floor"]
    for row in kept:
        own = row["own us"]
        if not row["row"].endswith(" 1") or not own:
            continue
        line = f"{row['row']:18}" + "".join(
            f"{format(own[name], '.2f') if name in own else '-':>11}" for name in names)
        ratios = [f"{own[peer] / own[OURS]:8.1f} >= {GOALS[peer]:<3} {'':12}"
                  for peer in PEERS if peer in own and own.get(OURS, 0) > 0]
        lines.append((line + "".join(ratios)).rstrip())
    return lines if len(lines) > 1 else []


def cold(found):
    lines = ["".join([f"{'at once':18}", *(f"{name:>22}" for name in found)])]
    for key in next(iter(found.values()), {}):
        if key == "not fine":
            continue
        line = f"{key:18}"
        for figures in found.values():
            figure = figures[key]
            shape = ".3g" if isinstance(figure, float) else "d"
            line += f"{'-' if figure is None else format(figure, shape):>22}"
        lines.append(line)
    return lines


def write_json(into, about):
    """Beside what the gateway's bench has found."""
    path = into / "bench.json"
    kept = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps({**kept, "policy": about}, indent=1) + "\n")
    return path
