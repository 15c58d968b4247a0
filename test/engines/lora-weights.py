"""Writes the weights of a GGUF file as Hugging Face keeps them, so that an adapter can be trained on what Ollama serves.

Usage: python lora-weights.py MODEL.gguf FOLDER   (needs torch, transformers, gguf, sentencepiece)
"""

import os
import sys

from transformers import AutoModelForCausalLM, AutoTokenizer

folder, file = os.path.split(os.path.abspath(sys.argv[1]))
tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file)
# The weights were unpacked while they were read; only the mark that they were packed is left.
model.hf_quantizer = None
model.is_quantized = False
if hasattr(model.config, "quantization_config"):
    del model.config.quantization_config
model.save_pretrained(sys.argv[2])
tokenizer.save_pretrained(sys.argv[2])
