"""Reference values of OPT's forward pass, gradients and training steps, from an implementation that shares nothing with ours.

    python3 test/golden/optReference.py [FOLDER]        writes opt-*.json and opt-*.safetensors; default: this script's folder

Needs PyTorch only (made with 1.13). The model follows transformers' modeling_opt.py (its weight names, too), the derivative is
autograd's, the optimizer torch.optim.AdamW, the clipping clip_grad_norm_. Everything is computed in double precision, so that what
differs from it is the other side's rounding; files hold float32.

Two models: "post-norm" as OPT-350M (norm after each residual sum, projections in and out, no final norm), "pre-norm" as OPT-125M.
Each example is computed alone and unpadded; one step is the mean over the supervised tokens of all its examples.
"""

import json
import math
import struct
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

NUM_STEPS = 10
POSITION_OFFSET = 2
SHAPE = {
    "model_type": "opt",
    "vocab_size": 23,
    "hidden_size": 12,
    "ffn_dim": 20,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "max_position_embeddings": 20,
    "dropout": 0.0,
}
SETTINGS = {
    "learningRate": 0.01,
    "warmupSteps": 3,
    "maxGradNorm": 1.5,
    "weightDecay": 0.1,
    "beta1": 0.9,
    "beta2": 0.98,
    "epsilon": 1e-6,
}
MODELS = {
    "post-norm": ({**SHAPE, "word_embed_proj_dim": 8, "do_layer_norm_before": False}, {**SETTINGS, "lrSchedule": "linear"}),
    "pre-norm": ({**SHAPE, "word_embed_proj_dim": 12, "do_layer_norm_before": True}, {**SETTINGS, "lrSchedule": "cosine"}),
}
EXAMPLE_LENGTHS = [11, 7, 14, 5, 9]


def start_weights(config):
    """Weights large enough that every part matters. PyTorch's layout: linear weights are [out, in]."""
    D, E, FF = config["hidden_size"], config["word_embed_proj_dim"], config["ffn_dim"]
    shapes = {"embed_tokens.weight": (config["vocab_size"], E)}
    shapes["embed_positions.weight"] = (config["max_position_embeddings"] + POSITION_OFFSET, D)
    norms = []
    if E != D:
        shapes["project_in.weight"], shapes["project_out.weight"] = (D, E), (E, D)
    if config["do_layer_norm_before"]:
        norms.append("final_layer_norm")
    for i in range(config["num_hidden_layers"]):
        linears = {f"self_attn.{role}_proj": (D, D) for role in "qkv"}
        linears |= {"self_attn.out_proj": (D, D), "fc1": (FF, D), "fc2": (D, FF)}
        for name, shape in linears.items():
            shapes[f"layers.{i}.{name}.weight"], shapes[f"layers.{i}.{name}.bias"] = shape, shape[:1]
        norms += [f"layers.{i}.self_attn_layer_norm", f"layers.{i}.final_layer_norm"]
    for norm in norms:
        shapes[f"{norm}.weight"] = shapes[f"{norm}.bias"] = (D,)

    generator = torch.Generator().manual_seed(7)
    weights = {}
    for name, shape in shapes.items():
        values = torch.randn(shape, generator=generator) * (0.1 if len(shape) == 1 else 0.3)
        if "layer_norm.weight" in name:
            values += 1
        # drawn as float32, so that both sides start from the same numbers
        weights[f"model.decoder.{name}"] = values.double().requires_grad_()
    return weights


def logits_of(config, weights, ids):
    """ids (T) -> logits (T, V)"""

    def weight(name):
        return weights[f"model.decoder.{name}"]

    def linear(x, name):
        return F.linear(x, weight(f"{name}.weight"), weight(f"{name}.bias"))

    def norm(x, name):
        return F.layer_norm(x, x.shape[-1:], weight(f"{name}.weight"), weight(f"{name}.bias"), 1e-5)

    T, N = len(ids), config["num_attention_heads"]
    H = config["hidden_size"] // N
    has_projections = config["word_embed_proj_dim"] != config["hidden_size"]
    is_pre_norm = config["do_layer_norm_before"]
    hidden = torch.full((T, T), -math.inf, dtype=torch.float64).triu(1)

    def attention(x, prefix):
        q, k, v = (linear(x, f"{prefix}.{role}_proj").view(T, N, H).transpose(0, 1) for role in "qkv")
        probabilities = torch.softmax((q * H**-0.5) @ k.transpose(1, 2) + hidden, dim=-1)
        return linear((probabilities @ v).transpose(0, 1).reshape(T, N * H), f"{prefix}.out_proj")

    x = F.embedding(ids, weight("embed_tokens.weight"))
    if has_projections:
        x = F.linear(x, weight("project_in.weight"))
    x = x + F.embedding(torch.arange(T) + POSITION_OFFSET, weight("embed_positions.weight"))
    for i in range(config["num_hidden_layers"]):
        layer = f"layers.{i}"
        for norm_name, block in (
            (f"{layer}.self_attn_layer_norm", lambda x: attention(x, f"{layer}.self_attn")),
            (f"{layer}.final_layer_norm", lambda x: linear(F.relu(linear(x, f"{layer}.fc1")), f"{layer}.fc2")),
        ):
            x = x + block(norm(x, norm_name)) if is_pre_norm else norm(x + block(x), norm_name)
    if is_pre_norm:
        x = norm(x, "final_layer_norm")
    if has_projections:
        x = F.linear(x, weight("project_out.weight"))
    return F.linear(x, weight("embed_tokens.weight"))


def per_token_loss(config, weights, example):
    """Nats of each token under the tokens before it; 0 where not supervised (the first never is)."""
    ids = torch.tensor(example["inputIds"])
    losses = F.cross_entropy(logits_of(config, weights, ids)[:-1], ids[1:], reduction="none")
    return torch.cat([losses.new_zeros(1), losses]) * torch.tensor(example["lossMask"])


def learning_rate(step, settings):
    """step counts from 1; the peak is reached at the last step of the warm-up"""
    warmup, peak = settings["warmupSteps"], settings["learningRate"]
    if step <= warmup:
        return peak * step / warmup
    progress = (step - warmup) / (NUM_STEPS - warmup + 1)
    return peak * (1 - progress if settings["lrSchedule"] == "linear" else 0.5 * (1 + math.cos(math.pi * progress)))


def make_examples(config):
    generator = torch.Generator().manual_seed(11)
    examples = []
    for length in EXAMPLE_LENGTHS:
        ids = torch.randint(3, config["vocab_size"], (length,), generator=generator)  # no padding, no end token
        mask = (torch.rand(length, generator=generator) < 0.4).int()
        mask[0], mask[-1] = 0, 1
        examples.append({"inputIds": ids.tolist(), "lossMask": mask.tolist()})
    return examples


def reference(config, settings):
    weights = start_weights(config)
    examples = make_examples(config)
    num_supervised = sum(sum(example["lossMask"]) for example in examples)
    tensors = {f"start/{name}": w.detach().clone() for name, w in weights.items()}
    longest = max(examples, key=lambda example: len(example["inputIds"]))
    tensors["logits"] = logits_of(config, weights, torch.tensor(longest["inputIds"])).detach()
    tensors["perTokenLoss"] = torch.cat([per_token_loss(config, weights, example) for example in examples]).detach()

    is_decayed = {name: name.endswith(".weight") and "layer_norm" not in name for name in weights}
    groups = [
        {"params": [w for name, w in weights.items() if is_decayed[name]], "weight_decay": settings["weightDecay"]},
        {"params": [w for name, w in weights.items() if not is_decayed[name]], "weight_decay": 0.0},
    ]
    betas = (settings["beta1"], settings["beta2"])
    optimizer = torch.optim.AdamW(groups, lr=settings["learningRate"], betas=betas, eps=settings["epsilon"])
    steps = []
    for step in range(1, NUM_STEPS + 1):
        optimizer.zero_grad()
        loss = sum(per_token_loss(config, weights, example).sum() for example in examples) / num_supervised
        loss.backward()
        if step == 1:
            tensors |= {f"gradient/{name}": w.grad.clone() for name, w in weights.items()}
        grad_norm = torch.nn.utils.clip_grad_norm_(list(weights.values()), settings["maxGradNorm"])
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, settings)
        optimizer.step()
        steps.append({"loss": loss.item(), "gradNorm": grad_norm.item(), "learningRate": learning_rate(step, settings)})
        if step in (1, NUM_STEPS):
            tensors |= {f"step{step}/{name}": w.detach().clone() for name, w in weights.items()}
    values = {"config": config, "settings": settings, "numSteps": NUM_STEPS, "examples": examples, "steps": steps}
    return values, tensors


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        raw = struct.pack(f"<{tensor.numel()}f", *tensor.flatten().tolist())
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    for model, (config, settings) in MODELS.items():
        values, tensors = reference(config, settings)
        (folder / f"opt-{model}.json").write_text(json.dumps({"torch": torch.__version__, **values}, indent=1) + "\n")
        write_safetensors(folder / f"opt-{model}.safetensors", tensors)
