"""Reads exported preferences back in the loaders of those who train on them, and says what each made of them.

Opt-in (needs datasets, trl, transformers, torch; a minute on a CPU; openrlhf, llamafactory and ms-swift read their own forms where
they can be imported, installed without what they need for training). Without a folder it reads tests/exports/written and
writes read_back.json, to which tests/exports/main.rs holds the writers:

    python tests/exports/read_back.py
    python tests/exports/read_back.py FOLDER      # FOLDER/trl, FOLDER/parquet, ..: what `campaign export --format` wrote

`trl` and `parquet` are trained on for one step of TRL's DPOTrainer with the embedded storyteller, `openrlhf` and `hh-rlhf` for one
step of its RewardTrainer with a small random model. `openai` is loaded by `datasets` and held to its documentation.
"""

import hashlib
import importlib.machinery
import json
import pathlib
import sys
import tempfile
import types
from importlib.metadata import version

import datasets
import torch
import transformers
import trl
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
WRITTEN = ROOT / "tests/exports/written"
MODEL = ROOT / "assets/models/storyteller"
# A template of words alone, for readers of texts.
TALK = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"


def picture(folder: pathlib.Path, name: str) -> Image.Image:
    """A frame that a row names: beside its rows, or beside all forms."""
    place = folder / name
    return Image.open(place if place.exists() else folder.parent / name).convert("RGB")


def load(kind: str, file: pathlib.Path) -> datasets.Dataset:
    with tempfile.TemporaryDirectory() as cache:
        return datasets.load_dataset(kind, data_files=str(file), split="train", cache_dir=cache, keep_in_memory=True)


def dpo(rows: datasets.Dataset) -> str:
    """One step of DPO with pictures."""
    model = transformers.AutoModelForImageTextToText.from_pretrained(MODEL, dtype=torch.float32)
    processor = transformers.AutoProcessor.from_pretrained(MODEL)
    with tempfile.TemporaryDirectory() as out:
        config = trl.DPOConfig(
            out, max_steps=1, per_device_train_batch_size=1, max_length=None, report_to="none", use_cpu=True, save_strategy="no",
            bf16=False, gradient_checkpointing=False, disable_tqdm=True,
        )
        trainer = trl.DPOTrainer(model, args=config, train_dataset=rows, processing_class=processor)
        loss = trainer.train().training_loss
    assert loss == loss and loss > 0, loss
    return "one step of DPOTrainer"


def reward(rows: datasets.Dataset) -> str:
    """One step of a reward model."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL, chat_template=TALK)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    shape = transformers.LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, num_labels=1, pad_token_id=tokenizer.pad_token_id,
    )
    with tempfile.TemporaryDirectory() as out:
        config = trl.RewardConfig(
            out, max_steps=1, per_device_train_batch_size=1, report_to="none", use_cpu=True, save_strategy="no", bf16=False,
            gradient_checkpointing=False, disable_tqdm=True,
        )
        model = transformers.LlamaForSequenceClassification(shape)
        trainer = trl.RewardTrainer(model, args=config, train_dataset=rows, processing_class=tokenizer)
        loss = trainer.train().training_loss
    assert loss == loss and loss > 0, loss
    return "one step of RewardTrainer"


def read_trl(folder: pathlib.Path) -> tuple[datasets.Dataset, str]:
    rows = load("json", folder / "preferences.jsonl")
    seen = [len([part for part in row["prompt"][0]["content"] if part["type"] == "image"]) for row in rows]
    assert seen == [len(row["images"]) for row in rows], "a placeholder a picture"
    with_pictures = [
        {
            # A row of two kinds of content gets the keys of both.
            "prompt": [{"role": m["role"], "content": [{k: v for k, v in p.items() if v is not None} for p in m["content"]]}
                       for m in row["prompt"]],
            "chosen": row["chosen"], "rejected": row["rejected"],
            "images": [picture(folder, name) for name in row["images"]],
        }
        for row in rows if row["images"]
    ]
    return rows, dpo(datasets.Dataset.from_list(with_pictures))


def read_parquet(folder: pathlib.Path) -> tuple[datasets.Dataset, str]:
    rows = load("parquet", folder / "preferences.parquet")
    assert all(isinstance(image, Image.Image) for row in rows for image in row["images"]), rows.features
    pictured = rows.filter(lambda row: len(row["images"]) > 0).select_columns(["images", "prompt", "chosen", "rejected"])
    return rows, dpo(pictured)


def read_openrlhf(folder: pathlib.Path) -> tuple[datasets.Dataset, str]:
    rows = load("json", folder / "preferences.jsonl")
    assert all(0 <= row["margin"] <= 1 for row in rows)
    said = reward(rows.select_columns(["chosen", "rejected", "margin"]))
    try:
        from openrlhf.datasets.reward_dataset import preprocess_data
    except ImportError as missing:
        return rows, f"{said}; openrlhf not there ({missing})"
    template = transformers.AutoTokenizer.from_pretrained(MODEL, chat_template=TALK).apply_chat_template
    for row in rows:
        for dpo in (False, True):
            prompt, chosen, rejected, margin = preprocess_data(row, apply_chat_template=template, is_dpo=dpo)
            assert row["chosen"][-1]["content"] in chosen and row["rejected"][-1]["content"] in rejected
            assert margin == row["margin"] and (row["chosen"][0]["content"] in prompt) == dpo
    return rows, f"{said}; preprocess_data of openrlhf {version('openrlhf')}, for rewards and for DPO"


def read_hh(folder: pathlib.Path) -> tuple[datasets.Dataset, str]:
    rows = load("json", folder / "preferences.jsonl")
    assert all(row[side].startswith("\n\nHuman: ") for row in rows for side in ("chosen", "rejected"))
    return rows, reward(rows.select_columns(["chosen", "rejected"]))


def read_swift(folder: pathlib.Path) -> tuple[datasets.Dataset, str]:
    rows = load("json", folder / "preferences.jsonl")
    for row in rows:
        assert [message["role"] for message in row["messages"]] == ["user", "assistant"] and row["rejected_response"]
        assert row["messages"][0]["content"].count("<image>") == len(row["images"])
        [picture(folder, name) for name in row["images"]]
    try:
        from swift.dataset import load_dataset
    except ImportError as missing:
        return rows, f"loaded by datasets; ms-swift not there ({missing})"
    read, _ = load_dataset([str(folder / "preferences.jsonl")], load_from_cache_file=False)
    assert len(read) == len(rows), (len(read), len(rows))
    for ours, theirs in zip(rows, read):
        said = [message["content"] for message in theirs["messages"]]
        assert said == [message["content"] for message in ours["messages"]] and len(theirs["images"] or []) == len(ours["images"])
        rejected = theirs.get("rejected_response") or theirs["rejected_messages"][-1]["content"]
        assert rejected == ours["rejected_response"] and theirs["margin"] == ours["margin"]
    return rows, f"load_dataset of ms-swift {version('ms-swift')}"


def read_factory(folder: pathlib.Path) -> tuple[datasets.Dataset, str]:
    info = json.loads((folder / "dataset_info.json").read_text())["storyloom"]
    rows = load("json", folder / info["file_name"])
    assert set(info["columns"].values()) <= set(rows.column_names) and info["ranking"]
    for row in rows:
        assert row["conversations"][0]["value"].count("<image>") == len(row["images"])
        [picture(folder, name) for name in row["images"]]
    # It imports torchaudio for sounds, of which there are none here.
    stand_in = types.ModuleType("torchaudio")
    stand_in.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
    sys.modules.setdefault("torchaudio", stand_in)
    try:
        from llamafactory.data.converter import SharegptDatasetConverter
        from llamafactory.data.parser import get_dataset_list
    except ImportError as missing:
        return rows, f"loaded by datasets; llamafactory not there ({missing})"
    [about] = get_dataset_list(["storyloom"], str(folder))
    convert = SharegptDatasetConverter(about, types.SimpleNamespace(media_dir=str(folder)))
    for row in rows:
        read = convert(row)
        assert [message["content"] for message in read["_response"]] == [row["chosen"]["value"], row["rejected"]["value"]]
        assert read["_prompt"][0]["content"] == row["conversations"][0]["value"]
        assert len(read["_images"] or []) == len(row["images"])
    return rows, f"dataset_info.json and converter of llamafactory {version('llamafactory')}"


def read_openai(folder: pathlib.Path) -> tuple[datasets.Dataset, str]:
    rows = load("json", folder / "preferences.jsonl")
    for row in rows:
        assert row["input"]["messages"][0]["role"] == "user"
        assert [row[side][0]["role"] for side in ("preferred_output", "non_preferred_output")] == ["assistant"] * 2
    return rows, "loaded by datasets, held to the documentation"


READERS = {
    "trl": read_trl, "parquet": read_parquet, "openrlhf": read_openrlhf, "hh-rlhf": read_hh, "ms-swift": read_swift,
    "llama-factory": read_factory, "openai": read_openai,
}


def main() -> None:
    datasets.disable_progress_bars()
    torch.set_num_threads(1)
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else WRITTEN
    forms = {}
    for form, read in READERS.items():
        place = folder / form
        if not place.is_dir():
            continue
        rows, said = read(place)
        files = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(place.iterdir()) if file.is_file()}
        forms[form] = {"rows": len(rows), "columns": sorted(rows.column_names), "read_by": said, "files": files}
        print(f"{form}: {len(rows)} rows, {said}", file=sys.stderr)
    versions = {module.__name__: module.__version__ for module in (datasets, trl, transformers, torch)}
    versions["torch"] = versions["torch"].split("+")[0]
    if folder == WRITTEN:
        record = json.dumps({"versions": versions, "forms": forms}, indent=1, sort_keys=True)
        (ROOT / "tests/exports/read_back.json").write_text(record + "\n")


if __name__ == "__main__":
    main()
