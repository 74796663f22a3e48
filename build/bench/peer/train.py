"""`train.py WORK`: a full fine-tune row by row, with logits at every position, as trainers usually do. Prints what it measured as JSON."""

import contextlib
import json
import resource
import sys
import time

import torch
import torch.nn.functional as F

from opt import Opt, describe

IGNORE_INDEX = -100


def is_decayed(name):
    return not name.endswith(".bias") and "layer_norm" not in name


def loss_sum(model, row):
    """Cross-entropy of the supervised tokens, in nats; the token at t is predicted at t - 1."""
    ids = torch.tensor([row["inputIds"]])
    labels = ids.masked_fill(torch.tensor([row["lossMask"]]) == 0, IGNORE_INDEX)
    logits = model.head(model.hidden_states(ids))
    return F.cross_entropy(logits[0, :-1].float(), labels[0, 1:], ignore_index=IGNORE_INDEX, reduction="sum")


def current_rss():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        work = json.load(file)
    recipe = work["recipe"]
    torch.set_num_threads(work["numThreads"])
    is_bf16 = work["precision"] == "bf16"
    started = time.perf_counter()
    model = Opt(work["modelDir"])
    seconds_to_load = time.perf_counter() - started
    groups = [
        {"params": [w for n, w in model.weights.items() if is_decayed(n)], "weight_decay": recipe["weightDecay"]},
        {"params": [w for n, w in model.weights.items() if not is_decayed(n)], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=recipe["learningRate"], betas=(recipe["beta1"], recipe["beta2"]), eps=recipe["epsilon"])
    steps = []
    for index, rows in enumerate(work["steps"]):
        started, cpu_started = time.perf_counter(), time.process_time()
        optimizer.zero_grad(set_to_none=True)
        num_supervised = sum(sum(row["lossMask"]) for row in rows)
        total = 0.0
        for row in rows:
            with torch.autocast("cpu", dtype=torch.bfloat16) if is_bf16 else contextlib.nullcontext():
                loss = loss_sum(model, row) / num_supervised
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(model.weights.values(), recipe["maxGradNorm"])
        optimizer.step()
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
        steps.append({"seconds": seconds, "cpuSeconds": cpu_seconds, "loss": total, "rssBytes": current_rss()})
        print(f"  PyTorch {index + 1}/{len(work['steps'])}: {seconds:.2f} s, loss {total:.4f}", file=sys.stderr)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    engine = describe("bf16 autocast" if is_bf16 else "fp32", work["numThreads"])
    print(json.dumps({"engine": engine, "steps": steps, "peakBytes": peak, "secondsToLoad": seconds_to_load}))


main()
