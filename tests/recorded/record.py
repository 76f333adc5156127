"""Records what Hugging Face transformers gives for the embedded storyteller; tests/recorded holds our engine to it.

Opt-in, after the model or the bundled tales have changed (needs torch and transformers, and takes a minute):

    python tests/recorded/record.py > tests/recorded/case.json
"""

import hashlib
import json
import pathlib

import torch
import transformers
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "assets/models/storyteller"
SEQUENCES = ROOT / "assets/sequences"


def ask(frames: int, text: str) -> list:
    content = [{"type": "image"} for _ in range(frames)] + [{"type": "text", "text": text}]
    return [{"role": "user", "content": content}]


def main() -> None:
    torch.set_num_threads(1)
    processor = transformers.AutoProcessor.from_pretrained(MODEL)
    model = transformers.AutoModelForImageTextToText.from_pretrained(MODEL, dtype=torch.float32).eval()
    cases = []
    for folder in sorted(path for path in SEQUENCES.iterdir() if path.is_dir())[:2]:
        book = json.loads((folder / "book.json").read_text())
        files = [page["image"] for page in book["pages"]]
        cast = " and ".join(f"{member['name']} the {member['species']}" for member in book["cast"])
        text = f"Tell a story about these pictures, one line for each, with {cast}."
        prompt = processor.apply_chat_template(ask(len(files), text), add_generation_prompt=True)
        images = [Image.open(folder / name) for name in files]
        inputs = processor(text=prompt, images=images, return_tensors="pt")
        with torch.no_grad():
            logits = model(**inputs).logits[0, -1]
            told = model.generate(**inputs, do_sample=False, max_new_tokens=200)[0, inputs["input_ids"].shape[1] :]
        top = torch.topk(logits, 8)
        cases.append(
            {
                "sequence": folder.name,
                "files": files,
                "text": text,
                "ids": inputs["input_ids"][0].tolist(),
                "top": {"ids": top.indices.tolist(), "logits": [round(x, 4) for x in top.values.tolist()]},
                "greedy_ids": told.tolist(),
                "story": processor.decode(told, skip_special_tokens=True),
            }
        )
    weights = hashlib.sha256((MODEL / "model.safetensors").read_bytes()).hexdigest()
    head = {"transformers": transformers.__version__, "weights_sha256": weights}
    lines = ",\n".join(json.dumps(case) for case in cases)
    print(json.dumps(head)[:-1] + ', "cases": [\n' + lines + "\n]}")


main()
