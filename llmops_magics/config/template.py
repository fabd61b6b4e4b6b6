"""The ``llmops.toml`` that a new workspace begins with: examples, in comments."""

from __future__ import annotations

from pathlib import Path

from llmops_magics.config.location import FILE_NAME
from llmops_magics.errors import UsageError

TEMPLATE = """\
# llmops_magics: the settings of this workspace. State lives in .llmops/ beside this file.

[models]
# default = "openai/gpt-4.1-mini"   # else this one if OPENAI_API_KEY is set, or the embedded one
# judge = "openai/gpt-4.1"

# [endpoints.acme]                  # then models are called acme/<model>
# base_url = "https://llm.acme.example/v1"
# api_key_env = "ACME_API_KEY"      # the name of the variable, never the key
# max_concurrency = 16              # limits; [endpoints.openai] may hold these alone
# requests_per_minute = 500
# tokens_per_minute = 200000

# [prices."acme/large"]             # of a model that no price table has; several with [[…]]
# input_per_million_usd = 2.50
# output_per_million_usd = 10.00    # cached_input_per_million_usd, per_second_usd, since, tier

# [retrieval]
# server = "http://127.0.0.1:8000"  # a Chroma server for the indexes; else they are in .llmops/

# [access.groups]                   # who may read documents of which groups; everybody is in public
# ada = ["hr", "legal"]

# [access.roles]                    # editor, approver, releaser, security, privacy, and your own
# approver = ["ada"]

# [environments.production]         # what a release there needs; these are the defaults of low risk
# after = "staging"                 # which has to serve the same first
# low = { gates = ["release_gate"], approvers = 1, signed = true }
# [environments.production.rollout]
# canary = [1, 5, 25, 100]          # percent of users, each for hold and for min_requests
# hold = "30m"
# guards = ["error_rate non_inferior 0.01"]
# kill = ["error_rate <= 0.2"]      # at once, without statistics

# [release.prompts."support/*"]
# tier = "high"                     # else low
# corpora = ["handbook"]            # their indexes are released with these prompts

# [audit]
# actors = "sealed"                 # names can be erased from the trail; else they are plain
# [audit.retention]                 # at least; nothing is deleted by itself
# dossiers = "10y"

# [guard]                           # texts are checked where they cross a boundary
# allowed_hosts = ["example.com"]
# [[guard.policy]]                  # the first that fits a finding decides; else it is flagged
# kind = "pii"
# action = "redact"                 # block, ask, redact, flag, allow

[eval]
# ask_above_usd = 1.0               # an eval that may cost more asks before its first call
"""


def create_workspace(folder: Path) -> Path:
    """Write ``llmops.toml`` into a folder, which is made if need be; return the file's path.

    Raises ``UsageError`` when there is one already.
    """
    path = folder / FILE_NAME
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(TEMPLATE)
    except FileExistsError:
        raise UsageError(
            f"{path} is there already.", hint="Edit it; nothing was changed."
        ) from None
    return path
