"""Trains a LoRA adapter (Hu et al., ICLR 2022) on examples, for the model whose weights lie in a folder.

Reads JSON lines {"messages": [...]} and prints JSON lines: {"step", "steps", "loss"}, {"lowered": "batch"|"rank",
"value"}, {"device"}, and {"done": folder}. Out of memory halves the batch, then the rank, and goes on from the last
checkpoint. Run again after a crash, it goes on from there too.
"""

import argparse
import ctypes
import json
import os
import signal
import sys

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer


def say(**fields):
    print(json.dumps(fields), flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", required=True, help="folder of the base model")
    parser.add_argument("--data", required=True, help="JSON lines of examples")
    parser.add_argument("--out", required=True, help="folder for the adapter and the checkpoint")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--length", type=int, default=1024)
    return parser.parse_args()


def plain(messages):
    return "".join(f"<|{m['role']}|>\n{m['content']}\n" for m in messages)


def encode(tokenizer, messages, length):
    """Token ids, and labels in which only the answer counts."""
    render = (
        (lambda ms, ask: tokenizer.apply_chat_template(ms, tokenize=False, add_generation_prompt=ask))
        if tokenizer.chat_template
        else (lambda ms, ask: plain(ms) + ("<|assistant|>\n" if ask else ""))
    )
    prompt = tokenizer(render(messages[:-1], True), add_special_tokens=False)["input_ids"]
    whole = tokenizer(render(messages, False), add_special_tokens=False)["input_ids"]
    if tokenizer.eos_token_id is not None:
        whole = whole + [tokenizer.eos_token_id]
    # What does not fit loses its beginning: the answer stands at the end.
    cut = max(0, len(whole) - length)
    labels = [-100] * min(len(prompt), len(whole)) + whole[len(prompt):]
    return whole[cut:], labels[cut:]


def batches(examples, size, pad):
    for at in range(0, len(examples), size):
        part = examples[at:at + size]
        width = max(len(ids) for ids, _ in part)
        yield (
            torch.tensor([ids + [pad] * (width - len(ids)) for ids, _ in part]),
            torch.tensor([labels + [-100] * (width - len(labels)) for _, labels in part]),
            torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids, _ in part]),
        )


def train(options, tokenizer, examples, device, batch, rank):
    torch.manual_seed(7)
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    base = AutoModelForCausalLM.from_pretrained(options.weights, dtype=dtype)
    checkpoint = os.path.join(options.out, f"checkpoint-r{rank}")
    progress = {"epoch": 0}
    state = os.path.join(checkpoint, "progress.json")
    if os.path.exists(state):
        with open(state, encoding="utf-8") as file:
            progress = json.load(file)
        model = PeftModel.from_pretrained(base, checkpoint, is_trainable=True)
    else:
        target = ["q_proj", "k_proj", "v_proj", "o_proj"]
        config = LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules=target, task_type="CAUSAL_LM")
        model = get_peft_model(base, config)
    model.to(device).train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=options.rate)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id or 0
    each = (len(examples) + batch - 1) // batch
    step = progress["epoch"] * each
    for epoch in range(progress["epoch"], options.epochs):
        for ids, labels, mask in batches(examples, batch, pad):
            out = model(input_ids=ids.to(device), attention_mask=mask.to(device), labels=labels.to(device))
            out.loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            step += 1
            say(step=step, steps=each * options.epochs, loss=round(out.loss.item(), 4))
        model.save_pretrained(checkpoint)
        # Written whole or not at all: half a file must not look like progress.
        with open(state + ".new", "w", encoding="utf-8") as file:
            json.dump({"epoch": epoch + 1}, file)
        os.replace(state + ".new", state)
    adapter = os.path.join(options.out, "adapter")
    model.save_pretrained(adapter)
    return adapter


def end_with_parent():
    """Stopped for heat while its worker is killed, it would never notice, and keep the GPU's memory for good."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def main():
    options = arguments()
    end_with_parent()
    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    say(device=device)
    tokenizer = AutoTokenizer.from_pretrained(options.weights)
    with open(options.data, encoding="utf-8") as file:
        examples = [encode(tokenizer, json.loads(line)["messages"], options.length) for line in file if line.strip()]
    os.makedirs(options.out, exist_ok=True)
    batch, rank = options.batch, options.rank
    while True:
        try:
            say(done=train(options, tokenizer, examples, device, batch, rank))
            return 0
        except torch.cuda.OutOfMemoryError:
            torch.cuda.empty_cache()
            if batch > 1:
                batch //= 2
                say(lowered="batch", value=batch)
            elif rank > 1:
                rank //= 2
                say(lowered="rank", value=rank)
            else:
                say(error="out of memory with a batch of 1 and rank 1")
                return 1


if __name__ == "__main__":
    sys.exit(main())
