"""What transformers makes of a model folder: ids and assistant mask of conversations, and the logits at every position.

    python3 askTransformers.py FOLDER < conversations.json

Reads a list of {"messages": [...], "tools": [...]}; writes a list of {"inputIds", "assistantMask", "logits"}. Needs transformers and
PyTorch.
"""

import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = sys.argv[1]
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, torch_dtype=torch.float32).eval()
answers = []
for conversation in json.load(sys.stdin):
    encoded = tokenizer.apply_chat_template(
        conversation["messages"],
        tools=conversation.get("tools"),
        tokenize=True,
        return_dict=True,
        return_assistant_tokens_mask=True,
    )
    ids = encoded["input_ids"]
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids])).logits[0]
    answers.append({"inputIds": ids, "assistantMask": encoded["assistant_masks"], "logits": logits.tolist()})
json.dump(answers, sys.stdout)
