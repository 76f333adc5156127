"""A tiny llama-architecture GGUF with random weights and a vocabulary of words: python random_text_gguf.py OUT.gguf (needs the gguf
and numpy packages). What it tells is nonsense, in words."""

import sys

import gguf
import numpy

WORDS = "the a fox bear hare owl ran sat saw found home rain sun box tree river and then but was glad sad old small".split()
HIDDEN, LAYERS, HEADS, INNER = 64, 2, 4, 128

names = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]
kinds = [gguf.TokenType.UNKNOWN] + [gguf.TokenType.CONTROL] * 4
names += [f"<0x{byte:02X}>" for byte in range(256)]
kinds += [gguf.TokenType.BYTE] * 256
first_word = len(names)
names += ["\u2581" + word for word in WORDS]
kinds += [gguf.TokenType.NORMAL] * len(WORDS)
size = len(names)

writer = gguf.GGUFWriter(sys.argv[1], "llama")
writer.add_context_length(1024)
writer.add_embedding_length(HIDDEN)
writer.add_block_count(LAYERS)
writer.add_feed_forward_length(INNER)
writer.add_head_count(HEADS)
writer.add_head_count_kv(HEADS)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_rope_dimension_count(HIDDEN // HEADS)
writer.add_vocab_size(size)
writer.add_file_type(0)
writer.add_tokenizer_model("llama")
writer.add_token_list(names)
writer.add_token_scores([-1000.0] * first_word + [-1.0] * len(WORDS))
writer.add_token_types([int(kind) for kind in kinds])
writer.add_bos_token_id(1)
writer.add_eos_token_id(2)
writer.add_add_bos_token(True)

chance = numpy.random.default_rng(7)


def random(*shape):
    return (chance.standard_normal(shape, dtype=numpy.float32) * 0.3).astype(numpy.float32)


output = numpy.zeros((size, HIDDEN), numpy.float32)
output[first_word:] = random(len(WORDS), HIDDEN)
writer.add_tensor("token_embd.weight", random(size, HIDDEN))
writer.add_tensor("output.weight", output)
writer.add_tensor("output_norm.weight", numpy.ones(HIDDEN, numpy.float32))
for layer in range(LAYERS):
    block = f"blk.{layer}."
    for name in ("attn_norm", "ffn_norm"):
        writer.add_tensor(f"{block}{name}.weight", numpy.ones(HIDDEN, numpy.float32))
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        writer.add_tensor(f"{block}{name}.weight", random(HIDDEN, HIDDEN))
    writer.add_tensor(f"{block}ffn_gate.weight", random(INNER, HIDDEN))
    writer.add_tensor(f"{block}ffn_up.weight", random(INNER, HIDDEN))
    writer.add_tensor(f"{block}ffn_down.weight", random(HIDDEN, INNER))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
