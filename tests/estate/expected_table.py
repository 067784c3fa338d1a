"""Writes the table of expectations into the example's README.

usage: expected_table.py [--check]

Enters: `acme-expected.jsonl`, the README with its two markers. Leaves: the README with the table between them; with
`--check` nothing is written, and an outdated table ends with a non-zero status.
Absent: any judgement. The expectations are written by hand, and each ARN must stand in a saved answer.
"""

import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLE = HERE.parent.parent / "examples" / "acme"
BEGIN, END = "<!-- expectations -->", "<!-- /expectations -->"
KINDS = {
    "domain": "domain",
    "endpoint": "endpoint",
    "endpoint-config": "endpoint configuration",
    "model": "model",
    "notebook-instance": "notebook",
    "training-job": "training job",
}


# The heading of a table says the kind; only what follows it in the control's name is repeated.
PREFIX = re.compile(r"^CTL\.SAGEMAKER\.(?:(?:DOMAIN|ENDPOINT|MODEL|NOTEBOOK|TRAINING)\.)?|\.001$")


def said(line):
    text = PREFIX.sub("", line["control"])
    if "reason" in line:
        text += f" `{line['reason']}`"
    return text + (f" ({line['disposition']})" if "disposition" in line else "")


def cell(expected, verdict, controls):
    """The controls of one verdict; one word where they are all the controls of the kind, for one reason."""
    chosen = [x for x in expected if x["verdict"] == verdict]
    reasons = {x.get("reason") for x in chosen}
    if len(chosen) == len(controls) > 2 and len(reasons) == 1:
        reason = reasons.pop()
        return f"all `{reason}`" if reason else "all"
    return ", ".join(said(x) for x in chosen)


def kind_of(arn):
    return arn.split(":", 5)[5].split("/", 1)[0]


def rows(lines):
    """Assets in the order of the file; neighbours with the same expectations share a row."""
    assets, controls = {}, {}
    for line in lines:
        assets.setdefault(line["asset"], []).append(line)
        controls.setdefault(kind_of(line["asset"]), set()).add(line["control"])
    merged = []
    for arn, expected in assets.items():
        _, _, _, region, account, resource = arn.split(":", 5)
        kind, name = resource.split("/", 1)
        cells = [cell(expected, v, controls[kind]) for v in ("fail", "unknown", "not_applicable", "pass")]
        place = f"{'production' if account == '111122223333' else 'research'} {region}"
        if merged and merged[-1][0] == (place, kind) and merged[-1][2] == cells:
            merged[-1][1].append(name)
        else:
            merged.append(((place, kind), [name], cells))
    return merged


def table(lines):
    out, last = [], None
    for (place, kind), names, cells in rows(lines):
        if kind != last:
            title = KINDS[kind]
            out += ["", f"**{title[0].upper()}{title[1:]}s**", "", "| Asset | Where | Fail | Unknown | Not applicable | Pass |", "| --- | --- | --- | --- | --- | --- |"]
            last = kind
        shown = names if len(names) < 3 else [names[0], "…", names[-1]]
        out.append(f"| {' '.join(f'`{n}`' if n != '…' else n for n in shown)} | {place} | " + " | ".join(cells) + " |")
    return "\n".join(out) + "\n"


def main():
    lines = [json.loads(x) for x in (HERE / "acme-expected.jsonl").read_text().splitlines()]
    saved = "".join(p.read_text() for p in sorted(EXAMPLE.rglob("*.json")))
    unknown = sorted({x["asset"] for x in lines if f'"{x["asset"]}"' not in saved})
    if unknown:
        sys.exit("\n".join(["no saved answer names these assets:", *unknown]))
    readme = EXAMPLE / "README.md"
    text = readme.read_text()
    before, rest = text.split(BEGIN)
    fresh = f"{before}{BEGIN}\n{table(lines)}\n{END}{rest.split(END)[1]}"
    if "--check" in sys.argv[1:]:
        sys.exit(None if fresh == text else f"{readme}: the table is not what expected_table.py writes")
    readme.write_text(fresh)


if __name__ == "__main__":
    main()
