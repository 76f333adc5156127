#!/usr/bin/env python3
"""Scores the stories below with the field's own implementations and writes recorded.json, which `cargo test --test metrics` holds
storyloom's to. Opt-in, as it needs Python packages and Java:

    python3 -m venv /tmp/metrics && /tmp/metrics/bin/pip install pycocoevalcap==1.2 nltk==3.10.4
    /tmp/metrics/bin/python tests/metrics/reference.py

BLEU-4, ROUGE-L and CIDEr are pycocoevalcap's, on tokens of its PTBTokenizer (Java). METEOR is nltk's, on the same tokens, with
Porter's stemmer as published and without WordNet, which is the part that storyloom has; the METEOR 1.5 of pycocoevalcap, with
synonyms and paraphrases, is written beside it for comparison only, where its own data are there.
"""

import json
import pathlib

from nltk.stem.porter import PorterStemmer
from nltk.translate.meteor_score import meteor_score
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.meteor.meteor import Meteor
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

# A story and what others told of the same pictures.
CASES = [
    (
        "Mia the fox found a red kite in the meadow. She was happy and ran to the lake.",
        [
            "Mia the fox finds a kite in the meadow. Happily she runs down to the lake.",
            "In the meadow lay a red kite, and Mia was happy to find it.",
        ],
    ),
    ("Bo couldn't sleep; the storm was too loud.", ["Bo could not sleep because of the loud storm."]),
    (
        '"Who is there?" asked the bear. Nobody answered, so he went on searching.',
        ['The bear asked, "Who\'s there?" But no one answered, and he searched on.', "The bear searched for somebody."],
    ),
    ("A penguin danced.", ["The penguin dances on the beach at sunset, with a lantern in its hand."]),
    (
        "They walked and walked and walked, until the town's lights came into sight, and walked on.",
        ["They walked for a long time until they saw the lights of the town.", "After walking all night they saw town lights."],
    ),
    ("Nothing here is said by the others.", ["Zoe quarrels with Max."]),
    (
        "Luna baked a cake (a very small one) for Theo's birthday, but Theo had gone fishing.",
        ["For Theo's birthday Luna baked a very small cake; but Theo was fishing.", "Luna bakes a cake. Theo isn't there."],
    ),
    ("Rain fell.", ["Rain fell.", "It rained."]),
    (
        "The mice gathered 1,000 apples in 3 days! Then they rested happily, resting being the happiest of happenings.",
        ["In three days the mice had gathered a thousand apples, and then they took a rest.", "The mice rest."],
    ),
    (
        "Ivy gave the old book back to Hugo. He'd missed it, and they're friends again.",
        ["Ivy gives the old book back to Hugo, and they are friends again.", "Hugo gets his book. They've made up."],
    ),
    (
        "At night the cat sat on the roof looking at the moon. The moon looked at the cat.",
        ["The cat is sitting on the roof at night and looks at the moon.", "A cat looks at the moon from a roof."],
    ),
    (
        "The frog was sad, sad, sad. Its boat had floated away across the lake.",
        ["The frog is sad since its boat floated away over the lake.", "The sad frog lost its boat on the lake."],
    ),
]


class NoWordNet:
    """No synonyms of anything."""

    def synsets(self, _word):
        return []


class Stemmer:
    """Porter's algorithm as published; words of one or two letters stay, as in every implementation in use."""

    def __init__(self):
        self.porter = PorterStemmer(PorterStemmer.ORIGINAL_ALGORITHM)

    def stem(self, word):
        return word if len(word) < 3 else self.porter.stem(word)


def main():
    stories = {n: [{"caption": text}] for n, (text, _) in enumerate(CASES)}
    references = {n: [{"caption": text} for text in texts] for n, (_, texts) in enumerate(CASES)}
    tokenizer = PTBTokenizer()
    stories, references = tokenizer.tokenize(stories), tokenizer.tokenize(references)
    bleu, _ = Bleu(4).compute_score(references, stories, verbose=0)
    _, rouge = Rouge().compute_score(references, stories)
    _, cider = Cider().compute_score(references, stories)
    split = lambda texts: [text.split() for text in texts]
    meteor = [
        meteor_score(split(references[n]), stories[n][0].split(), stemmer=Stemmer(), wordnet=NoWordNet())
        for n in stories
    ]
    try:
        _, whole = Meteor().compute_score(references, stories)
    except Exception as error:  # Its data are a download of their own.
        print("METEOR 1.5 was left out:", error)
        whole = None
    stem = Stemmer().stem
    words = sorted({word for texts in [*stories.values(), *references.values()] for text in texts for word in text.split()})
    out = {
        "cases": [
            {
                "story": text,
                "references": texts,
                "tokens": stories[n][0].split(),
                "reference_tokens": split(references[n]),
                "rouge_l": float(rouge[n]),
                "cider": float(cider[n]),
                "meteor": meteor[n],
            }
            for n, (text, texts) in enumerate(CASES)
        ],
        "bleu_4": float(bleu[3]),
        "stems": {word: stem(word) for word in words},
        "meteor_1_5_for_comparison": [float(score) for score in whole] if whole is not None else None,
    }
    path = pathlib.Path(__file__).with_name("recorded.json")
    path.write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n")
    print(f"{path}: {len(CASES)} stories, BLEU-4 {bleu[3]:.6f}")


if __name__ == "__main__":
    main()
