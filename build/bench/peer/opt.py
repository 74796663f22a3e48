"""OPT in plain PyTorch, read from a folder in Hugging Face layout: what our engine is compared with.

Follows Hugging Face's modeling_opt.py: pre-norm or post-norm, projections where the embedding is narrower than the model, positions
looked up two rows on, a head tied to the embedding. Shapes: B batch, T time, D model width, H heads.
"""

import json
import math
import os
import struct

import torch
import torch.nn.functional as F

POSITION_OFFSET = 2
DTYPES = {"F32": torch.float32, "F16": torch.float16}


def read_safetensors(path):
    """Tensors by name, as float32 copies. The format: 8 bytes of header length, a JSON header, the tensors' bytes."""
    tensors = {}
    with open(path, "rb") as file:
        (header_length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(header_length))
        start = 8 + header_length
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            begin, end = entry["data_offsets"]
            file.seek(start + begin)
            values = torch.frombuffer(bytearray(file.read(end - begin)), dtype=DTYPES[entry["dtype"]])
            tensors[name] = values.reshape(entry["shape"]).float()
    return tensors


class Opt:
    def __init__(self, folder):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            self.config = json.load(file)
        weights = read_safetensors(os.path.join(folder, "model.safetensors"))
        self.weights = {name: values.requires_grad_() for name, values in weights.items() if name != "lm_head.weight"}
        self.heads = self.config["num_attention_heads"]
        self.is_pre_norm = self.config["do_layer_norm_before"]

    def linear(self, name, x):
        return F.linear(x, self.weights[name + ".weight"], self.weights.get(name + ".bias"))

    def norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.weights[name + ".weight"], self.weights[name + ".bias"])

    def attention(self, prefix, x, cache):
        """Causal self-attention; `cache` is a dict that keeps keys and values, or None. x: [B, T, D]."""
        B, T, D = x.shape
        split = lambda y: y.view(B, T, self.heads, D // self.heads).transpose(1, 2)
        q, k, v = (split(self.linear(prefix + "self_attn." + role, x)) for role in ("q_proj", "k_proj", "v_proj"))
        if cache is not None:
            if prefix in cache:
                k, v = (torch.cat(pair, dim=2) for pair in zip(cache[prefix], (k, v)))
            cache[prefix] = (k, v)
        is_causal = T > 1
        if hasattr(F, "scaled_dot_product_attention"):
            y = F.scaled_dot_product_attention(q, k, v, is_causal=is_causal)
        else:
            scores = q @ k.transpose(-1, -2) / math.sqrt(D // self.heads)
            if is_causal:
                scores = scores + torch.full((T, T), -math.inf).triu(1)
            y = torch.softmax(scores, dim=-1) @ v
        return self.linear(prefix + "self_attn.out_proj", y.transpose(1, 2).reshape(B, T, D))

    def layer(self, prefix, x, cache):
        y = self.norm(prefix + "self_attn_layer_norm", x) if self.is_pre_norm else x
        x = x + self.attention(prefix, y, cache)
        if not self.is_pre_norm:
            x = self.norm(prefix + "self_attn_layer_norm", x)
        y = self.norm(prefix + "final_layer_norm", x) if self.is_pre_norm else x
        x = x + self.linear(prefix + "fc2", F.relu(self.linear(prefix + "fc1", y)))
        return x if self.is_pre_norm else self.norm(prefix + "final_layer_norm", x)

    def hidden_states(self, ids, cache=None, start=0):
        """ids: [B, T] at positions start, start + 1, ... Returns [B, T, E], ready for the head."""
        decoder = "model.decoder."
        x = F.embedding(ids, self.weights[decoder + "embed_tokens.weight"])
        if decoder + "project_in.weight" in self.weights:
            x = self.linear(decoder + "project_in", x)
        positions = torch.arange(start, start + ids.shape[1]) + POSITION_OFFSET
        x = x + F.embedding(positions, self.weights[decoder + "embed_positions.weight"])
        for index in range(self.config["num_hidden_layers"]):
            x = self.layer(f"{decoder}layers.{index}.", x, cache)
        if self.is_pre_norm:
            x = self.norm(decoder + "final_layer_norm", x)
        return self.linear(decoder + "project_out", x) if decoder + "project_out.weight" in self.weights else x

    def head(self, x):
        return F.linear(x, self.weights["model.decoder.embed_tokens.weight"])


def describe(precision, threads):
    attention = "fused attention" if hasattr(F, "scaled_dot_product_attention") else "attention as matrix products"
    return f"PyTorch {torch.__version__}, {precision}, {threads} threads, {attention}"
