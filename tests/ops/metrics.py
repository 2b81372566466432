"""The golden list of metrics, and what a PromQL text uses of it."""
import re

# Labels that Prometheus adds, and targets and rules may have.
OWN_LABELS = {"job", "instance", "site", "le"}
WORDS = {"by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless", "bool", "offset", "inf", "nan"}


def golden(path="tests/golden/metrics.txt"):
    """Series name -> its labels; a histogram has three series names."""
    known = {"up": set(), "ALERTS": {"alertname", "alertstate", "severity"}}
    with open(path, encoding="utf-8") as file:
        for line in file:
            name, kind, labels, _ = line.rstrip("\n").split("\t")
            labels = set(filter(None, labels.split(",")))
            if kind == "histogram":
                known[name + "_bucket"] = known[name + "_sum"] = known[name + "_count"] = labels | {"le"}
            else:
                known[name] = labels
    return known


def _parts(expr):
    """(without strings, selectors): the text without string literals, and [(metric, [labels])]."""
    bare = re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'', '""', expr)
    selectors = []
    for found in re.finditer(r"([a-zA-Z_:][\w:]*)\s*\{([^}]*)\}", bare):
        selectors.append((found.group(1), re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", found.group(2))))
    return bare, selectors


def names(expr):
    """Names of series in the text: words that are neither functions, labels, keywords nor durations."""
    bare, _ = _parts(expr)
    bare = re.sub(r"\{[^}]*\}", "", bare)
    bare = re.sub(r"\[[^\]]*\]", "", bare)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", bare)
    found = re.findall(r"(?<![\w.$:])([a-zA-Z_:][\w:]*)(?!\s*\()(?![\w:])", bare)
    return [name for name in found if name.lower() not in WORDS]


def unknown(expr, known, recorded):
    """Names and labels that nobody exposes."""
    problems = [name for name in names(expr) if name not in known and name not in recorded]
    bare, selectors = _parts(expr)
    for name, labels in selectors:
        if name in known:
            problems += [f"{name}{{{label}}}" for label in labels if label not in known[name] | OWN_LABELS]
    everywhere = set().union(*known.values()) | OWN_LABELS
    for found in re.finditer(r"\b(by|without|on|ignoring)\s*\(([^)]*)\)", bare):
        problems += [
            f"{found.group(1)} ({label})"
            for label in re.findall(r"\w+", found.group(2))
            if label not in everywhere
        ]
    return problems
