#!/bin/sh
# Trainings that TRL does for real on the CPU: SFT and DPO of the embedded storyteller, a reward model on a tiny text model with random
# weights; the adapters of the first two are adopted and tell. Not part of the tests.
#   PYTHON=venv/bin/python tests/remote/trl.sh
# It needs a Python with torch, transformers, trl, peft, datasets, pillow and torchvision.
set -eu
python=${PYTHON:-python3}
program=${STORYLOOM:-target/release/storyloom}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
loom() { "$program" --home "$work/home" "$@"; }

loom campaign new first a-gift-for-ben mia-and-the-dark --gold 0 --practice 0 >/dev/null
loom rater simulate first --raters 3 >/dev/null
loom campaign snapshot first --simulated --out "$work/snapshot"
cp -r assets/models/storyteller "$work/storyteller"
loom model add "$work/storyteller" --name base >/dev/null
"$python" - "$work/text" "$work/storyteller" <<'PY'
import sys
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM
tokenizer = AutoTokenizer.from_pretrained(sys.argv[2])
config = LlamaConfig(vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
                     pad_token_id=tokenizer.pad_token_id or 0)
LlamaForCausalLM(config).save_pretrained(sys.argv[1])
tokenizer.save_pretrained(sys.argv[1])
PY
recipe() { # stage, base
    cat >"$work/$1.toml" <<TOML
kind = "external"
name = "$1"
trainer = "trl"
stage = "$1"
base = "$2"
snapshot = "$work/snapshot"
python = "$python"
poll_seconds = 1.0

[settings]
max_steps = 4
per_device_train_batch_size = 1
learning_rate = 1e-4
lora_r = 4
TOML
}
recipe sft "$work/storyteller"
recipe dpo "$work/storyteller"
recipe reward "$work/text"
for stage in sft dpo reward; do
    loom train external "$work/$stage.toml" --run "$work/runs/$stage"
    "$python" - "$work/runs/$stage" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1] + "/steps.jsonl")]
assert [line["step"] for line in lines] == [1, 2, 3, 4] and all(line["of"] == 4 for line in lines), lines
losses = [line["loss"] for line in lines]
assert all(abs(loss) < 100 for loss in losses), losses
assert json.load(open(sys.argv[1] + "/external.json"))["state"] == "succeeded"
print(sys.argv[1].split("/")[-1], "losses", [round(loss, 4) for loss in losses])
PY
done
for stage in sft dpo; do
    loom model add "$work/runs/$stage/adapter" --base base --name "by-$stage"
    loom tell a-gift-for-ben --model "by-$stage"
done
echo 'all of it worked'
