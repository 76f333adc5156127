"""Rewards from `storyloom reward serve`, for TRL, ms-swift and verl. Needs nothing but Python.

STORYLOOM_REWARD_URL is where it listens (http://127.0.0.1:5000 without it), STORYLOOM_REWARD_KEY its key, if it has one.
Each story is sent with the id of its sequence on the studio's shelf: keep that id as a column of the data set, "sequence"
(`storyloom campaign snapshot` and the exports write it as such, or within "storyloom").

A reward that cannot be had is an error here, never a silent zero: a policy learns whatever it is given.
"""

import json
import os
import time
import urllib.error
import urllib.request


def score(texts, sequences, criterion=None, tries=5, timeout=300):
    """The worth of each text; by one criterion where it is named."""
    url = os.environ.get("STORYLOOM_REWARD_URL", "http://127.0.0.1:5000").rstrip("/") + "/score"
    headers = {"content-type": "application/json"}
    if os.environ.get("STORYLOOM_REWARD_KEY"):
        headers["authorization"] = "Bearer " + os.environ["STORYLOOM_REWARD_KEY"]
    # An empty story cannot be scored: to a policy it is as bad as the worst of the others.
    said = [at for at, text in enumerate(texts) if text.strip()]
    if not said:
        raise ValueError("no story of this batch has any text")
    items = [{"text": texts[at], "sequence": sequences[at]} for at in said]
    body = json.dumps({"items": items}).encode()
    for attempt in range(tries):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=timeout) as answer:
                scores = json.load(answer)["scores"]
            break
        except urllib.error.HTTPError as error:
            if error.code != 503 or attempt + 1 == tries:
                raise RuntimeError(f"{url}: {error.code} {error.read(2000).decode(errors='replace')}") from error
        except urllib.error.URLError as error:
            if attempt + 1 == tries:
                raise RuntimeError(f"{url}: {error.reason}") from error
        time.sleep(2**attempt)
    worths = [one["worth"] if criterion is None else one["criteria"][criterion] for one in scores]
    out = [min(worths)] * len(texts)
    for at, worth in zip(said, worths):
        out[at] = worth
    return out


def text_of(completion):
    """The words of a completion, which is text or a list of messages whose content is text or parts."""
    if isinstance(completion, str):
        return completion
    content = completion[-1]["content"]
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or "" for part in content)


def trl_reward(completions, sequence, **columns):
    """For TRL: GRPOTrainer(reward_funcs=trl_reward). The data set has a column "sequence"."""
    return score([text_of(one) for one in completions], list(sequence))


class SwiftReward:
    """For ms-swift: in a plugin file, `from storyloom_reward import SwiftReward; orms["storyloom"] = SwiftReward`."""

    def __init__(self, args=None, **named):
        pass

    def __call__(self, completions, sequence, **columns):
        return score([text_of(one) for one in completions], list(sequence))


def compute_score(data_source, solution_str, ground_truth, extra_info=None, **named):
    """For verl: custom_reward_function.path=storyloom_reward.py. The sequence's id is extra_info["sequence"]."""
    return score([solution_str], [(extra_info or {}).get("sequence") or ground_truth])[0]
