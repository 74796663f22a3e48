"""`generate.py WORK`: greedy generation with a key/value cache. Prints what it measured as JSON."""

import contextlib
import json
import sys
import time

import torch

from opt import Opt, describe


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        work = json.load(file)
    torch.set_num_threads(work["numThreads"])
    is_bf16 = work["precision"] == "bf16"
    model = Opt(work["modelDir"])
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16) if is_bf16 else contextlib.nullcontext():
        for _ in range(2):  # the first round is there to get warm
            cache, tokens = {}, []
            ids = torch.tensor([work["promptIds"]])
            started = time.perf_counter()
            while True:
                start = 0 if not tokens else len(work["promptIds"]) + len(tokens) - 1
                tokens.append(int(model.head(model.hidden_states(ids, cache, start)[:, -1]).argmax()))
                if len(tokens) == 1:
                    prompt_read = time.perf_counter()
                if len(tokens) == work["numNewTokens"]:
                    break
                ids = torch.tensor([tokens[-1:]])
            ended = time.perf_counter()
    engine = describe("bf16 autocast" if is_bf16 else "fp32", work["numThreads"])
    seconds = {"promptSeconds": prompt_read - started, "decodeSeconds": ended - prompt_read}
    print(json.dumps({"engine": engine, "tokenIds": tokens, **seconds}))


main()
