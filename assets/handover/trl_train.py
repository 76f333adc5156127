"""Trains with TRL what storyloom handed over: `python trl_train.py job.json`.

It writes metrics.jsonl (a line a logged step) and the adapter below the output folder. Settings that peft's LoraConfig knows by
the names lora_r, lora_alpha, lora_dropout and target_modules go there; all others to TRL's own configuration by its names.
"""

import json
import os
import sys

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoConfig, TrainerCallback


class Metrics(TrainerCallback):
    """Figures as they come, each line whole."""

    def __init__(self, path):
        self.path = path

    def on_log(self, args, state, control, logs=None, **kwargs):
        if not state.is_world_process_zero or not logs or state.global_step == 0:
            return
        numbers = {name: value for name, value in logs.items() if isinstance(value, (int, float))}
        line = json.dumps({**numbers, "step": state.global_step, "of": state.max_steps})
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())


def words(content):
    return content if isinstance(content, str) else "".join(part.get("text") or "" for part in content)


def in_words(messages):
    return [{"role": one["role"], "content": words(one["content"])} for one in messages]


def rows(path, sees):
    """The rows with pictures for a model that sees, in words alone for one that does not."""
    from PIL import Image

    kept = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            images = row.pop("images", [])
            row.pop("storyloom", None)
            for name in ("prompt", "chosen", "rejected", "completion"):
                if name in row:
                    row[name] = in_words(row[name])
            if sees:
                # TRL puts the places of the pictures before the first words itself.
                row["images"] = [Image.open(image).convert("RGB") for image in images]
            kept.append(row)
    return Dataset.from_list(kept)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    stage, base, out, settings = job["stage"], job["base"], job["out"], dict(job["settings"])
    config = AutoConfig.from_pretrained(base)
    sees = hasattr(config, "vision_config") and stage != "reward"
    lora = LoraConfig(
        r=settings.pop("lora_r", 16),
        lora_alpha=settings.pop("lora_alpha", 32),
        lora_dropout=settings.pop("lora_dropout", 0.0),
        target_modules=settings.pop("target_modules", "all-linear"),
        task_type="SEQ_CLS" if stage == "reward" else "CAUSAL_LM",
        modules_to_save=["score"] if stage == "reward" else None,
    )
    common = {"output_dir": out, "logging_steps": 1, "report_to": "none", "save_strategy": "no", "use_cpu": not torch.cuda.is_available()}
    common.update(settings)
    data = rows(job["data"], sees)
    print(f"{len(data)} rows for {stage}, {'with' if sees else 'without'} pictures", flush=True)
    if stage == "sft":
        from trl import SFTConfig, SFTTrainer as Trainer

        arguments = SFTConfig(**{"max_length": None, **common})
    elif stage == "dpo":
        from trl import DPOConfig, DPOTrainer as Trainer

        arguments = DPOConfig(**{"max_length": None, **common})
    else:
        from trl import RewardConfig, RewardTrainer as Trainer

        if "vision_config" in config.to_dict():
            sys.exit("TRL trains no reward model that sees pictures: choose a text model, ms-swift, or storyloom train reward")
        arguments = RewardConfig(**{"max_length": None, **common})
    callback = Metrics(os.path.join(out, "metrics.jsonl"))
    trainer = Trainer(model=base, args=arguments, train_dataset=data, peft_config=lora, callbacks=[callback])
    trainer.train()
    trainer.save_model(os.path.join(out, "adapter"))


main()
